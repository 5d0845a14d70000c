"""Orders from a console, over a log in a file: looked at, ended, changed by name."""

import json
import re

import pytest

from boxoffice.infrastructure.sqlite.event_store import SqliteEventStore
from boxoffice.testing import ORDER, PERFORMANCE, confirmed, ordered, store_facts
from tests.unit.cli.houses import (
    NEXT,
    Out,
    names_on_record,
    offered,
    said,
    tags,
    today,
)

BY_ANN = ("--by", "Ann")
BY_TOM = ("--by", "Tom")
REFUND = ("order", "refund", ORDER, "1", "--note", "Ill")


def test_an_order_is_shown_with_its_tickets_and_money(
    house: SqliteEventStore, capsys: Out
) -> None:
    store_facts(house, confirmed(1, 2))
    lines = said(capsys, "order", "show", ORDER.lower()).splitlines()
    assert lines[:2] == [f"{ORDER}  confirmed", f"  at {PERFORMANCE}"]
    assert lines[2].split() == ["1", "Stalls", "A-1", "USD", "45.00", "valid"]
    assert lines[4].split() == ["paid", "USD", "90.00"]
    shown = json.loads(said(capsys, "order", "show", ORDER, "--json"))
    assert (shown["order"], shown["paid"]) == (ORDER, 9_000)
    assert "no such order" in said(capsys, "order", "show", "NOTACODE22", code=1)


def test_orders_are_listed_by_performance_and_state(
    house: SqliteEventStore, capsys: Out
) -> None:
    store_facts(house, confirmed(1, 2))
    (line,) = said(capsys, "order", "list", PERFORMANCE).splitlines()
    assert line.split()[0] == ORDER
    assert line.split()[3:] == ["confirmed", "2", "USD", "90.00"]
    assert said(capsys, "order", "list", PERFORMANCE, "--status", "placed") == ""
    assert "no such performance" in said(capsys, "order", "list", NEXT, code=1)
    listed = json.loads(said(capsys, "order", "list", PERFORMANCE, "--json"))
    assert [one["order"] for one in listed["orders"]] == [ORDER]


def test_the_list_of_dates_tells_which_were_called_off(
    house: SqliteEventStore, capsys: Out
) -> None:
    store_facts(house, today(1))
    off = ("performance", "cancel", NEXT, "--reason", "Fire", *BY_ANN)
    assert "Called off" in said(capsys, *off)
    lines = said(capsys, "performance", "list").splitlines()
    states = {line[:24]: line[44:54].strip() for line in lines}
    assert states == {PERFORMANCE: "on sale", NEXT: "called off"}


@pytest.mark.parametrize(
    "asked",
    [
        ("order", "void", ORDER, *BY_ANN, "--note", "x" * 501),
        ("performance", "cancel", PERFORMANCE, *BY_ANN, "--reason", " "),
        ("performance", "close", PERFORMANCE, "--reason", ""),
        ("promotion", "end", "SPRING", "--reason", "over\nnow"),
    ],
)
def test_what_goes_on_record_says_something(
    house: SqliteEventStore, capsys: Out, asked: tuple[str, ...]
) -> None:
    store_facts(house, today(1))
    before = tags(house)
    assert "Say it in" in said(capsys, *asked, code=2)
    assert tags(house) == before


def test_an_order_that_waits_is_cancelled(house: SqliteEventStore, capsys: Out) -> None:
    store_facts(house, ordered(1))
    assert "Cancelled." in said(capsys, "order", "cancel", ORDER, *BY_ANN)
    by = "Ann"
    assert names_on_record(house, "order-cancelled.v1") == [(by, by)]
    said(capsys, "order", "cancel", ORDER, *BY_ANN, code=1)


def test_a_ticket_is_refunded_less_a_fee_and_not_twice(
    house: SqliteEventStore, capsys: Out
) -> None:
    store_facts(house, confirmed(1, 2))
    refund = (*REFUND, "--fee", "500", *BY_ANN)
    assert said(capsys, *refund) == "USD 40.00 on the way back, USD 5.00 kept.\n"
    assert "refund-requested.v1" in tags(house)
    assert "already given back" in said(capsys, *refund, code=1)
    unknown = ("order", "refund", ORDER, "9", "--note", "Ill", *BY_ANN)
    assert "has no place 9" in said(capsys, *unknown, code=1)


@pytest.mark.parametrize("by", ["", " ", "Ann\x07", "A" * 101])
def test_money_moves_only_under_a_name(
    house: SqliteEventStore, capsys: Out, by: str
) -> None:
    store_facts(house, confirmed(1))
    before = tags(house)
    assert "the name of a person" in said(capsys, *REFUND, "--by", by, code=1)
    for nameless in (
        REFUND,
        ("order", "void", ORDER, "--note", "Ill"),
        ("order", "cancel", ORDER),
        ("order", "approve", ORDER),
        ("order", "deny", ORDER),
        ("performance", "cancel", PERFORMANCE, "--reason", "Fire"),
    ):
        assert "'--by'" in said(capsys, *nameless, code=2)
    assert tags(house) == before


@pytest.mark.parametrize("note", ["", " ", "ill\nindeed"])
@pytest.mark.parametrize("what", [("void",), ("refund", "1"), ("pay-out",)])
def test_money_moves_only_for_a_reason_in_words(
    house: SqliteEventStore, capsys: Out, what: tuple[str, ...], note: str
) -> None:
    store_facts(house, confirmed(1))
    before = tags(house)
    command, *places = what
    asked = ("order", command, ORDER, *places, "--note", note, *BY_ANN)
    assert "Say it in words" in said(capsys, *asked, code=2)
    assert tags(house) == before


@pytest.mark.parametrize("spelled", ["Ann Lee", "ann  LEE", "\uff21\uff2e\uff2e Lee"])
def test_a_name_is_that_of_the_token(
    house: SqliteEventStore,
    capsys: Out,
    monkeypatch: pytest.MonkeyPatch,
    spelled: str,
) -> None:
    monkeypatch.setenv("BOXOFFICE_REFUND_UNAPPROVED_MAX", "1000")
    store_facts(house, confirmed(1))
    said(capsys, "token", "add", "Ann Lee")
    said(capsys, *REFUND, "--by", "Ann Lee")
    same = said(capsys, "order", "approve", ORDER, "--by", spelled, code=1)
    assert "Another person" in same
    assert names_on_record(house, "approval-asked.v1") == [("Ann Lee",) * 2]


def test_a_large_refund_waits_for_a_second_person(
    house: SqliteEventStore, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOXOFFICE_REFUND_UNAPPROVED_MAX", "1000")
    store_facts(house, confirmed(1))
    told = said(capsys, *REFUND, *BY_ANN)
    (request,) = re.findall(r"must agree \(request ([0-9a-f]{32})\)", told)
    assert "refund-requested.v1" not in tags(house)
    waits = f"refund of USD 45.00 by Ann: Ill ({request})"
    assert said(capsys, "order", "waiting") == f"{ORDER}  {waits}\n"
    assert waits in said(capsys, "order", "show", ORDER)
    assert "Another person" in said(capsys, "order", "approve", ORDER, *BY_ANN, code=1)
    agreed = said(capsys, "order", "approve", ORDER, request, *BY_TOM)
    assert agreed == "USD 45.00 on the way back, USD 0.00 kept.\n"
    assert names_on_record(house, "approval-given.v1") == [("Tom",) * 2]
    assert said(capsys, "order", "waiting") == ""
    said(capsys, "order", "approve", ORDER, *BY_TOM, code=1)


def test_a_wish_is_denied_and_several_are_told_apart(
    house: SqliteEventStore, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOXOFFICE_REFUND_UNAPPROVED_MAX", "1000")
    store_facts(house, confirmed(1, 2))
    for place in ("1", "Stalls A-2"):
        said(capsys, "order", "refund", ORDER, place, "--note", "Ill", *BY_ANN)
    which = said(capsys, "order", "deny", ORDER, *BY_TOM, code=1)
    first, second = re.findall("[0-9a-f]{32}", which)
    said(capsys, "order", "deny", ORDER, first, *BY_TOM, "--note", "No")
    said(capsys, "order", "deny", ORDER, *BY_ANN)
    assert "approval-denied.v1" == tags(house)[-1]
    said(capsys, "order", "approve", ORDER, second, *BY_TOM, code=1)


def test_an_order_is_voided_and_its_money_goes_back(
    house: SqliteEventStore, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOXOFFICE_VOID_WINDOW_S", "1000000000")
    store_facts(house, confirmed(1))
    said(capsys, "order", "void", ORDER, "--note", "Typo", *BY_ANN)
    assert {"order-voided.v1", "refund-requested.v1"} <= set(tags(house))


def exchange(*places: str, take: str = "1") -> tuple[str, ...]:
    into = ("--into", NEXT, "--take", take)
    return ("order", "exchange", ORDER, *places, *into, *BY_ANN)


def test_tickets_of_one_name_at_two_performances_are_told_apart(
    house: SqliteEventStore, capsys: Out
) -> None:
    store_facts(house, today(1, 2))
    assert "USD 0.00 on the way back" in said(capsys, *exchange("2"))
    refused = said(capsys, *REFUND, *BY_ANN, code=1)
    assert f"say {PERFORMANCE}:1 or {NEXT}:1" in refused
    first = ("order", "refund", ORDER, f"{PERFORMANCE}:1", "--note", "Ill", *BY_ANN)
    said(capsys, *first)
    shown = json.loads(said(capsys, "order", "show", ORDER, "--json"))
    states = {(one["performance"], one["ordinal"]): one for one in shown["lines"]}
    assert states[PERFORMANCE, 1]["state"] == "refunded"
    assert states[NEXT, 1].get("state") == "valid"
    assert "45.00 on the way back" in said(capsys, *REFUND, *BY_ANN)


def test_a_refused_exchange_gives_its_places_back(
    house: SqliteEventStore, capsys: Out
) -> None:
    store_facts(house, today(1))
    said(capsys, *exchange("stalls a-1", take="Stalls A-7"))
    assert "already given back" in said(
        capsys, *exchange(f"{PERFORMANCE}:1", take="8"), code=1
    )
    assert tags(house)[-2:] == ["ticket-released.v1", "cart-hold-released.v1"]
    assert "no place 99" in said(capsys, *exchange("7", take="99"), code=1)


def test_a_date_is_moved_and_then_called_off(
    house: SqliteEventStore, capsys: Out
) -> None:
    store_facts(house, confirmed(1))
    moved = ("--starts", "2027-03-01T20:00", "--refund-until", "2027-02-01T12:00")
    move = ("performance", "move", PERFORMANCE, *moved, "--reason", "Ice", *BY_ANN)
    assert said(capsys, *move) == "Moved to 2027-03-01 20:00 PST.\n"
    cancel = ("performance", "cancel", PERFORMANCE, "--reason", "Fire", *BY_TOM)
    said(capsys, *cancel)
    assert names_on_record(house, "performance-moved.v1") == [("Ann",) * 2]
    assert names_on_record(house, "performance-cancelled.v1") == [("Tom",) * 2]


@pytest.mark.parametrize(
    ("answer", "told"), [("accept", "order-confirmed.v1"), ("decline", "refund-req")]
)
def test_an_offer_for_late_money_is_answered_for_the_buyer(
    house: SqliteEventStore, capsys: Out, answer: str, told: str
) -> None:
    store_facts(house, offered())
    said(capsys, "order", answer, ORDER, *BY_ANN)
    assert [tag for tag in tags(house)[-6:] if tag.startswith(told)]
    said(capsys, "order", answer, ORDER, *BY_ANN, code=1)

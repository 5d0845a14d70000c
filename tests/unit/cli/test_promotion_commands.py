"""Promotion codes and budgets from a console."""

import json

import pytest

from boxoffice.domain.ids import promotion_stream
from boxoffice.domain.money import Money
from boxoffice.domain.promotions.events import PromotionRedeemed
from boxoffice.infrastructure.sqlite.event_store import SqliteEventStore
from boxoffice.testing import PERFORMANCE, store_facts
from tests.unit.cli.houses import Out, said, tags

EURO = ("--currency", "EUR")
SPRING = ("promotion", "set", "SPRING")
NARROW = {
    "--performance": PERFORMANCE,
    "--category": "0",
    "--type": "adult",
    "--from": "2026-11-01T00:00Z",
    "--until": "2027-01-01T00:00Z",
    "--orders": "10",
    "--per-person": "2",
}


def terms(capsys: Out, code: str = "SPRING") -> dict[str, object]:
    """Give the terms of a code as the log has them."""
    shown = json.loads(said(capsys, "promotion", "show", code, "--json"))
    found: dict[str, object] = shown["terms"]
    return found


def test_codes_and_budgets_are_set_and_ended(
    house: SqliteEventStore, capsys: Out
) -> None:
    said(capsys, *SPRING, *EURO, "--percent", "12.5")
    said(capsys, "promotion", "end", "SPRING", "--reason", "Over")
    said(capsys, "comp-budget", "set", "press", *EURO, "--places", "9", "--face", "90")
    assert tags(house) == [
        "promotion-defined.v1",
        "promotion-ended.v1",
        "comp-budget-set.v1",
    ]
    budget = "press            9 of 9 places left, EUR 90.00 of EUR 90.00\n"
    assert said(capsys, "comp-budget", "list") == budget


@pytest.mark.usefixtures("house")
def test_what_is_not_named_stays_as_it_is(capsys: Out) -> None:
    narrow = [word for pair in NARROW.items() for word in pair]
    said(capsys, *SPRING, *EURO, "--percent", "10", "--budget", "100", *narrow)
    before = terms(capsys)
    assert before["performances"] == [PERFORMANCE]
    assert (before["categories"], before["types"]) == ([0], ["adult"])
    said(capsys, *SPRING, "--budget", "50.00")
    assert terms(capsys) == before | {"budget": 5_000}
    said(capsys, "promotion", "set", "spring", "--amount", "5")
    off = {"basis_points": 0, "amount_off": 500}
    assert {"basis_points": 0} | terms(capsys) == before | {"budget": 5_000} | off


@pytest.mark.usefixtures("house")
def test_none_takes_a_limit_away(capsys: Out) -> None:
    narrow = [word for pair in NARROW.items() for word in pair]
    said(capsys, *SPRING, *EURO, "--percent", "10", "--budget", "100", *narrow)
    wide = [word for option in (*NARROW, "--budget") for word in (option, "none")]
    said(capsys, *SPRING, *wide)
    assert terms(capsys) == {"currency": "EUR", "basis_points": 1_000}


@pytest.mark.parametrize(
    "wrong",
    [
        ("--percent", "5", "--amount", "5"),
        ("--percent", "x"),
        ("--percent", "120"),
        ("--amount", "1.001"),
        ("--percent", "5", "--orders", "0"),
        ("--percent", "5", "--per-person", "few"),
        ("--percent", "5", "--performance", "tonight"),
        ("--percent", "5", "--category", "Balcony"),
        ("--percent", "5", "--until", "2027-01-01"),
        ("--percent", "5", "--from", "soon"),
        (),
    ],
)
def test_terms_that_cannot_be_read_are_refused(
    house: SqliteEventStore, capsys: Out, wrong: tuple[str, ...]
) -> None:
    assert said(capsys, *SPRING, *EURO, *wrong, code=1).startswith("boxoffice: ")
    said(capsys, *SPRING, "--percent", "5", code=1)
    assert tags(house) == []


@pytest.mark.usefixtures("house")
def test_amounts_are_never_read_in_another_currency(capsys: Out) -> None:
    said(capsys, *SPRING, *EURO, "--amount", "5", "--budget", "100")
    for kept in ((), ("--budget", "90"), ("--amount", "4")):
        refused = said(capsys, *SPRING, "--currency", "USD", *kept, code=1)
        assert "amounts in EUR" in refused
    said(capsys, *SPRING, "--currency", "USD", "--amount", "4", "--budget", "none")
    assert terms(capsys) == {"currency": "USD", "amount_off": 400}


def test_a_code_tells_what_is_used_and_left(
    house: SqliteEventStore, capsys: Out
) -> None:
    said(capsys, "promotion", "show", "SPRING", code=1)
    limits = ("--budget", "100", "--orders", "3")
    said(capsys, *SPRING, "--currency", "USD", "--percent", "10", *limits)
    said(capsys, "promotion", "set", "OPEN", "--currency", "USD", "--amount", "5")
    used = PromotionRedeemed(code="SPRING", order="X", discount=Money(900, "USD"))
    store_facts(house, [(promotion_stream("SPRING"), used)], version=0)
    shown = said(capsys, "promotion", "show", "spring").splitlines()
    assert shown[0] == "SPRING  offered"
    assert shown[1:] == [
        "  takes off    10 %",
        "  discounts    USD 9.00 of USD 100.00, USD 91.00 left",
        "  orders       1 of 3, 2 left",
    ]
    said(capsys, "promotion", "end", "OPEN", "--reason", "Over")
    listed = [line.split() for line in said(capsys, "promotion", "list").splitlines()]
    assert [line[:4] for line in listed] == [
        ["OPEN", "ended", "USD", "5.00"],
        ["SPRING", "offered", "10", "%"],
    ]

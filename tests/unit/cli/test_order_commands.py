"""Orders, promotions and changed dates from a console, over a log in a file."""

import json
import os
from pathlib import Path

import pytest

from boxoffice.cli.main import run
from boxoffice.infrastructure.sqlite.event_store import SqliteEventStore
from boxoffice.testing import ORDER, PERFORMANCE, confirmed, ordered, store_facts

Out = pytest.CaptureFixture[str]


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SqliteEventStore:
    for name in os.environ:
        if name.startswith("BOXOFFICE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("BOXOFFICE_DATA", str(tmp_path))
    return SqliteEventStore(str(tmp_path / "log.sqlite"))


def said(capsys: Out, *words: str, code: int = 0) -> str:
    assert run(words) == code, capsys.readouterr()
    found = capsys.readouterr()
    return found.err if code else found.out


def tags(house: SqliteEventStore) -> list[str]:
    return [record.tag for record in house.read(after=0, limit=1_000)]


def test_an_order_is_shown_with_its_tickets_and_money(
    house: SqliteEventStore, capsys: Out
) -> None:
    store_facts(house, confirmed(1, 2))
    lines = said(capsys, "order", "show", ORDER.lower()).splitlines()
    assert lines[0] == f"{ORDER}  confirmed"
    assert lines[1].split() == ["1", "Stalls", "A-1", "USD", "45.00", "valid"]
    assert lines[3].split() == ["paid", "USD", "90.00"]
    shown = json.loads(said(capsys, "order", "show", ORDER, "--json"))
    assert (shown["order"], shown["paid"]) == (ORDER, 9_000)
    assert "no such order" in said(capsys, "order", "show", "NOTACODE22", code=1)


def test_an_order_that_waits_is_cancelled(house: SqliteEventStore, capsys: Out) -> None:
    store_facts(house, ordered(1))
    assert "Cancelled." in said(capsys, "order", "cancel", ORDER)
    assert "order-cancelled.v1" in tags(house)
    said(capsys, "order", "cancel", ORDER, code=1)


def test_a_ticket_is_refunded_less_a_fee_and_not_twice(
    house: SqliteEventStore, capsys: Out
) -> None:
    store_facts(house, confirmed(1, 2))
    refund = ("order", "refund", ORDER, "1", "--note", "Ill", "--fee", "500")
    assert said(capsys, *refund) == "USD 40.00 on the way back, USD 5.00 kept.\n"
    assert "refund-requested.v1" in tags(house)
    said(capsys, *refund, code=1)
    unknown = ("order", "refund", ORDER, "9", "--note", "Ill")
    assert "has no place 9" in said(capsys, *unknown, code=1)


def test_a_large_refund_waits_for_a_second_person(
    house: SqliteEventStore, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOXOFFICE_REFUND_UNAPPROVED_MAX", "1000")
    store_facts(house, confirmed(1))
    told = said(capsys, "order", "refund", ORDER, "1", "--note", "Ill")
    assert "a second person must agree" in told
    assert "refund-requested.v1" not in tags(house)


def test_an_order_is_voided_and_its_money_goes_back(
    house: SqliteEventStore, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOXOFFICE_VOID_WINDOW_S", "1000000000")
    store_facts(house, confirmed(1))
    said(capsys, "order", "void", ORDER, "--note", "Typo")
    assert {"order-voided.v1", "refund-requested.v1"} <= set(tags(house))


def test_a_date_is_moved_and_then_called_off(
    house: SqliteEventStore, capsys: Out
) -> None:
    store_facts(house, confirmed(1))
    moved = ("--starts", "2027-03-01T20:00", "--refund-until", "2027-02-01T12:00")
    told = said(capsys, "performance", "move", PERFORMANCE, *moved, "--reason", "Ice")
    assert told == "Moved to 2027-03-01 20:00 PST.\n"
    said(capsys, "performance", "cancel", PERFORMANCE, "--reason", "Fire")
    assert tags(house)[-2:] == ["performance-moved.v1", "performance-cancelled.v1"]


def test_codes_and_budgets_are_set_and_ended(
    house: SqliteEventStore, capsys: Out
) -> None:
    euro = ("--currency", "EUR")
    said(capsys, "promotion", "set", "SPRING", *euro, "--percent", "12.5")
    said(capsys, "promotion", "end", "SPRING", "--reason", "Over")
    said(capsys, "comp-budget", "set", "press", *euro, "--places", "9", "--face", "90")
    assert tags(house) == [
        "promotion-defined.v1",
        "promotion-ended.v1",
        "comp-budget-set.v1",
    ]
    both = ("--percent", "5", "--amount", "5")
    for wrong in (both, (), ("--percent", "x"), ("--amount", "1.001")):
        said(capsys, "promotion", "set", "AUTUMN", *euro, *wrong, code=1)
    until = ("--percent", "5", "--until", "2027-01-01")
    told = said(capsys, "promotion", "set", "AUTUMN", *euro, *until, code=1)
    assert "needs an offset" in told

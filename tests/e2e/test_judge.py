"""The judge finds what is wrong: each test plants one wrong in right books."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from boxoffice.sandbox.ledger import Ledger
from tests.e2e.budgets import Fact
from tests.e2e.judge import of_ledger, of_orders, of_places, open_orders, read

SHOW = "0123456789abcdef01234567"
ORDER = bytes(16)
LINE = {"performance": SHOW, "ordinal": 1, "price": [4500, "USD"]}


def ticket(tag: str) -> Fact:
    stream = bytes.fromhex(SHOW) + (1).to_bytes(4, "big")
    return stream, tag, {"order": "A", "hold": "h"}


def fact(tag: str, **event: Any) -> Fact:
    return ORDER, tag, {"order": "A", **event}


def bought() -> list[Fact]:
    return [
        fact("order-placed.v1", total=[4500, "USD"]),
        fact("payment-requested.v1", attempt="a1", amount=[4500, "USD"]),
        ticket("ticket-sold.v1"),
        fact("order-confirmed.v1", total=[4500, "USD"], lines=[LINE]),
        fact("payment-captured.v1", attempt="a1", amount=[4500, "USD"]),
    ]


def findings(facts: list[Fact]) -> list[str]:
    books = read(facts)
    return [*of_orders(books), *of_places(books)]


def without(tag: str) -> list[Fact]:
    return [one for one in bought() if one[1] != tag]


def test_right_books_are_right() -> None:
    assert findings(bought()) == []
    assert open_orders(read(bought())) == []


@pytest.mark.parametrize(
    "tag", ["payment-captured.v1", "order-confirmed.v1", "ticket-sold.v1"]
)
def test_a_missing_fact_is_found(tag: str) -> None:
    assert findings(without(tag)) != []


def test_a_second_sale_of_a_place_is_found() -> None:
    assert findings([*bought(), ticket("ticket-sold.v1")]) != []


def test_money_that_went_back_for_a_ticket_that_stays_is_found() -> None:
    wanted = fact("refund-requested.v1", refund="r", attempt="a1", amount=[4500, "USD"])
    done = fact("refund-completed.v1", refund="r", amount=[4500, "USD"])
    assert findings([*bought(), wanted, done]) != []


def test_a_refund_that_is_not_back_is_still_open() -> None:
    wanted = fact("refund-requested.v1", refund="r", attempt="a1", amount=[4500, "USD"])
    assert open_orders(read([*bought(), wanted])) == ["A"]


def test_a_refund_that_failed_for_good_is_found() -> None:
    wanted = fact("refund-requested.v1", refund="r", attempt="a1", amount=[4500, "USD"])
    back = fact("tickets-refunded.v1", kept=[0, "USD"], tickets=[(SHOW, 1)])
    gone = [*bought(), ticket("ticket-returned.v1"), back, wanted]
    done = fact("refund-completed.v1", refund="r", amount=[4500, "USD"])
    assert findings([*gone, done]) == []
    assert findings([*gone, fact("refund-failed.v1", refund="r")]) != []


def test_money_of_another_currency_is_found() -> None:
    paid = fact("payment-captured.v1", attempt="a1", amount=[4500, "JPY"])
    assert findings([*without("payment-captured.v1"), paid]) != []


def test_a_place_that_is_kept_for_an_order_that_ended_is_found() -> None:
    kept = [ticket("ticket-held.v1"), fact("cart-hold-ordered.v1", hold="h")]
    ended = [fact("order-placed.v1", total=[0, "USD"]), fact("order-expired.v1")]
    assert findings([*kept, *ended]) != []
    assert findings([*kept, *ended, ticket("ticket-released.v1")]) == []
    assert findings([*kept, *bought()]) == []


def test_a_ticket_of_a_performance_that_was_called_off_is_found() -> None:
    off = bytes.fromhex(SHOW) + bytes(4), "performance-cancelled.v1", {"by": "x"}
    assert findings([*bought(), off]) != []


def ledger(path: Path, *entries: dict[str, int], currency: str = "usd") -> Path:
    """Write the books of a provider that knows one payment."""
    books = Ledger(str(path))
    with books.together():
        books.db.execute("insert into intents values ('pi', 'a1', 'A', '{}')")
        for moves in entries:
            books.post("pi", "capture", currency, moves)
    books.close()
    return path


def test_log_and_ledger_that_agree_are_right(tmp_path: Path) -> None:
    books = ledger(tmp_path / "l", {"instrument": -4500, "merchant": 4500})
    assert list(of_ledger(read(bought()), books)) == []


def test_a_ledger_in_another_currency_is_found(tmp_path: Path) -> None:
    moves = {"instrument": -4500, "merchant": 4500}
    books = ledger(tmp_path / "l", moves, currency="eur")
    assert list(of_ledger(read(bought()), books)) != []


@pytest.mark.parametrize(
    "moves",
    [
        {"instrument": -4400, "merchant": 4400},
        {"instrument": -4600, "merchant": 4500, "reserved": 100},
        {},
    ],
)
def test_money_that_log_and_ledger_tell_otherwise_is_found(
    tmp_path: Path, moves: dict[str, int]
) -> None:
    books = ledger(tmp_path / "l", moves)
    assert list(of_ledger(read(bought()), books)) != []

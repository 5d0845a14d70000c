"""A judge of orders, tickets and money who asks nobody.

It reads the log as rows of JSON and the provider's books as rows of SQLite, and shares
no code with the box office: what it finds wrong is wrong whoever is to blame.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests.e2e.budgets import Fact, of_budgets

Place = tuple[str, int]
Purse = tuple[str, str]
"""An attempt and a currency."""
Posting = tuple[int, str, str, str, int, str]
"""Entry, intent, account, currency, amount and what it was for."""


@dataclass
class Order:
    """What the log says of one order; amounts in minor units."""

    status: str = "none"
    currency: str = ""
    valid: dict[Place, int] = field(default_factory=dict)
    kept: int = 0
    is_offered: bool = False
    is_exchanging: bool = False
    attempts: dict[str, str] = field(default_factory=dict)
    currencies: set[str] = field(default_factory=set)
    captured: Counter[str] = field(default_factory=Counter)
    refunds: dict[str, tuple[str, int, str]] = field(default_factory=dict)

    def minor(self, money: tuple[int, str]) -> int:
        """Give an amount, and remember its currency."""
        minor, currency = money
        self.currencies.add(currency)
        return minor

    def refunded(self, *states: str) -> Counter[str]:
        """Add up refunds in some states, by attempt."""
        total: Counter[str] = Counter()
        for attempt, minor, state in self.refunds.values():
            if state in states:
                total[attempt] += minor
        return total


@dataclass
class Books:
    """Everything that the log says."""

    orders: defaultdict[str, Order] = field(default_factory=lambda: defaultdict(Order))
    sold: dict[Place, str] = field(default_factory=dict)
    held: dict[Place, str] = field(default_factory=dict)
    ordered: dict[str, str] = field(default_factory=dict)
    twice: list[Place] = field(default_factory=list)
    off: set[str] = field(default_factory=set)
    """Performances that were called off."""


def judge(log_url: str, ledger: Path) -> list[str]:
    """Say everything that is wrong with a log and a ledger; nothing is right."""
    facts = facts_of(log_url)
    books = read(facts)
    tickets = {code: len(order.valid) for code, order in books.orders.items()}
    return [
        *of_orders(books),
        *of_places(books),
        *of_budgets(facts, tickets),
        *of_ledger(books, ledger),
    ]


def facts_of(log_url: str) -> list[Fact]:
    """Read the log, in order."""
    if log_url.startswith("sqlite:"):
        return _facts_in(log_url.removeprefix("sqlite:///"))
    with psycopg.connect(log_url) as connection:
        rows = connection.execute(
            "select stream, tag, data from boxoffice.events order by position"
        ).fetchall()
    return [(stream.bytes, tag, json.loads(data)) for stream, tag, data in rows]


def _facts_in(file: str) -> list[Fact]:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
        rows = db.execute(
            "select stream, tag, data from log_events order by position"
        ).fetchall()
    return [(stream, tag, json.loads(data)) for stream, tag, data in rows]


def read(facts: Iterable[Fact]) -> Books:
    """Write books from facts."""
    books = Books()
    for stream, tag, event in facts:
        place = stream[:12].hex(), int.from_bytes(stream[12:], "big")
        _ticket(books, place, tag, event)
        code = event.get("order")
        if isinstance(code, str) and not tag.startswith(("ticket-", "cart-hold")):
            _order(books.orders[code], tag, event)
            _payment(books.orders[code], tag, event)
    return books


def _ticket(books: Books, place: Place, tag: str, event: dict[str, Any]) -> None:
    match tag:
        case "ticket-sold.v1":
            if place in books.sold:
                books.twice.append(place)
            books.sold[place] = event["order"]
            books.held.pop(place, None)
        case "ticket-returned.v1":
            books.sold.pop(place, None)
        case "ticket-held.v1":
            books.held[place] = event["hold"]
        case "ticket-released.v1":
            books.held.pop(place, None)
        case "cart-hold-ordered.v1":
            books.ordered[event["hold"]] = event["order"]
        case "performance-cancelled.v1":
            books.off.add(place[0])


def _order(order: Order, tag: str, event: dict[str, Any]) -> None:
    match tag:
        case "order-placed.v1":
            order.status, order.currency = "placed", event["total"][1]
            order.minor(event["total"])
        case "order-confirmed.v1":
            order.status, order.is_offered = "confirmed", False
            order.minor(event["total"])
            order.valid |= _prices(order, event["lines"])
        case "order-expired.v1" | "order-cancelled.v1":
            order.status = "ended"
        case "order-voided.v1":
            order.status, order.kept = "ended", 0
            _taken_back(order, event["tickets"])
        case "tickets-refunded.v1":
            order.kept += order.minor(event["kept"])
            _taken_back(order, event["tickets"])
        case "tickets-exchanged.v1":
            order.kept += order.minor(event["fee"])
            order.is_exchanging = False
            _taken_back(order, event["tickets"])
            order.valid |= _prices(order, event["lines"])
        case "exchange-placed.v1" | "exchange-abandoned.v1":
            order.is_exchanging = tag.startswith("exchange-placed")
        case "alternative-offered.v1" | "alternative-declined.v1":
            order.is_offered = tag.startswith("alternative-offered")


def _prices(order: Order, lines: Iterable[dict[str, Any]]) -> dict[Place, int]:
    return {
        (of["performance"], of["ordinal"]): order.minor(of["price"]) for of in lines
    }


def _taken_back(order: Order, tickets: Iterable[tuple[str, int]]) -> None:
    for performance, ordinal in tickets:
        del order.valid[performance, ordinal]


def _payment(order: Order, tag: str, event: dict[str, Any]) -> None:
    match tag:
        case "payment-requested.v1":
            order.attempts[event["attempt"]] = "open"
        case "payment-authorised.v1":
            order.attempts[event["attempt"]] = "open"
        case "payment-failed.v1":
            order.attempts[event["attempt"]] = "failed"
        case "payment-captured.v1":
            order.attempts[event["attempt"]] = "captured"
            order.captured[event["attempt"]] += order.minor(event["amount"])
        case "refund-settled.v1":
            attempt, minor, _ = order.refunds[event["refund"]]
            order.refunds[event["refund"]] = attempt, minor, "by-hand"
        case "refund-requested.v1":
            if replaces := event.get("replaces"):
                attempt, minor, _ = order.refunds[replaces]
                order.refunds[replaces] = attempt, minor, "replaced"
            order.refunds[event["refund"]] = (
                event["attempt"],
                order.minor(event["amount"]),
                "open",
            )
        case "refund-completed.v1":
            attempt = order.refunds[event["refund"]][0]
            minor = order.minor(event["amount"])
            order.refunds[event["refund"]] = attempt, minor, "done"
        case "refund-failed.v1":
            attempt, minor, _ = order.refunds[event["refund"]]
            state = "replaced" if event.get("retry") else "stuck"
            order.refunds[event["refund"]] = attempt, minor, state


def open_orders(books: Books) -> list[str]:
    """Name the orders of which something is still to come."""
    return [
        code
        for code, order in books.orders.items()
        if order.status == "placed"
        or order.is_offered
        or order.is_exchanging
        or "open" in order.attempts.values()
        or "open" in [state for _, _, state in order.refunds.values()]
    ]


def of_orders(books: Books) -> Iterator[str]:
    """Every order has ended, and its money is worth its tickets."""
    for code in open_orders(books):
        yield f"{code} has not ended: {books.orders[code]}"
    for code, order in books.orders.items():
        if order.currencies - {order.currency}:
            yield f"{code} mixes currencies: {order}"
        if order.refunded("stuck"):
            yield f"{code} waits for money that nobody gives back: {order}"
        back = order.refunded("open", "done", "stuck", "by-hand")
        rest = order.captured.total() - back.total()
        worth = sum(order.valid.values()) + order.kept
        if rest != worth:
            yield f"{code} paid {rest} {order.currency} for {worth}: {order}"
        for attempt, minor in back.items():
            if minor > order.captured[attempt]:
                yield f"{code} got more back than {attempt} took: {order}"


def of_places(books: Books) -> Iterator[str]:
    """A place is sold once, to the order that has it; none is kept for an order.

    Nobody has one at a performance that was called off.
    """
    for place in books.twice:
        yield f"{place} was sold twice"
    for place, code in books.sold.items():
        if place[0] in books.off:
            yield f"{place} of {code} will not take place"
    tickets = {
        place: code for code, order in books.orders.items() for place in order.valid
    }
    for place in tickets.keys() | books.sold.keys():
        if tickets.get(place) != books.sold.get(place):
            yield (
                f"{place} is sold to {books.sold.get(place)},"
                f" and a ticket of {tickets.get(place)}"
            )
    for place, hold in books.held.items():
        if hold in books.ordered:
            yield f"{place} is still kept for {books.ordered[hold]}"


def of_ledger(books: Books, ledger: Path) -> Iterator[str]:
    """Log and provider agree on every attempt; nothing is left reserved."""
    with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as db:
        intents = db.execute("select id, attempt from intents").fetchall()
        postings = db.execute(
            "select entry, intent, account, currency, amount, what from postings"
        ).fetchall()
    yield from _unbalanced(postings)
    attempt_of = {intent: attempt for intent, attempt in intents if attempt}
    for attempt, count in Counter(attempt_of.values()).items():
        if count > 1:
            yield f"{attempt} was begun {count} times"
    told = _by_attempt(postings, attempt_of)
    known: dict[Purse, tuple[int, int]] = {}
    for order in books.orders.values():
        back = order.refunded("done")
        for attempt in order.attempts:
            purse = attempt, order.currency
            known[purse] = order.captured[attempt], back[attempt]
    for purse in known.keys() | told.keys():
        reserved, captured, refunded = told.get(purse, (0, 0, 0))
        if (captured, refunded) != known.get(purse, (0, 0)):
            yield (
                f"{purse}: the provider has {(captured, refunded)},"
                f" the log {known.get(purse)}"
            )
        if reserved:
            yield f"{purse} still reserves {reserved}"


def _unbalanced(postings: Iterable[Posting]) -> Iterator[str]:
    sums: Counter[tuple[int, str]] = Counter()
    for entry, _, _, currency, amount, _ in postings:
        sums[entry, currency] += amount
    for (entry, currency), total in sums.items():
        if total:
            yield f"entry {entry} of the ledger is off by {total} {currency}"


def _by_attempt(
    postings: Iterable[Posting], attempt_of: dict[str, str]
) -> dict[Purse, tuple[int, int, int]]:
    """Give what each attempt has reserved, captured and refunded."""
    told: defaultdict[Purse, list[int]] = defaultdict(lambda: [0, 0, 0])
    for _, intent, account, currency, amount, what in postings:
        sums = told[attempt_of.get(intent, intent), currency.upper()]
        if account == "reserved":
            sums[0] += amount
        elif account == "merchant":
            side = 2 if what.startswith("refund") else 1
            sums[side] += -amount if side == 2 else amount
    return {purse: (r, c, b) for purse, (r, c, b) in told.items()}

"""Whether the facts of the sale add up, read by somebody who decides nothing.

These rules are written a second time on purpose: they share no code with the deciders
and their states, so a mistake there is seen here.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from boxoffice.application.audit.finding import Check, Findings
from boxoffice.application.ports.log import LogRecord
from boxoffice.domain.catalogue.events import SectionLaidOut
from boxoffice.domain.ids import FAMILY_BYTES, PerformanceId, StreamId, ticket_stream
from boxoffice.domain.inventory.events import (
    CartHoldConverted,
    CartHoldPlaced,
    CartHoldReleased,
    TicketHeld,
    TicketReleased,
    TicketSold,
)
from boxoffice.domain.message import Event
from boxoffice.domain.money import Money
from boxoffice.domain.orders.events import OrderConfirmed
from boxoffice.domain.payments.events import PaymentCaptured

PLACES_PER_BUYER_MAX = 8
"""Of one performance. Source: the rules of the house."""
SOLD = "sold"


class Claims:
    """No place ever belongs to two; nothing happens to a sold place or to no place."""

    def __init__(self) -> None:
        self._findings = Findings("one-owner")
        self._claims: dict[StreamId, str] = {}
        self._sections: dict[StreamId, int] = {}
        self._sold = 0

    def read(self, record: LogRecord, event: Event | None) -> None:
        match event:
            case SectionLaidOut():
                self._lay_out(record, event)
            case TicketHeld():
                self._check_place(record, event.section)
                if record.stream in self._claims:
                    self._wrong(record, f"was given to hold {event.hold}")
                self._claims[record.stream] = event.hold
            case TicketReleased():
                self._check_place(record, event.section)
                self._check_claim(record, event.hold, "was released for")
                self._claims.pop(record.stream, None)
            case TicketSold():
                self._check_place(record, event.section)
                self._check_claim(record, event.hold, "was sold to")
                self._claims[record.stream] = SOLD
                self._sold += 1
            case _:
                pass

    def check(self) -> Check:
        held = len(self._claims) - self._sold
        return self._findings.check(
            f"{self._sold:,} places sold and {held:,} held, none of them twice"
        )

    def _lay_out(self, record: LogRecord, event: SectionLaidOut) -> None:
        family = record.stream[:FAMILY_BYTES]
        for place in event.places:
            stream = StreamId(family + place.ordinal.to_bytes(4, "big"))
            self._sections[stream] = event.section

    def _check_place(self, record: LogRecord, section: int) -> None:
        if self._sections.get(record.stream) != section:
            self._wrong(record, "is not in the manifest of its section but was used")

    def _check_claim(self, record: LogRecord, hold: str, what: str) -> None:
        if self._claims.get(record.stream) != hold:
            self._wrong(record, f"{what} hold {hold}")

    def _wrong(self, record: LogRecord, what: str) -> None:
        owner = self._claims.get(record.stream, "nobody")
        detail = (
            f"Place {record.stream.hex()} {what} at {record.position},"
            f" when it belonged to {owner}."
        )
        self._findings.add(record.position, detail)


class _Party(msgspec.Struct):
    """A hold as far as the limit is concerned; `until` None: it is sold."""

    places: int
    until: datetime | None


class Limits:
    """No buyer ever has more places of one performance than the house allows."""

    def __init__(self) -> None:
        self._findings = Findings("limit")
        self._parties: dict[tuple[bytes, str], dict[str, _Party]] = {}
        self._most = 0

    def read(self, record: LogRecord, event: Event | None) -> None:
        match event:
            case CartHoldPlaced():
                self._place(record, event)
            case CartHoldReleased():
                self._of(record, event.buyer).pop(event.hold, None)
            case CartHoldConverted():
                self._convert(record, event)
            case _:
                pass

    def check(self) -> Check:
        return self._findings.check(
            f"at most {self._most} of {PLACES_PER_BUYER_MAX} places for one buyer"
        )

    def _of(self, record: LogRecord, buyer: str) -> dict[str, _Party]:
        return self._parties.setdefault((record.stream[:FAMILY_BYTES], buyer), {})

    def _place(self, record: LogRecord, event: CartHoldPlaced) -> None:
        parties = self._of(record, event.buyer)
        parties[event.hold] = _Party(len(event.places), event.until)
        now = record.recorded_at
        count = sum(
            party.places
            for party in parties.values()
            if party.until is None or now < party.until
        )
        self._most = max(self._most, count)
        if count > PLACES_PER_BUYER_MAX:
            detail = f"Buyer {event.buyer} has {count} places at {record.position}."
            self._findings.add(record.position, detail)

    def _convert(self, record: LogRecord, event: CartHoldConverted) -> None:
        party = self._of(record, event.buyer).get(event.hold)
        if party is None:
            detail = f"Hold {event.hold} was sold at {record.position} but not open."
            self._findings.add(record.position, detail)
        else:
            party.until = None


class _Order(msgspec.Struct):
    """What the log says of one order, from three sides."""

    position: int
    sold: dict[StreamId, Money] = {}
    confirmed: OrderConfirmed | None = None
    captured: Money | None = None

    def problem(self) -> str:
        """Say what does not agree; "" when all three sides do."""
        if self.confirmed is None:
            return "has sold places but was never confirmed"
        if self.captured is None:
            return "was confirmed but never paid"
        lines = self.confirmed.lines
        if _places(self.confirmed) != self.sold:
            return "does not list the places and prices that were sold for it"
        minor = sum(line.price.minor for line in lines)
        total = Money(minor, self.confirmed.total.currency)
        if {line.price.currency for line in lines} != {total.currency}:
            return "mixes currencies"
        if self.confirmed.total != total:
            return f"has lines of {total} but a total of {self.confirmed.total}"
        if self.captured != total:
            return f"costs {total} but {self.captured} was captured"
        return ""


def _places(order: OrderConfirmed) -> dict[StreamId, Money] | None:
    """Give the prices of an order's places; None when there cannot be such places."""
    performance = PerformanceId(order.performance)
    try:
        return {ticket_stream(performance, x.ordinal): x.price for x in order.lines}
    except (ValueError, OverflowError):
        return None


class Accounts:
    """An order's total, its lines, the places sold for it and the payment agree."""

    def __init__(self) -> None:
        self._findings = Findings("money")
        self._open: dict[str, _Order] = {}
        self._settled = 0
        self._totals: dict[str, int] = {}

    def read(self, record: LogRecord, event: Event | None) -> None:
        match event:
            case TicketSold():
                order = self._order(record, event.order)
                order.sold[record.stream] = event.price
                self._settle(event.order, order)
            case OrderConfirmed():
                order = self._order(record, event.order)
                order.confirmed = event
                self._settle(event.order, order)
            case PaymentCaptured():
                order = self._order(record, event.order)
                order.captured = event.amount
                self._settle(event.order, order)
            case _:
                pass

    def check(self) -> Check:
        findings = self._findings
        for code, order in self._open.items():
            findings.add(order.position, f"Order {code} {order.problem()}.")
        taken = ", ".join(
            str(Money(minor, currency)) for currency, minor in self._totals.items()
        )
        return findings.check(f"{self._settled:,} orders agree: {taken or 'no money'}")

    def _order(self, record: LogRecord, code: str) -> _Order:
        return self._open.setdefault(code, _Order(record.position))

    def _settle(self, code: str, order: _Order) -> None:
        """Close an order once all sides agree, whichever of them came last."""
        if order.captured is None or order.problem():
            return
        del self._open[code]
        self._settled += 1
        currency = order.captured.currency
        minor = self._totals.get(currency, 0)
        self._totals[currency] = minor + order.captured.minor

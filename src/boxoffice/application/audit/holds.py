"""Whether holds are told alike on their places, for their buyers and in their orders.

These rules are written a second time on purpose, like those of sales.py.
"""

from __future__ import annotations

from datetime import UTC, datetime

from boxoffice.application.audit.deed import Deed, Hold, Told, by_hold, lines_of
from boxoffice.application.audit.finding import Check, Findings
from boxoffice.application.ports.log import LogRecord
from boxoffice.domain.ids import (
    FAMILY_BYTES,
    BuyerId,
    PerformanceId,
    StreamId,
    allowance_stream,
)
from boxoffice.domain.inventory.events import (
    CartHoldConverted,
    CartHoldPlaced,
    CartHoldReleased,
    TicketHeld,
    TicketReleased,
    TicketSold,
)
from boxoffice.domain.message import Event
from boxoffice.domain.orders.events import OrderConfirmed


class Holds:
    """Every hold is counted for its buyer, ends in time, and is sold as it was held.

    A command is judged when the next one begins, so that the order in which it tells
    its facts does not matter.
    """

    def __init__(self) -> None:
        self._findings = Findings("holds")
        self._open: dict[str, Hold] = {}
        self._deed: Deed | None = None
        self._placed = 0

    def read(self, record: LogRecord, event: Event | None) -> None:
        deed = self._deed
        at = record.recorded_at
        if deed is None or record.meta != deed.meta or at != deed.at:
            self._judge()
            deed = self._deed = Deed(record.meta, at)
        deed.note(record, event)

    def check(self) -> Check:
        self._judge()
        return self._findings.check(
            f"{self._placed:,} holds placed, ended and sold as they were told"
        )

    def _wrong(self, told: Told[Event], problem: str) -> None:
        self._findings.add(told.position, f"At {told.position} {problem}.")

    def _judge(self) -> None:
        """Judge the command that was read last."""
        deed, self._deed = self._deed, None
        if deed is None:
            return
        placed = {one.event.hold: self._place(one) for one in deed.placed}
        for freed in deed.freed:
            self._free(freed, deed)
        for held in deed.held:
            self._hold(held, placed.get(held.event.hold))
        for one in deed.placed:
            if placed[one.event.hold].standing != self._lines(one):
                self._wrong(one, f"hold {one.event.hold} names places it did not get")
        for ended in deed.ended:
            self._end(ended, deed.at)
        self._sell(deed)

    def _lines(self, placed: Told[CartHoldPlaced]) -> set[StreamId]:
        return set(self._open[placed.event.hold].lines)

    def _place(self, told: Told[CartHoldPlaced]) -> Hold:
        event = told.event
        if event.hold in self._open:
            self._wrong(told, f"hold {event.hold} was placed a second time")
        lines = lines_of(told)
        if not lines or len(lines) != len(event.places):
            self._wrong(told, f"hold {event.hold} does not name places, each once")
        if event.until.tzinfo is None:
            self._wrong(told, f"hold {event.hold} has a deadline without a zone")
        if not _is_of_buyer(told):
            self._wrong(told, f"hold {event.hold} is not counted for its buyer")
        hold = Hold(event.buyer, _moment(event.until), lines)
        self._open[event.hold] = hold
        self._placed += 1
        return hold

    def _hold(self, told: Told[TicketHeld], hold: Hold | None) -> None:
        event = told.event
        if hold is None:
            self._wrong(told, f"a place was held that nobody counts: hold {event.hold}")
            return
        hold.standing.add(told.stream)
        if told.stream not in hold.lines:
            self._wrong(told, f"a place was held that hold {event.hold} does not name")
        elif hold.lines[told.stream] != event.price or hold.until != event.until:
            self._wrong(told, f"hold {event.hold} has another price or deadline")

    def _free(self, told: Told[TicketReleased], deed: Deed) -> None:
        event = told.event
        hold = self._open.get(event.hold)
        if hold is None:
            self._wrong(told, f"a place was freed of hold {event.hold}, not open")
            return
        hold.standing.discard(told.stream)
        if event.reason == "expired":
            self._check_overdue(told, hold, deed.at)
        elif event.hold not in by_hold(deed.ended):
            self._wrong(told, f"a place of hold {event.hold} was freed on its own")

    def _check_overdue(self, told: Told[Event], hold: Hold, at: datetime) -> None:
        if at < hold.until:
            self._wrong(told, f"a hold expired before its deadline, {hold.until}")

    def _end(self, told: Told[CartHoldReleased], at: datetime) -> None:
        event = told.event
        hold = self._open.pop(event.hold, None)
        if hold is None:
            self._wrong(told, f"hold {event.hold} ended, but was not open")
            return
        if event.reason == "expired":
            self._check_overdue(told, hold, at)
        if event.buyer != hold.buyer:
            self._wrong(told, f"hold {event.hold} ended for another buyer")
        if hold.standing:
            self._wrong(told, f"hold {event.hold} ended, but its places stayed held")

    def _sell(self, deed: Deed) -> None:
        converted = by_hold(deed.converted)
        for sold in deed.sold:
            problem = self._sold_wrongly(sold, converted.get(sold.event.hold))
            if problem:
                self._wrong(sold, problem)
        for order in deed.confirmed:
            problem = self._confirmed_wrongly(order, converted.get(order.event.hold))
            if problem:
                self._wrong(order, problem)
        for told in deed.converted:
            problem = self._converted_wrongly(told, deed)
            if problem:
                self._wrong(told, problem)
            self._open.pop(told.event.hold, None)

    def _sold_wrongly(
        self, told: Told[TicketSold], converted: CartHoldConverted | None
    ) -> str:
        event = told.event
        hold = self._open.get(event.hold)
        if converted is None or hold is None:
            return f"a place was sold for hold {event.hold}, which was not converted"
        if converted.order != event.order:
            return f"a place of hold {event.hold} was sold to another order"
        frozen = hold.lines.get(told.stream)
        if frozen is None:
            return f"a place was sold that hold {event.hold} does not have"
        if frozen != event.price:
            return f"a place was sold at {event.price} that was held at {frozen}"
        return ""

    def _confirmed_wrongly(
        self, told: Told[OrderConfirmed], converted: CartHoldConverted | None
    ) -> str:
        event = told.event
        hold = self._open.get(event.hold)
        if converted is None or hold is None or converted.order != event.order:
            return f"order {event.order} was confirmed without converting its hold"
        if event.buyer != hold.buyer:
            return f"order {event.order} was confirmed for another buyer"
        return ""

    def _converted_wrongly(self, told: Told[CartHoldConverted], deed: Deed) -> str:
        event = told.event
        hold = self._open.get(event.hold)
        if hold is None:
            return f"hold {event.hold} was converted, but was not open"
        if event.buyer != hold.buyer:
            return f"hold {event.hold} was converted for another buyer"
        if {s.stream for s in deed.sold if s.event.hold == event.hold} != {*hold.lines}:
            return f"hold {event.hold} was converted, but only in part"
        if event.hold not in by_hold(deed.confirmed):
            return f"hold {event.hold} was converted, but no order was confirmed"
        return ""


def _moment(written: datetime) -> datetime:
    """Give an instant that can be compared, whatever was written."""
    return written if written.tzinfo else written.replace(tzinfo=UTC)


def _is_of_buyer(told: Told[CartHoldPlaced]) -> bool:
    """Tell whether a hold stands on the stream that limits its buyer."""
    performance, buyer = told.event.performance, told.event.buyer
    if performance != told.stream[:FAMILY_BYTES].hex():
        return False
    wanted = allowance_stream(PerformanceId(performance), BuyerId(buyer))
    return told.stream == wanted

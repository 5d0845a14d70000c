"""Whether holds are told alike on their places, for their buyers and in their orders.

These rules are written a second time on purpose, like those of sales.py.
"""

from __future__ import annotations

from datetime import datetime

from boxoffice.application.audit.deed import (
    Deed,
    Deeds,
    Hold,
    Told,
    family_of,
    lines_of,
    moment,
)
from boxoffice.application.audit.finding import Check, Findings
from boxoffice.application.audit.selling import Selling
from boxoffice.application.ports.log import LogRecord
from boxoffice.domain.ids import BuyerId, PerformanceId, StreamId, allowance_stream
from boxoffice.domain.inventory.events import (
    CartHoldChanged,
    CartHoldConverted,
    CartHoldOrdered,
    CartHoldPlaced,
    CartHoldReleased,
    CartHoldRenewed,
    TicketHeld,
    TicketHoldRenewed,
    TicketReleased,
)
from boxoffice.domain.message import Event

_Renewing = CartHoldRenewed | CartHoldChanged | CartHoldOrdered


class Holds:
    """Every hold is counted for its buyer, ends in time, and is sold as it was held.

    One that was left to an order is changed, renewed or ended only together with it.
    """

    def __init__(self) -> None:
        self._findings = Findings("holds")
        self._open: dict[str, Hold] = {}
        self._selling = Selling(self._open, self._wrong)
        self._deeds = Deeds(self._judge)
        self._placed = 0

    def read(self, record: LogRecord, event: Event | None) -> None:
        self._deeds.read(record, event)

    def check(self) -> Check:
        self._deeds.end()
        return self._findings.check(
            f"{self._placed:,} holds placed, ended and sold as they were told"
        )

    def _wrong(self, told: Told[Event], problem: str) -> None:
        self._findings.add(told.position, f"At {told.position} {problem}.")

    def _judge(self, deed: Deed) -> None:
        for placed in deed.of(CartHoldPlaced):
            self._place(placed)
        for freed in deed.of(TicketReleased):
            self._free(freed, deed)
        for changed in deed.of(CartHoldChanged):
            self._change(changed, deed)
        for held in deed.of(TicketHeld):
            self._hold(held, deed)
        self._renew(deed)
        for one in deed.of(CartHoldPlaced):
            hold = self._open[one.event.hold]
            if hold.standing != set(hold.lines):
                self._wrong(one, f"hold {one.event.hold} names places it did not get")
        for ended in deed.of(CartHoldReleased):
            self._end(ended, deed)
        self._selling.judge(deed)

    # ------------------------------------------------------- placed and changed

    def _place(self, told: Told[CartHoldPlaced]) -> None:
        event = told.event
        if event.hold in self._open:
            self._wrong(told, f"hold {event.hold} was placed a second time")
        family = family_of(told)
        lines = lines_of(family, event.places)
        if not lines or len(lines) != len(event.places):
            self._wrong(told, f"hold {event.hold} does not name places, each once")
        if event.until.tzinfo is None or event.cap.tzinfo is None:
            self._wrong(told, f"hold {event.hold} has a deadline without a zone")
        elif event.until > event.cap:
            self._wrong(told, f"hold {event.hold} stands longer than it may")
        if not _is_of_buyer(told):
            self._wrong(told, f"hold {event.hold} is not counted for its buyer")
        until, cap = moment(event.until), moment(event.cap)
        self._open[event.hold] = Hold(family, event.buyer, until, cap, lines)
        self._placed += 1

    def _change(self, told: Told[CartHoldChanged], deed: Deed) -> None:
        event = told.event
        hold = self._free_to_change(told)
        if hold is None:
            return
        lines = lines_of(hold.family, event.places)
        if not lines or len(lines) != len(event.places):
            self._wrong(told, f"hold {event.hold} does not name places, each once")
        if any(price != hold.lines.get(s, price) for s, price in lines.items()):
            self._wrong(told, f"hold {event.hold} changed the price of a place")
        held = {h.stream for h in deed.of(TicketHeld) if h.event.hold == event.hold}
        if hold.standing | held != set(lines) or held & hold.standing:
            self._wrong(told, f"hold {event.hold} names places it does not have")
        hold.lines = lines

    def _free_to_change(
        self, told: Told[CartHoldChanged] | Told[CartHoldRenewed]
    ) -> Hold | None:
        event = told.event
        hold = self._open.get(event.hold)
        if hold is None:
            self._wrong(told, f"hold {event.hold} was changed, but was not open")
        elif hold.buyer != event.buyer:
            self._wrong(told, f"hold {event.hold} was changed for another buyer")
        elif hold.order is not None:
            self._wrong(told, f"hold {event.hold} was changed under its order")
        return hold

    def _hold(self, told: Told[TicketHeld], deed: Deed) -> None:
        event = told.event
        hold = self._open.get(event.hold)
        counted = deed.find(CartHoldPlaced, hold=event.hold) or deed.find(
            CartHoldChanged, hold=event.hold
        )
        if hold is None or counted is None:
            self._wrong(told, f"a place was held that nobody counts: hold {event.hold}")
            return
        hold.standing.add(told.stream)
        if told.stream not in hold.lines:
            self._wrong(told, f"a place was held that hold {event.hold} does not name")
        elif hold.lines[told.stream] != event.price or counted.until != event.until:
            self._wrong(told, f"hold {event.hold} has another price or deadline")

    # ------------------------------------------------------------------ renewed

    def _renew(self, deed: Deed) -> None:
        renewed: dict[str, datetime] = {}
        kinds: tuple[type[_Renewing], ...] = (
            CartHoldRenewed,
            CartHoldChanged,
            CartHoldOrdered,
        )
        for kind in kinds:
            for told in deed.of(kind):
                self._prolong(told, deed)
                renewed[told.event.hold] = told.event.until
        for ticket in deed.of(TicketHoldRenewed):
            event = ticket.event
            hold = self._open.get(event.hold)
            if hold is None or ticket.stream not in hold.standing:
                self._wrong(ticket, f"a place was renewed that {event.hold} lacks")
            elif renewed.get(event.hold) != event.until:
                self._wrong(ticket, f"a place of hold {event.hold} was renewed alone")

    def _prolong(self, told: Told[_Renewing], deed: Deed) -> None:
        event = told.event
        if isinstance(event, CartHoldRenewed):
            self._free_to_change(Told(told.position, told.stream, event))
        hold = self._open.get(event.hold)
        if hold is None:
            if isinstance(event, CartHoldOrdered):
                self._wrong(told, f"hold {event.hold} was ordered, but was not open")
            return
        until = moment(event.until)
        if until < hold.until:
            self._wrong(told, f"hold {event.hold} was cut short")
        if until > hold.until:
            self._check_renewed(told, hold, deed)
        hold.until = until
        if not isinstance(event, CartHoldOrdered) and until > hold.cap:
            self._wrong(told, f"hold {event.hold} stands longer than it may")

    def _check_renewed(self, told: Told[_Renewing], hold: Hold, deed: Deed) -> None:
        name = told.event.hold
        kinds: tuple[type[TicketHoldRenewed | TicketHeld], ...] = (
            TicketHoldRenewed,
            TicketHeld,
        )
        told_so = {
            one.stream
            for kind in kinds
            for one in deed.of(kind)
            if one.event.hold == name
        }
        if not hold.standing <= told_so:
            self._wrong(told, f"hold {name} was renewed without all of its places")

    # ------------------------------------------------------------ freed and ended

    def _free(self, told: Told[TicketReleased], deed: Deed) -> None:
        event = told.event
        hold = self._open.get(event.hold)
        if hold is None:
            self._wrong(told, f"a place was freed of hold {event.hold}, not open")
            return
        hold.standing.discard(told.stream)
        if event.reason == "expired":
            self._check_overdue(told, hold, deed.at)
        elif event.reason == "removed" and deed.find(CartHoldChanged, hold=event.hold):
            hold.lines.pop(told.stream, None)
        elif not deed.find(CartHoldReleased, hold=event.hold):
            self._wrong(told, f"a place of hold {event.hold} was freed on its own")

    def _check_overdue(self, told: Told[Event], hold: Hold, at: datetime) -> None:
        if at < hold.until:
            self._wrong(told, f"a hold expired before its deadline, {hold.until}")

    def _end(self, told: Told[CartHoldReleased], deed: Deed) -> None:
        event = told.event
        hold = self._open.pop(event.hold, None)
        if hold is None:
            self._wrong(told, f"hold {event.hold} ended, but was not open")
            return
        if event.reason == "expired":
            self._check_overdue(told, hold, deed.at)
        if event.buyer != hold.buyer:
            self._wrong(told, f"hold {event.hold} ended for another buyer")
        if hold.standing:
            self._wrong(told, f"hold {event.hold} ended, but its places stayed held")
        if hold.order is not None and not deed.concerns(hold.order):
            self._wrong(told, f"hold {event.hold} ended behind its order's back")
        if deed.find(CartHoldConverted, hold=event.hold):
            self._wrong(told, f"hold {event.hold} ended and was sold at once")


def _is_of_buyer(told: Told[CartHoldPlaced]) -> bool:
    """Tell whether a hold stands on the stream that limits its buyer."""
    performance, buyer = told.event.performance, told.event.buyer
    if performance != family_of(told).hex():
        return False
    wanted = allowance_stream(PerformanceId(performance), BuyerId(buyer))
    return told.stream == StreamId(wanted)

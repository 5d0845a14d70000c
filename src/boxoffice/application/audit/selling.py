"""Whether what was held is ordered, sold and taken back as it was held.

A part of the check of holds: it shares their open ones and reports into their findings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from boxoffice.application.audit.deed import Deed, Hold, Told, family_of
from boxoffice.domain.ids import PLACE_ORDINAL_MAX, StreamId
from boxoffice.domain.inventory.events import (
    CartHoldConverted,
    CartHoldOrdered,
    CartHoldReturned,
    TicketReturned,
    TicketSold,
)
from boxoffice.domain.message import Event
from boxoffice.domain.orders.events import (
    AlternativeOffered,
    ExchangePlaced,
    OrderConfirmed,
    OrderLine,
    OrderPlaced,
    TicketsExchanged,
)

Wrong = Callable[[Told[Event], str], None]
_Ordering = OrderPlaced | ExchangePlaced | TicketsExchanged | AlternativeOffered
_ORDERING: tuple[type[_Ordering], ...] = (
    OrderPlaced,
    ExchangePlaced,
    TicketsExchanged,
    AlternativeOffered,
)
"""What names the hold that it wants, with a line for each of its places."""
_Selling = OrderConfirmed | TicketsExchanged
_SELLING: tuple[type[_Selling], ...] = (OrderConfirmed, TicketsExchanged)


class Selling:
    """From a hold to an order and back."""

    def __init__(self, holds: dict[str, Hold], wrong: Wrong) -> None:
        self._open = holds
        self._wrong = wrong
        self._sold: dict[StreamId, tuple[str, str]] = {}
        """Hold and buyer of every sold place."""

    def judge(self, deed: Deed) -> None:
        """Judge what a command says of orders; changes of holds were judged before."""
        for ordered in deed.of(CartHoldOrdered):
            self._order(ordered, deed)
        self._return(deed)
        converted = {one.event.hold: one.event for one in deed.of(CartHoldConverted)}
        for sold in deed.of(TicketSold):
            problem = self._sold_wrongly(sold, converted.get(sold.event.hold))
            if problem:
                self._wrong(sold, problem)
        for order in deed.of(OrderConfirmed):
            problem = self._confirmed_wrongly(order, converted.get(order.event.hold))
            if problem:
                self._wrong(order, problem)
        for told in deed.of(CartHoldConverted):
            self._convert(told, deed)

    def _order(self, told: Told[CartHoldOrdered], deed: Deed) -> None:
        event = told.event
        hold = self._open.get(event.hold)
        if hold is None:
            return
        if hold.buyer != event.buyer:
            self._wrong(told, f"hold {event.hold} was ordered for another buyer")
        if hold.order is not None:
            self._wrong(told, f"hold {event.hold} was ordered a second time")
        hold.order = event.order
        named = (
            deed.find(kind, hold=event.hold, order=event.order) for kind in _ORDERING
        )
        wanted = next((one for one in named if one is not None), None)
        if wanted is None:
            self._wrong(told, f"hold {event.hold} was ordered, but no order names it")
        elif not _is_held_so(hold, wanted.lines, is_comp=_is_comp(wanted)):
            self._wrong(told, f"hold {event.hold} was ordered otherwise than held")
        else:
            hold.lines = {_stream(hold, line): line.price for line in wanted.lines}

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

    def _convert(self, told: Told[CartHoldConverted], deed: Deed) -> None:
        problem = self._converted_wrongly(told, deed)
        if problem:
            self._wrong(told, problem)
        event = told.event
        hold = self._open.pop(event.hold, None)
        for stream in hold.lines if hold else ():
            self._sold[stream] = (event.hold, event.buyer)

    def _converted_wrongly(self, told: Told[CartHoldConverted], deed: Deed) -> str:
        event = told.event
        hold = self._open.get(event.hold)
        if hold is None:
            return f"hold {event.hold} was converted, but was not open"
        if event.buyer != hold.buyer:
            return f"hold {event.hold} was converted for another buyer"
        if hold.order not in (None, event.order):
            return f"hold {event.hold} was sold to another order than it was left to"
        sold = {s.stream for s in deed.of(TicketSold) if s.event.hold == event.hold}
        if sold != set(hold.lines):
            return f"hold {event.hold} was converted, but only in part"
        if not any(deed.find(kind, hold=event.hold) for kind in _SELLING):
            return f"hold {event.hold} was converted, but no order was confirmed"
        return ""

    def _return(self, deed: Deed) -> None:
        """Take sold places back; every one of them is counted back to its buyer."""
        counted: set[StreamId] = set()
        for told in deed.of(CartHoldReturned):
            for ordinal in told.event.ordinals:
                stream = _place(told, ordinal)
                counted.add(stream)
                if self._sold.get(stream) != (told.event.hold, told.event.buyer):
                    hold = told.event.hold
                    self._wrong(told, f"hold {hold} gave a place back it had not sold")
        for one in deed.of(TicketReturned):
            self._sold.pop(one.stream, None)
            if one.stream not in counted:
                self._wrong(one, "a place was taken back that still counts for a buyer")
            counted.discard(one.stream)
        for told in deed.of(CartHoldReturned):
            if counted & {_place(told, o) for o in told.event.ordinals}:
                self._wrong(told, f"hold {told.event.hold} gave back what stays sold")


def _place(told: Told[Event], ordinal: int) -> StreamId:
    known = ordinal if 0 < ordinal <= PLACE_ORDINAL_MAX else 0
    return StreamId(family_of(told) + known.to_bytes(4, "big"))


def _is_comp(event: Event) -> bool:
    return isinstance(event, OrderPlaced) and event.channel == "comp"


def _is_held_so(hold: Hold, lines: Iterable[OrderLine], *, is_comp: bool) -> bool:
    """Tell whether lines are the places of a hold at its prices, less a discount.

    What they cost here is what they are sold for.
    """
    prices = {_stream(hold, line): line for line in lines}
    if set(prices) != set(hold.lines):
        return False
    return all(
        hold.lines[stream] == line.price
        or hold.lines[stream].minor == line.price.minor + line.discount
        or (is_comp and not line.price.minor)
        for stream, line in prices.items()
    )


def _stream(hold: Hold, line: OrderLine) -> StreamId:
    if line.performance != hold.family.hex():
        return StreamId(b"")
    known = line.ordinal if 0 < line.ordinal <= PLACE_ORDINAL_MAX else 0
    return StreamId(hold.family + known.to_bytes(4, "big"))

"""What an order does with the places of a hold: keep, sell, free, take back.

Callers hand in plain values and store what these give, in the append that the order's
own facts are stored in. Claims on limited price types are for the caller to move too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from boxoffice.domain.decider import Decision
from boxoffice.domain.ids import (
    BuyerId,
    PerformanceId,
    allowance_stream,
    ticket_stream,
)
from boxoffice.domain.inventory.events import (
    DEFAULT_TYPE,
    CartHoldConverted,
    CartHoldOrdered,
    CartHoldPlaced,
    CartHoldReleased,
    CartHoldReturned,
    HeldPlace,
    ReleaseReason,
    ReturnReason,
    TicketReturned,
)
from boxoffice.domain.inventory.facts import (
    allowance_at,
    freed,
    given_to,
    renewed,
    sold,
    ticket_at,
)
from boxoffice.domain.inventory.state import FREE, CartHold, Ticket
from boxoffice.domain.money import Money
from boxoffice.errors import HoldExpired, HoldNotOpen, SeatsUnavailable

Tickets = Mapping[int, Ticket]
"""Tickets of one performance by the ordinal of their place."""


class SoldPlace(msgspec.Struct, frozen=True, gc=False):
    """A place that was sold out of a hold of `buyer`, for `price`."""

    performance: PerformanceId
    buyer: BuyerId
    hold: str
    ordinal: int
    section: int
    category: int
    price: Money
    price_type: str = DEFAULT_TYPE


class HoldFor(msgspec.Struct, frozen=True, gc=False):
    """A hold that the house makes itself, for an order of `buyer`."""

    performance: PerformanceId
    buyer: BuyerId
    hold: str
    order: str
    places: tuple[HeldPlace, ...]


def check_standing(hold: CartHold, tickets: Tickets, now: datetime) -> None:
    """Refuse a hold that ended, has an order, is overdue or lost a place.

    Raises:
        HoldNotOpen: it is sold or has an order; `order` says which.
        HoldExpired: it is over.
    """
    if hold.order is not None or (hold.ended is None and hold.ordered is not None):
        raise HoldNotOpen(order=hold.order or hold.ordered)
    if hold.ended is not None or now > hold.until or not has_all(hold, tickets):
        raise HoldExpired


def has_all(hold: CartHold, tickets: Tickets) -> bool:
    """Tell whether every place of a hold is still kept for it."""
    name = hold.placed.hold
    return all(tickets[place.ordinal].hold == name for place in hold.places)


def order_hold(
    hold: CartHold, tickets: Tickets, *, order: str, now: datetime, until: datetime
) -> Decision:
    """Leave a standing hold to an order, and keep it until `until` if that is later.

    Raises:
        HoldNotOpen: it is sold or has an order already.
        HoldExpired: it is over.
    """
    check_standing(hold, tickets, now)
    later = max(hold.until, until)
    decision = renewed(hold, later) if later > hold.until else []
    name, buyer = hold.placed.hold, hold.placed.buyer
    ordered = CartHoldOrdered(hold=name, buyer=buyer, order=order, until=later)
    return [*decision, (allowance_at(hold), ordered)]


def sell_places(
    hold: CartHold,
    tickets: Tickets,
    *,
    order: str,
    now: datetime,
    agreed: Mapping[int, tuple[Money, str]] | None = None,
) -> Decision:
    """Sell all places of a hold to an order, at prices and types of their own.

    What was `agreed` for an ordinal goes before that. A hold that was left to this
    order may be overdue, as long as nobody took a place.

    Raises:
        HoldNotOpen: it is sold, or left to another order.
        HoldExpired: it is over.
    """
    if hold.ended is not None or hold.ordered != order:
        check_standing(hold, tickets, now)
    elif not has_all(hold, tickets):
        raise HoldExpired
    name, buyer = hold.placed.hold, hold.placed.buyer
    decision: Decision = []
    for place in hold.places:
        own = (place.price, place.price_type)
        price, price_type = (agreed or {}).get(place.ordinal, own)
        event = sold(name, place, order, price, price_type=price_type)
        decision.append((ticket_at(hold, place), event))
    converted = CartHoldConverted(hold=name, buyer=buyer, order=order)
    return [*decision, (allowance_at(hold), converted)]


def end_hold(hold: CartHold, tickets: Tickets, *, reason: ReleaseReason) -> Decision:
    """Free what a hold still has; one that ended already changes nothing."""
    if hold.ended is not None:
        return []
    name, buyer = hold.placed.hold, hold.placed.buyer
    decision: Decision = [
        (ticket_at(hold, place), freed(name, place, reason))
        for place in hold.places
        if tickets.get(place.ordinal, FREE).hold == name
    ]
    released = CartHoldReleased(hold=name, buyer=buyer, reason=reason)
    return [*decision, (allowance_at(hold), released)]


def return_tickets(
    places: Sequence[SoldPlace], *, order: str, reason: ReturnReason
) -> Decision:
    """Take sold places back: they are free, and count for nobody."""
    decision: Decision = []
    by_hold: dict[tuple[PerformanceId, BuyerId, str], list[int]] = {}
    for place in places:
        returned = TicketReturned(
            order=order,
            section=place.section,
            category=place.category,
            price=place.price,
            reason=reason,
            price_type=place.price_type,
        )
        decision.append((ticket_stream(place.performance, place.ordinal), returned))
        whose = (place.performance, place.buyer, place.hold)
        by_hold.setdefault(whose, []).append(place.ordinal)
    for (performance, buyer, hold), ordinals in by_hold.items():
        event = CartHoldReturned(hold=hold, buyer=buyer, ordinals=tuple(ordinals))
        decision.append((allowance_stream(performance, buyer), event))
    return decision


def hold_spare(
    hold: HoldFor, tickets: Tickets, *, now: datetime, until: datetime
) -> Decision:
    """Keep places for an order until `until`, in a new hold that it decides about.

    Raises:
        SeatsUnavailable: one of the places is taken.
    """
    ordered = CartHoldOrdered(
        hold=hold.hold, buyer=hold.buyer, order=hold.order, until=until
    )
    kept = _held_anew(hold, tickets, now=now, until=until)
    return [*kept, (allowance_stream(hold.performance, hold.buyer), ordered)]


def sell_anew(hold: HoldFor, tickets: Tickets, *, now: datetime) -> Decision:
    """Sell free places to an order whose own hold is over, through a new hold.

    Raises:
        SeatsUnavailable: one of the places is taken.
    """
    taken: Decision = [
        (
            ticket_stream(hold.performance, place.ordinal),
            sold(
                hold.hold, place, hold.order, place.price, price_type=place.price_type
            ),
        )
        for place in hold.places
    ]
    converted = CartHoldConverted(hold=hold.hold, buyer=hold.buyer, order=hold.order)
    kept = _held_anew(hold, tickets, now=now, until=now)
    return [*kept, *taken, (allowance_stream(hold.performance, hold.buyer), converted)]


def _held_anew(
    hold: HoldFor, tickets: Tickets, *, now: datetime, until: datetime
) -> Decision:
    taken = [p.ordinal for p in hold.places if tickets[p.ordinal].taken(now)]
    if taken:
        raise SeatsUnavailable(places=taken)
    placed = CartHoldPlaced(
        hold=hold.hold,
        buyer=hold.buyer,
        performance=hold.performance,
        places=hold.places,
        until=until,
        cap=until,
    )
    decision: Decision = []
    for place in hold.places:
        before = tickets[place.ordinal]
        decision += given_to(
            hold.performance, before, place, hold=hold.hold, until=until
        )
    return [*decision, (allowance_stream(hold.performance, hold.buyer), placed)]

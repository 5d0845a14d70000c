"""What one ticket and one buyer's allowance remember."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import assert_never

import msgspec
from msgspec.structs import replace

from boxoffice.domain.decider import Aggregate
from boxoffice.domain.inventory.events import (
    CartHoldConverted,
    CartHoldPlaced,
    CartHoldReleased,
    HeldPlace,
    TicketHeld,
    TicketReleased,
    TicketSold,
)
from boxoffice.domain.money import Money

TAKEOVER_GRACE = timedelta(seconds=1)
"""A hold can be paid until its deadline and taken over this much later, so two
clocks that differ a little never both say yes. Source: design, decision 17."""


class Ticket(msgspec.Struct, frozen=True, gc=False):
    """A place at a performance: free, held (`hold`, `until`) or sold (`order`)."""

    hold: str | None = None
    until: datetime | None = None
    order: str | None = None

    def taken(self, now: datetime) -> bool:
        """Tell whether somebody else must keep off at `now`."""
        if self.order is not None:
            return True
        return self.until is not None and now < self.until + TAKEOVER_GRACE


FREE = Ticket()
TicketEvent = TicketHeld | TicketReleased | TicketSold


def evolve_ticket(_state: Ticket, event: TicketEvent) -> Ticket:
    """Fold one fact of a ticket's own stream."""
    match event:
        case TicketHeld():
            return Ticket(hold=event.hold, until=event.until)
        case TicketReleased():
            return FREE
        case TicketSold():
            return Ticket(order=event.order)
        case _:
            assert_never(event)


class SaleTerms(msgspec.Struct, frozen=True, gc=False):
    """What inventory needs to know of catalogue and pricing for one request.

    `places` holds the requested places that exist and are priced, by ordinal.
    """

    on_sale: bool
    places: dict[int, HeldPlace]
    unpriced: frozenset[int] = frozenset()


class CartHold(msgspec.Struct, frozen=True, gc=False):
    """A buyer's hold. `ended` is None while it stands."""

    placed: CartHoldPlaced
    ended: str | None = None
    """`released`, `expired` or the order's code."""
    order: str | None = None

    def counts(self, now: datetime) -> bool:
        """Tell whether its places count against the limit at `now`."""
        return self.order is not None or (
            self.ended is None and now < self.placed.until + TAKEOVER_GRACE
        )


ENDED_KEPT = 16
"""Holds of a buyer that ended unsold and are still remembered. Without a bound, a
buyer who holds and releases in a loop makes every command of theirs slower."""


class Allowance(msgspec.Struct, frozen=True, gc=False):
    """Holds of the buyers that share this stream, by hold id."""

    holds: dict[str, CartHold] = {}

    def places_counted(self, buyer: str, now: datetime) -> int:
        """Count a buyer's places held at `now` or bought."""
        return sum(
            len(hold.placed.places)
            for hold in self.holds.values()
            if hold.placed.buyer == buyer and hold.counts(now)
        )


AllowanceEvent = CartHoldPlaced | CartHoldReleased | CartHoldConverted


def evolve_allowance(state: Allowance, event: AllowanceEvent) -> Allowance:
    """Fold one fact of an allowance stream."""
    match event:
        case CartHoldPlaced():
            hold = CartHold(placed=event)
        case CartHoldReleased():
            hold = replace(state.holds[event.hold], ended=event.reason)
        case CartHoldConverted():
            hold = replace(state.holds[event.hold], ended="sold", order=event.order)
        case _:
            assert_never(event)
    holds = {**state.holds, event.hold: hold}
    for forgotten in _ended_unsold(holds, event.buyer)[:-ENDED_KEPT]:
        del holds[forgotten]
    return Allowance(holds=holds)


def _ended_unsold(holds: dict[str, CartHold], buyer: str) -> list[str]:
    return [
        name
        for name, hold in holds.items()
        if hold.ended in ("released", "expired") and hold.placed.buyer == buyer
    ]


def held_price(hold: CartHold) -> Money:
    """Add up the frozen prices of a hold."""
    first, *rest = (place.price for place in hold.placed.places)
    for price in rest:
        first = first.plus(price)
    return first


TICKET = Aggregate(
    "ticket", Ticket, evolve_ticket, (TicketHeld, TicketReleased, TicketSold)
)
ALLOWANCE = Aggregate(
    "allowance",
    Allowance,
    evolve_allowance,
    (CartHoldPlaced, CartHoldReleased, CartHoldConverted),
)

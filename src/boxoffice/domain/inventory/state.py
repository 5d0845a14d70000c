"""What one ticket and one buyer's allowance remember."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import assert_never

import msgspec
from msgspec.structs import replace

from boxoffice.domain.decider import Aggregate
from boxoffice.domain.inventory.events import (
    CartHoldChanged,
    CartHoldConverted,
    CartHoldOrdered,
    CartHoldPlaced,
    CartHoldReleased,
    CartHoldRenewed,
    CartHoldReturned,
    HeldPlace,
    TicketHeld,
    TicketHoldRenewed,
    TicketReleased,
    TicketReturned,
    TicketSold,
)

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
TicketEvent = (
    TicketHeld | TicketHoldRenewed | TicketReleased | TicketSold | TicketReturned
)


def evolve_ticket(_state: Ticket, event: TicketEvent) -> Ticket:
    """Fold one fact of a ticket's own stream."""
    match event:
        case TicketHeld() | TicketHoldRenewed():
            return Ticket(hold=event.hold, until=event.until)
        case TicketReleased() | TicketReturned():
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
    """A buyer's hold as it is now; `placed` is how it began.

    `places` are those it has, or has sold and not got back. `ordered` is the order
    that decides how the hold ends, `order` the one that its places are sold to.
    `ended` is None while it stands.
    """

    placed: CartHoldPlaced
    places: tuple[HeldPlace, ...]
    until: datetime
    ended: str | None = None
    """A release reason, `sold`, or `returned` when no sold place is left."""
    ordered: str | None = None
    order: str | None = None

    @property
    def cap(self) -> datetime:
        """The moment until which it can be renewed at most."""
        return self.placed.cap

    def counts(self, now: datetime) -> bool:
        """Tell whether its places count against the limit at `now`."""
        return self.order is not None or (
            self.ended is None and now < self.until + TAKEOVER_GRACE
        )


ENDED_KEPT = 16
"""Holds of a buyer that ended without places and are still remembered. Without a
bound, a buyer who holds and releases in a loop makes every command of theirs slower."""


class Allowance(msgspec.Struct, frozen=True, gc=False):
    """Holds of the buyers that share this stream, by hold id."""

    holds: dict[str, CartHold] = {}

    def places_counted(self, buyer: str, now: datetime) -> int:
        """Count a buyer's places held at `now` or bought and not given back."""
        return sum(
            len(hold.places)
            for hold in self.holds.values()
            if hold.placed.buyer == buyer and hold.counts(now)
        )


AllowanceEvent = (
    CartHoldPlaced
    | CartHoldChanged
    | CartHoldRenewed
    | CartHoldOrdered
    | CartHoldReleased
    | CartHoldConverted
    | CartHoldReturned
)


def evolve_allowance(state: Allowance, event: AllowanceEvent) -> Allowance:
    """Fold one fact of an allowance stream."""
    if isinstance(event, CartHoldPlaced):
        hold = CartHold(placed=event, places=event.places, until=event.until)
    else:
        hold = _changed(state.holds[event.hold], event)
    holds = {**state.holds, event.hold: hold}
    for forgotten in _ended_empty(holds, event.buyer)[:-ENDED_KEPT]:
        del holds[forgotten]
    return Allowance(holds=holds)


def _changed(
    hold: CartHold,
    event: CartHoldChanged
    | CartHoldRenewed
    | CartHoldOrdered
    | CartHoldReleased
    | CartHoldConverted
    | CartHoldReturned,
) -> CartHold:
    match event:
        case CartHoldChanged():
            return replace(hold, places=event.places, until=event.until)
        case CartHoldRenewed():
            return replace(hold, until=event.until)
        case CartHoldOrdered():
            return replace(hold, ordered=event.order, until=event.until)
        case CartHoldReleased():
            return replace(hold, ended=event.reason)
        case CartHoldConverted():
            return replace(hold, ended="sold", order=event.order)
        case CartHoldReturned():
            left = tuple(p for p in hold.places if p.ordinal not in event.ordinals)
            ended = "sold" if left else "returned"
            return replace(hold, places=left, ended=ended)
        case _:
            assert_never(event)


def _ended_empty(holds: dict[str, CartHold], buyer: str) -> list[str]:
    return [
        name
        for name, hold in holds.items()
        if hold.ended is not None
        and hold.ended != "sold"
        and hold.placed.buyer == buyer
    ]


TICKET = Aggregate(
    "ticket",
    Ticket,
    evolve_ticket,
    (TicketHeld, TicketHoldRenewed, TicketReleased, TicketSold, TicketReturned),
)
ALLOWANCE = Aggregate(
    "allowance",
    Allowance,
    evolve_allowance,
    (
        CartHoldPlaced,
        CartHoldChanged,
        CartHoldRenewed,
        CartHoldOrdered,
        CartHoldReleased,
        CartHoldConverted,
        CartHoldReturned,
    ),
)

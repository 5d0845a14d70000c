"""Facts about the tickets of one performance and the holds of its buyers.

Ticket events name section and category so that a read model can count without
knowing every place. A hold is told twice, in one append: on each ticket's own
stream, where no place can be given away twice, and on the buyer's allowance stream,
which limits and answers for the hold as a whole.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from boxoffice.domain.message import Event
from boxoffice.domain.money import Money

ReleaseReason = Literal["released", "expired"]


class TicketHeld(Event, frozen=True, kw_only=True, tag="ticket-held.v1"):
    """A place is kept for one cart hold until `until`, at `price`."""

    hold: str
    section: int
    category: int
    price: Money
    until: datetime


class TicketReleased(Event, frozen=True, kw_only=True, tag="ticket-released.v1"):
    """The place is free again."""

    hold: str
    section: int
    category: int
    reason: ReleaseReason


class TicketSold(Event, frozen=True, kw_only=True, tag="ticket-sold.v1"):
    """The place belongs to an order."""

    hold: str
    order: str
    section: int
    category: int
    price: Money


class HeldPlace(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A place in a cart hold with the price it was given."""

    ordinal: int
    section: int
    category: int
    label: str
    price: Money


class CartHoldPlaced(Event, frozen=True, kw_only=True, tag="cart-hold-placed.v1"):
    """A buyer holds these places until `until`, at prices of `price_list`."""

    hold: str
    buyer: str
    performance: str
    places: tuple[HeldPlace, ...]
    until: datetime
    price_list: int


class CartHoldReleased(Event, frozen=True, kw_only=True, tag="cart-hold-released.v1"):
    """The buyer gave the places back, or the time ran out."""

    hold: str
    buyer: str
    reason: ReleaseReason


class CartHoldConverted(Event, frozen=True, kw_only=True, tag="cart-hold-converted.v1"):
    """The hold became an order."""

    hold: str
    buyer: str
    order: str

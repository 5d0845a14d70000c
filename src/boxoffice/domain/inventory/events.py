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

ReleaseReason = Literal["released", "expired", "removed", "cancelled"]
"""By the buyer; by time; one place by the buyer; because its order ended unpaid."""
ReturnReason = Literal["refunded", "exchanged", "voided", "cancelled"]
DEFAULT_TYPE = "adult"


class TicketHeld(Event, frozen=True, kw_only=True, tag="ticket-held.v1"):
    """A place is kept for one cart hold until `until`, at `price`."""

    hold: str
    section: int
    category: int
    price: Money
    until: datetime


class TicketHoldRenewed(Event, frozen=True, kw_only=True, tag="ticket-hold-renewed.v1"):
    """The place stays kept, until a later `until`; nothing else changes."""

    hold: str
    section: int
    category: int
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
    price_type: str = DEFAULT_TYPE


class TicketReturned(Event, frozen=True, kw_only=True, tag="ticket-returned.v1"):
    """A sold place is free again; price and type are what it had been sold for."""

    order: str
    section: int
    category: int
    price: Money
    reason: ReturnReason
    price_type: str = DEFAULT_TYPE


class HeldPlace(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A place in a cart hold with the all-in price it was given.

    `price_list` is the version of the price list that the price is from.
    """

    ordinal: int
    section: int
    category: int
    label: str
    price: Money
    price_type: str = DEFAULT_TYPE
    price_list: int = 0


class CartHoldPlaced(Event, frozen=True, kw_only=True, tag="cart-hold-placed.v1"):
    """A buyer holds these places until `until`, never longer than until `cap`."""

    hold: str
    buyer: str
    performance: str
    places: tuple[HeldPlace, ...]
    until: datetime
    cap: datetime


class CartHoldChanged(Event, frozen=True, kw_only=True, tag="cart-hold-changed.v1"):
    """Places were added to a hold or taken out of it; `places` is all it has now."""

    hold: str
    buyer: str
    places: tuple[HeldPlace, ...]
    until: datetime


class CartHoldRenewed(Event, frozen=True, kw_only=True, tag="cart-hold-renewed.v1"):
    """The hold stands until a later `until`."""

    hold: str
    buyer: str
    until: datetime


class CartHoldOrdered(Event, frozen=True, kw_only=True, tag="cart-hold-ordered.v1"):
    """An order was placed for the hold: from here on the order decides its end."""

    hold: str
    buyer: str
    order: str
    until: datetime


class CartHoldReleased(Event, frozen=True, kw_only=True, tag="cart-hold-released.v1"):
    """The buyer gave the places back, or the time ran out."""

    hold: str
    buyer: str
    reason: ReleaseReason


class CartHoldConverted(Event, frozen=True, kw_only=True, tag="cart-hold-converted.v1"):
    """The places of the hold are sold to an order."""

    hold: str
    buyer: str
    order: str


class CartHoldReturned(Event, frozen=True, kw_only=True, tag="cart-hold-returned.v1"):
    """Sold places of a hold are the house's again: they count for nobody."""

    hold: str
    buyer: str
    ordinals: tuple[int, ...]

"""Facts about orders."""

from __future__ import annotations

import msgspec

from boxoffice.domain.message import Event
from boxoffice.domain.money import Money


class OrderLine(msgspec.Struct, frozen=True, array_like=True):
    """One ticket of an order, with its frozen all-in price."""

    ordinal: int
    label: str
    category: int
    price: Money


class OrderConfirmed(Event, frozen=True, kw_only=True, tag="order-confirmed.v1"):
    """The places are the buyer's and paid for."""

    order: str
    performance: str
    buyer: str
    hold: str
    lines: tuple[OrderLine, ...]
    total: Money

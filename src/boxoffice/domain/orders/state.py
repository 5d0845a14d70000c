"""What an order remembers."""

from __future__ import annotations

import msgspec

from boxoffice.domain.decider import Aggregate
from boxoffice.domain.orders.events import OrderConfirmed


class Order(msgspec.Struct, frozen=True):
    """An order, or nothing yet."""

    confirmed: OrderConfirmed | None = None


def evolve_order(_state: Order, event: OrderConfirmed) -> Order:
    """Remember the contract."""
    return Order(confirmed=event)


ORDER = Aggregate("order", Order, evolve_order, (OrderConfirmed,))

"""The union of all events: the only list of what may stand in the log.

A tag is stored, never an import path: classes may move, tags may not.
"""

from __future__ import annotations

from typing import get_args

from boxoffice.domain.catalogue.events import (
    PerformanceScheduled,
    ProductionCreated,
    SaleClosed,
    SaleOpened,
    SeatingPlanImported,
    SectionLaidOut,
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
from boxoffice.domain.payments.events import PaymentCaptured
from boxoffice.domain.pricing.events import PricesSet

AnyEvent = (
    SeatingPlanImported
    | ProductionCreated
    | PerformanceScheduled
    | SectionLaidOut
    | SaleOpened
    | SaleClosed
    | PricesSet
    | TicketHeld
    | TicketReleased
    | TicketSold
    | CartHoldPlaced
    | CartHoldReleased
    | CartHoldConverted
    | OrderConfirmed
    | PaymentCaptured
)


def _tag(event: type[Event]) -> str:
    return str(event.__struct_config__.tag)


TAGS: dict[type[Event], str] = {cls: _tag(cls) for cls in get_args(AnyEvent)}
"""Tag of every event class."""

"""The union of all events: the only list of what may stand in the log.

A tag is stored, never an import path: classes may move, tags may not.
"""

from __future__ import annotations

from typing import get_args

from boxoffice.domain.catalogue.events import (
    PerformanceCancelled,
    PerformanceMoved,
    PerformanceScheduled,
    ProductionCreated,
    SaleClosed,
    SaleOpened,
    SeatingPlanImported,
    SectionLaidOut,
)
from boxoffice.domain.inventory.events import (
    CartHoldChanged,
    CartHoldConverted,
    CartHoldOrdered,
    CartHoldPlaced,
    CartHoldReleased,
    CartHoldRenewed,
    CartHoldReturned,
    TicketHeld,
    TicketHoldRenewed,
    TicketReleased,
    TicketReturned,
    TicketSold,
)
from boxoffice.domain.message import Event
from boxoffice.domain.orders.events import (
    AlternativeDeclined,
    AlternativeOffered,
    ApprovalAsked,
    ApprovalDenied,
    ApprovalGiven,
    CompsIssued,
    ExchangeAbandoned,
    ExchangePlaced,
    OrderCancelled,
    OrderConfirmed,
    OrderExpired,
    OrderPlaced,
    OrderVoided,
    TicketsExchanged,
    TicketsRefunded,
)
from boxoffice.domain.payments.events import (
    PaymentAuthorised,
    PaymentAwaited,
    PaymentCaptured,
    PaymentFailed,
    PaymentGivenUp,
    PaymentRequested,
    RefundAwaited,
    RefundCompleted,
    RefundFailed,
    RefundPaidOut,
    RefundRequested,
    RefundSettled,
)
from boxoffice.domain.pricing.events import PricesSet, QuotaClaimed
from boxoffice.domain.promotions.events import (
    CompBudgetSet,
    CompsDrawn,
    CompsGivenAlone,
    CompsReturned,
    PromotionDefined,
    PromotionEnded,
    PromotionRedeemed,
    PromotionReturned,
    PromotionUnused,
    PromotionUsed,
)

CatalogueEvent = (
    SeatingPlanImported
    | ProductionCreated
    | PerformanceScheduled
    | SectionLaidOut
    | SaleOpened
    | SaleClosed
    | PerformanceCancelled
    | PerformanceMoved
    | PricesSet
    | QuotaClaimed
)
InventoryEvent = (
    TicketHeld
    | TicketHoldRenewed
    | TicketReleased
    | TicketSold
    | TicketReturned
    | CartHoldPlaced
    | CartHoldChanged
    | CartHoldRenewed
    | CartHoldOrdered
    | CartHoldReleased
    | CartHoldConverted
    | CartHoldReturned
)
OrderEvent = (
    OrderPlaced
    | OrderConfirmed
    | OrderExpired
    | OrderCancelled
    | OrderVoided
    | TicketsRefunded
    | CompsIssued
    | ApprovalAsked
    | ApprovalGiven
    | ApprovalDenied
    | ExchangePlaced
    | TicketsExchanged
    | ExchangeAbandoned
    | AlternativeOffered
    | AlternativeDeclined
)
PaymentEvent = (
    PaymentRequested
    | PaymentAwaited
    | PaymentAuthorised
    | PaymentCaptured
    | PaymentFailed
    | PaymentGivenUp
    | RefundRequested
    | RefundAwaited
    | RefundCompleted
    | RefundFailed
    | RefundPaidOut
    | RefundSettled
)
PromotionEvent = (
    PromotionDefined
    | PromotionEnded
    | PromotionRedeemed
    | PromotionReturned
    | PromotionUsed
    | PromotionUnused
    | CompBudgetSet
    | CompsDrawn
    | CompsReturned
    | CompsGivenAlone
)
AnyEvent = CatalogueEvent | InventoryEvent | OrderEvent | PaymentEvent | PromotionEvent


def _tag(event: type[Event]) -> str:
    return str(event.__struct_config__.tag)


TAGS: dict[type[Event], str] = {cls: _tag(cls) for cls in get_args(AnyEvent)}
"""Tag of every event class."""

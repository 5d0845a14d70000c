"""Facts about payments."""

from __future__ import annotations

from boxoffice.domain.message import Event
from boxoffice.domain.money import Money


class PaymentCaptured(Event, frozen=True, kw_only=True, tag="payment-captured.v1"):
    """The provider took the money for an order."""

    order: str
    provider: str
    attempt: str
    reference: str
    amount: Money

"""Rules of payments."""

from __future__ import annotations

from boxoffice.domain.approval import Approval
from boxoffice.domain.payments.events import PaymentCaptured
from boxoffice.domain.payments.state import Payment
from boxoffice.errors import Conflict


def capture_payment(
    payment: Payment, approval: Approval, *, order: str
) -> PaymentCaptured:
    """Record the capture, once per order."""
    if payment.attempts:
        raise Conflict("This order is paid already.")
    return PaymentCaptured(
        order=order,
        provider=approval.provider,
        attempt=approval.attempt,
        reference=approval.reference,
        amount=approval.amount,
    )

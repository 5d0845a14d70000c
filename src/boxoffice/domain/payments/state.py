"""What a payment remembers."""

from __future__ import annotations

import msgspec

from boxoffice.domain.decider import Aggregate
from boxoffice.domain.payments.events import PaymentCaptured


class Payment(msgspec.Struct, frozen=True):
    """The payment of one order, or nothing yet."""

    captured: PaymentCaptured | None = None


def evolve_payment(_state: Payment, event: PaymentCaptured) -> Payment:
    """Remember what was taken."""
    return Payment(captured=event)


PAYMENT = Aggregate("payment", Payment, evolve_payment, (PaymentCaptured,))

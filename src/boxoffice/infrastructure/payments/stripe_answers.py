"""What the provider answers, in our words: payments, refunds and refusals.

Amounts go over the wire in the provider's minor units. They are ours, except for a few
currencies that the provider counts without decimals.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from boxoffice.application.ports.payments import (
    ProviderPayment,
    ProviderRefund,
    Status,
)
from boxoffice.domain.money import MINOR_UNITS, Money
from boxoffice.domain.payments.commands import RefundStatus
from boxoffice.errors import ProviderRefused, Unavailable

ZERO_DECIMAL = frozenset(
    "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split()  # noqa: SIM905  (reads better than fifteen quotes)
)
"""Source: docs.stripe.com/currencies, "Zero-decimal currencies"."""
DECIMALS = 2
STATUSES: Mapping[str, Status] = {
    "requires_payment_method": "needs_method",
    "requires_confirmation": "needs_method",
    "requires_action": "needs_action",
    "processing": "processing",
    "requires_capture": "authorised",
    "canceled": "cancelled",
    "succeeded": "captured",
}
REFUND_STATUSES: Mapping[str, RefundStatus] = {
    "pending": "pending",
    "requires_action": "pending",
    "succeeded": "succeeded",
    "failed": "failed",
    "canceled": "failed",
}


class Trouble(msgspec.Struct, frozen=True):
    """Why a payment failed; the narrower code says more."""

    code: str | None = None
    decline_code: str | None = None

    @property
    def reason(self) -> str:
        return self.decline_code or self.code or "declined"


class Redirect(msgspec.Struct, frozen=True):
    """A page of the provider."""

    url: str


class NextAction(msgspec.Struct, frozen=True):
    """What the buyer has to do."""

    redirect_to_url: Redirect | None = None


class Intent(msgspec.Struct, frozen=True):
    """A payment on the wire."""

    id: str
    status: str
    amount: int
    currency: str
    amount_received: int = 0
    client_secret: str | None = None
    metadata: Mapping[str, str] = {}
    next_action: NextAction | None = None
    last_payment_error: Trouble | None = None


class Refund(msgspec.Struct, frozen=True):
    """A refund on the wire."""

    id: str
    status: str
    amount: int
    currency: str
    payment_intent: str
    metadata: Mapping[str, str] = {}
    failure_reason: str | None = None


class Failure(msgspec.Struct, frozen=True):
    """A refusal on the wire."""

    type: str = ""
    code: str | None = None
    decline_code: str | None = None
    message: str = ""
    payment_intent: Intent | None = None


def payment(intent: Intent, *, pay_page: str) -> ProviderPayment:
    """Say how a payment stands.

    `pay_page` is where the provider's pages for buyers begin.

    Raises:
        Unavailable: the provider says what we do not understand.
    """
    status = STATUSES.get(intent.status)
    if status is None:
        raise Unavailable(f"The provider calls a payment {intent.status[:40]}.")
    trouble = intent.last_payment_error
    if status == "needs_method" and trouble is not None:
        status = "declined"
    return ProviderPayment(
        reference=intent.id,
        attempt=intent.metadata.get("attempt", ""),
        order=intent.metadata.get("order", ""),
        status=status,
        amount=from_wire(intent.amount, intent.currency),
        captured=from_wire(intent.amount_received, intent.currency),
        action_url=_action_url(intent, status, pay_page),
        reason=trouble.reason if trouble and status == "declined" else "",
    )


def refund(made: Refund) -> ProviderRefund:
    """Say how a refund stands.

    Raises:
        Unavailable: the provider says what we do not understand.
    """
    status = REFUND_STATUSES.get(made.status)
    if status is None:
        raise Unavailable(f"The provider calls a refund {made.status[:40]}.")
    return ProviderRefund(
        reference=made.id,
        refund=made.metadata.get("refund", ""),
        payment=made.payment_intent,
        status=status,
        amount=from_wire(made.amount, made.currency),
        reason=made.failure_reason or "",
    )


def to_wire(amount: Money) -> int:
    """Give an amount in the provider's minor units.

    Raises:
        ProviderRefused: it has a fraction that the provider cannot count.
    """
    whole, rest = divmod(amount.minor, _ratio(amount.currency))
    if rest:
        raise ProviderRefused(f"The provider takes no fractions of {amount.currency}.")
    return whole


def from_wire(minor: int, currency: str) -> Money:
    """Give an amount in our minor units."""
    ours = currency.upper()
    return Money(minor * _ratio(ours), ours)


def _ratio(currency: str) -> int:
    """How many of our minor units are one of the provider's."""
    decimals = MINOR_UNITS.get(currency, DECIMALS)
    return 10**decimals if currency in ZERO_DECIMAL else 1


def _action_url(intent: Intent, status: Status, pay_page: str) -> str:
    action = intent.next_action
    if status == "needs_action" and action is not None and action.redirect_to_url:
        return action.redirect_to_url.url
    if status == "needs_method":
        return f"{pay_page}/{intent.id}?client_secret={intent.client_secret or ''}"
    return ""

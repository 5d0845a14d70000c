"""What the provider answers, in our words: payments, refunds and refusals.

Amounts go over the wire in the provider's minor units. They are ours, except for a few
currencies that the provider counts otherwise: without our decimals, with two that are
always zero, or in steps of ten.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from boxoffice.application.ports.payments import (
    ProviderPayment,
    ProviderRefund,
    Status,
)
from boxoffice.domain.money import Money, minor_digits
from boxoffice.domain.payments.commands import RefundStatus
from boxoffice.errors import Invalid, ProviderRefused, Unavailable

ZERO_DECIMAL = frozenset(
    "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split()  # noqa: SIM905  (reads better than fifteen quotes)
)
"""Source: docs.stripe.com/currencies, "Zero-decimal currencies"."""
TWO_ZEROS = frozenset({"ISK", "UGX"})
"""Without decimals in ISO 4217, with two that are always zero on the wire.
Source: docs.stripe.com/currencies, "Special cases"."""
THREE_DECIMAL = 3
TENS = 10
"""The last of three decimals must be zero. Source: docs.stripe.com/currencies."""
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
    ours, theirs = _step(amount.currency)
    steps, rest = divmod(amount.minor, ours)
    if rest:
        raise ProviderRefused(f"The provider takes no fractions of {amount.currency}.")
    return steps * theirs


def from_wire(minor: int, currency: str) -> Money:
    """Give an amount in our minor units.

    Raises:
        Unavailable: the provider counts what we cannot.
    """
    known = currency.upper()
    try:
        ours, theirs = _step(known)
    except Invalid as error:
        raise Unavailable(f"The provider names a currency {currency[:10]}.") from error
    counted, rest = divmod(minor * ours, theirs)
    if rest:
        raise Unavailable(f"The provider names a fraction of {known}.")
    return Money(counted, known)


def _step(currency: str) -> tuple[int, int]:
    """Give the least amount the provider takes, in our minor units and in its own."""
    decimals = minor_digits(currency)
    if currency in ZERO_DECIMAL:
        return 10**decimals, 1
    if currency in TWO_ZEROS:
        return 1, 100
    return (TENS, TENS) if decimals == THREE_DECIMAL else (1, 1)


def _action_url(intent: Intent, status: Status, pay_page: str) -> str:
    action = intent.next_action
    if status == "needs_action" and action is not None and action.redirect_to_url:
        return action.redirect_to_url.url
    if status == "needs_method":
        return f"{pay_page}/{intent.id}?client_secret={intent.client_secret or ''}"
    return ""

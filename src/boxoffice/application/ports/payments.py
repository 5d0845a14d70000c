"""Whoever takes the money.

A payment is named by our own attempt, a refund by our own refund; the provider answers
with a `reference` of its own. Both names are idempotency keys: asked again under the
same name, the provider does nothing again and may answer as it did at first, so what
counts is what `look_up` says. Card numbers never come here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Protocol

import msgspec

from boxoffice.domain.money import Money
from boxoffice.domain.payments.commands import PaymentStatus, RefundStatus

Status = PaymentStatus
"""`needs_method`: the buyer has to name an instrument on the provider's page.
`needs_action`: the buyer has to go to `action_url`. `processing`: the money may come
yet. `authorised`: the money is reserved. `declined`: nothing was taken."""


class Method(msgspec.Struct, frozen=True):
    """How a buyer pays; `token` is the provider's name for an instrument.

    Without a token the buyer gives the instrument on the provider's own page.
    """

    kind: Literal["card", "pix"]
    token: str = ""


class ProviderPayment(msgspec.Struct, frozen=True):
    """How a payment stands; `reason` is the provider's code for a decline."""

    reference: str
    attempt: str
    order: str
    status: Status
    amount: Money
    captured: Money
    action_url: str = ""
    reason: str = ""


class ProviderRefund(msgspec.Struct, frozen=True):
    """How a refund stands; `payment` is the reference of what it gives back."""

    reference: str
    refund: str
    payment: str
    status: RefundStatus
    amount: Money
    reason: str = ""


class Notice(msgspec.Struct, frozen=True):
    """The provider's word that something happened; look up what it is now.

    `event` names the notice: the same one may come twice. `reference` is a payment's or
    a refund's, by `kind`.
    """

    event: str
    kind: Literal["payment", "refund", "other"]
    reference: str
    attempt: str = ""
    order: str = ""


class PaymentProvider(Protocol):
    """Whoever takes the money.

    A decline is a value. Every call but `read_notice` may raise

        Unavailable: no answer that settles anything; what was asked may have happened.
            Ask again under the same name.
        ProviderRefused: the provider understood and will never do it; operators have
            to look.
    """

    name: str

    async def start(
        self,
        *,
        attempt: str,
        order: str,
        amount: Money,
        method: Method,
        return_url: str,
    ) -> ProviderPayment:
        """Begin a payment: a card is authorised, a Pix is captured at once.

        The buyer comes back to `return_url` from any page of the provider.
        """

    async def look_up(self, reference: str) -> ProviderPayment:
        """Tell how a payment stands."""

    async def capture(self, reference: str, *, attempt: str) -> ProviderPayment:
        """Take what was authorised; what was captured before comes back as it is."""

    async def cancel(self, reference: str, *, attempt: str) -> ProviderPayment:
        """Let a payment take nothing any more.

        What cannot be cancelled any more, or not yet, comes back as it is.
        """

    async def refund(
        self, reference: str, *, refund: str, amount: Money
    ) -> ProviderRefund:
        """Give back `amount` of what was captured, once per `refund`."""

    async def look_up_refund(self, reference: str) -> ProviderRefund:
        """Tell how a refund stands."""

    def read_notice(self, raw: bytes, signature: str, *, now: datetime) -> Notice:
        """Read what somebody sent who says to be the provider.

        Raises:
            Forged: the signature is not the provider's, or is too far from `now`.
            Invalid: it is the provider's, and cannot be read.
        """

    async def close(self) -> None:
        """End all connections."""

"""What a provider said, as commands for the write path.

The checkout process and the webhooks tell the same news. A command is named after what
it says, so the same news is the same command, whoever brings it and however often.
Everything that news may bring about is named after what they are about.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

import msgspec

from boxoffice.application.ports.payments import ProviderPayment, ProviderRefund
from boxoffice.application.requests import Accepted, Request
from boxoffice.domain.ids import (
    AttemptId,
    HoldId,
    OrderCode,
    PerformanceId,
    RefundId,
)
from boxoffice.domain.message import Command, Meta
from boxoffice.domain.payments.commands import SettlePayment, SettleRefund
from boxoffice.domain.payments.events import RefundFailed
from boxoffice.domain.payments.state import Payment, Refund

ACTOR = "system:checkout"
ID_BYTES = 16
HASH_BYTES = 32


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What the house adds to news: the time, whose they are, how long it waits."""

    now: datetime
    provider: str
    performance: str
    spare_s: int


def payment_news(said: ProviderPayment, context: Context) -> SettlePayment:
    """Tell how an attempt stands."""
    return SettlePayment(
        now=context.now,
        performance=PerformanceId(context.performance),
        order=OrderCode(said.order),
        attempt=AttemptId(said.attempt),
        provider=context.provider,
        reference=said.reference,
        status=said.status,
        amount=said.amount,
        captured=said.captured,
        action_url=said.action_url,
        reason=said.reason,
        spare=HoldId(named("spare", said.attempt)),
        spare_s=context.spare_s,
        refund=RefundId(named("refund", said.attempt)),
    )


def refund_news(said: ProviderRefund, order: str, context: Context) -> SettleRefund:
    """Tell how a refund stands."""
    return SettleRefund(
        now=context.now,
        performance=PerformanceId(context.performance),
        order=OrderCode(order),
        refund=RefundId(said.refund),
        reference=said.reference,
        status=said.status,
        amount=said.amount,
        reason=said.reason,
        retry=RefundId(named("retry", said.refund)),
    )


def doubt(said: ProviderPayment | ProviderRefund, payment: Payment) -> str:
    """Name what the log did not ask for so; "" when nothing is strange."""
    if isinstance(said, ProviderRefund):
        refund = payment.refunds.get(said.refund)
        return _doubt_of_refund(said, refund) if refund else ""
    attempt = payment.attempts.get(said.attempt)
    if attempt and attempt.reference not in ("", said.reference):
        return "second-payment"
    return ""


def _doubt_of_refund(said: ProviderRefund, refund: Refund) -> str:
    """Name what may have cost the house more than it owed."""
    if refund.amount != said.amount:
        return "refund-amount"
    if refund.reference not in ("", said.reference):
        return "second-refund"
    is_over = refund.state in ("failed", "replaced", "settled")
    return "refund-after-all" if is_over and said.status == "succeeded" else ""


def stuck(told: Accepted) -> list[RefundFailed]:
    """List the refunds that these news ended for good: somebody has to look.

    Whoever brings news first hears of it, a repeat does not.
    """
    events = () if told.repeated else (fact.event for fact in told.facts)
    return [e for e in events if isinstance(e, RefundFailed) and e.retry is None]


def named(purpose: str, cause: str) -> str:
    """Name a thing after its cause, so that a repeat names the same thing."""
    text = f"{purpose} {cause}".encode()
    return hashlib.blake2b(text, digest_size=ID_BYTES).hexdigest()


def settling(command: SettlePayment | SettleRefund, *, venue: str) -> Request:
    """Give news their identity: all that the provider said, and nothing else."""
    if isinstance(command, SettlePayment):
        said: tuple[object, ...] = (
            "payment",
            command.order,
            command.attempt,
            command.provider,
            command.reference,
            command.status,
            command.amount,
            command.captured,
            command.action_url,
            command.reason,
        )
    else:
        said = (
            "refund",
            command.order,
            command.refund,
            command.reference,
            command.status,
            command.amount,
            command.reason,
        )
    cause = msgspec.json.encode(said)
    return request(command, cause=cause, order=command.order, venue=venue)


def request(command: Command, *, cause: bytes, order: str, venue: str) -> Request:
    """Give a command of the house's own the identity of its cause."""
    name = hashlib.blake2b(cause, digest_size=HASH_BYTES).digest()
    meta = Meta(
        command=name[:ID_BYTES].hex(),
        correlation=order,
        causation=order,
        actor=ACTOR,
        venue=venue,
    )
    return Request(name[:ID_BYTES], name, command, meta)

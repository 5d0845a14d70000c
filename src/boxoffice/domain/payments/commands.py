"""What a payment provider said, as commands of the house's own processes."""

from __future__ import annotations

from typing import ClassVar, Literal

from boxoffice.domain.ids import (
    AttemptId,
    HoldId,
    OrderCode,
    PerformanceId,
    RefundId,
)
from boxoffice.domain.message import Command
from boxoffice.domain.money import Money

PaymentStatus = Literal[
    "needs_method",
    "needs_action",
    "processing",
    "authorised",
    "captured",
    "declined",
    "cancelled",
]
RefundStatus = Literal["pending", "succeeded", "failed"]


class SettlePayment(Command, frozen=True, kw_only=True):
    """Take note of how an attempt stands at the provider, and do what follows.

    The same news twice, old news after new, and news of an ended order change nothing
    that they should not. `spare` names the hold for other places, should late money
    find its own gone; it is kept for `spare_s`. `refund` names the refund, should the
    money have to go back.
    """

    performance: PerformanceId
    order: OrderCode
    attempt: AttemptId
    provider: str
    reference: str
    status: PaymentStatus
    amount: Money
    captured: Money
    action_url: str = ""
    reason: str = ""
    spare: HoldId
    spare_s: int
    refund: RefundId


class SettleRefund(Command, frozen=True, kw_only=True):
    """Take note of how a refund stands at the provider; `retry` names a next try."""

    performance: PerformanceId
    order: OrderCode
    refund: RefundId
    reference: str
    status: RefundStatus
    amount: Money
    reason: str = ""
    retry: RefundId


class RetryRefund(Command, frozen=True, kw_only=True):
    """Try a refund again that failed for good, under the name `retry`, by staff."""

    performance: PerformanceId
    order: OrderCode
    refund: RefundId
    retry: RefundId
    by: str


class PayOutRefund(Command, frozen=True, kw_only=True):
    """Say that a refund that failed for good was given back by hand."""

    performance: PerformanceId
    order: OrderCode
    refund: RefundId
    by: str
    note: str

    free_text: ClassVar[tuple[str, ...]] = ("note",)


class ConfirmPayOut(Command, frozen=True, kw_only=True):
    """Say, as a second person, that it was given back by hand indeed."""

    performance: PerformanceId
    order: OrderCode
    refund: RefundId
    by: str

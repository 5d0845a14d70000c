"""Facts about the payment of one order: its attempts and its refunds.

Every call to the provider is preceded by its recorded intention: `PaymentRequested` or
`RefundRequested`. The attempt and the refund are the keys the provider is given.
"""

from __future__ import annotations

from typing import Literal

from boxoffice.domain.message import Event
from boxoffice.domain.money import Money

Purpose = Literal["order", "exchange"]


class PaymentRequested(Event, frozen=True, kw_only=True, tag="payment-requested.v1"):
    """The provider shall be asked for `amount`.

    `return_url` is part of the words that it is asked by: they are the same each time.
    """

    order: str
    attempt: str
    amount: Money
    method: str
    instrument: str
    purpose: Purpose = "order"
    return_url: str = ""


class PaymentAwaited(Event, frozen=True, kw_only=True, tag="payment-awaited.v1"):
    """The provider waits: for the buyer, at `action_url`, or for the money."""

    order: str
    attempt: str
    provider: str
    reference: str
    waits_for: Literal["buyer", "money"]
    action_url: str = ""


class PaymentAuthorised(Event, frozen=True, kw_only=True, tag="payment-authorised.v1"):
    """The provider keeps `amount` ready for us."""

    order: str
    attempt: str
    provider: str
    reference: str
    amount: Money


class PaymentCaptured(Event, frozen=True, kw_only=True, tag="payment-captured.v1"):
    """The provider took the money for an order."""

    order: str
    provider: str
    attempt: str
    reference: str
    amount: Money


class PaymentFailed(Event, frozen=True, kw_only=True, tag="payment-failed.v1"):
    """This attempt took nothing and never will; `reason` is the provider's code."""

    order: str
    attempt: str
    reference: str
    reason: str


class PaymentGivenUp(Event, frozen=True, kw_only=True, tag="payment-given-up.v1"):
    """We want nothing from this attempt any more; the provider shall cancel it."""

    order: str
    attempt: str


class RefundRequested(Event, frozen=True, kw_only=True, tag="refund-requested.v1"):
    """`amount` of what `attempt` captured shall go back to the same instrument.

    `replaces` is a refund that had failed for good, which `by` wants tried again.
    """

    order: str
    refund: str
    attempt: str
    reference: str
    amount: Money
    replaces: str = ""
    by: str = ""


class RefundAwaited(Event, frozen=True, kw_only=True, tag="refund-awaited.v1"):
    """The provider has the refund in hand, and calls it `reference`."""

    order: str
    refund: str
    reference: str


class RefundCompleted(Event, frozen=True, kw_only=True, tag="refund-completed.v1"):
    """The provider gave the money back."""

    order: str
    refund: str
    reference: str
    amount: Money


class RefundFailed(Event, frozen=True, kw_only=True, tag="refund-failed.v1"):
    """The provider could not give the money back; `retry` is the next try, if any.

    `undone` is what it had called given back before, when it came back to the house.
    """

    order: str
    refund: str
    reference: str
    reason: str
    retry: str | None = None
    undone: Money | None = None


class RefundPaidOut(Event, frozen=True, kw_only=True, tag="refund-paid-out.v1"):
    """`by` says to have given back by hand what the provider could not."""

    order: str
    refund: str
    by: str
    note: str


class RefundSettled(Event, frozen=True, kw_only=True, tag="refund-settled.v1"):
    """What `by` had given back by hand was seen by `approver`: it is owed no more."""

    order: str
    refund: str
    amount: Money
    by: str
    approver: str
    note: str

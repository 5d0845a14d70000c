"""What the payment of an order remembers: tries to pay, and money on its way back."""

from __future__ import annotations

from typing import Literal, assert_never

import msgspec
from msgspec.structs import replace

from boxoffice.domain.decider import Aggregate
from boxoffice.domain.money import Money
from boxoffice.domain.payments.events import (
    PaymentAuthorised,
    PaymentAwaited,
    PaymentCaptured,
    PaymentFailed,
    PaymentGivenUp,
    PaymentRequested,
    Purpose,
    RefundAwaited,
    RefundCompleted,
    RefundFailed,
    RefundPaidOut,
    RefundRequested,
    RefundSettled,
)

AttemptStatus = Literal["requested", "awaited", "authorised", "captured", "failed"]
RefundState = Literal["requested", "completed", "failed", "replaced", "settled"]


class Attempt(msgspec.Struct, frozen=True, gc=False):
    """A try to pay. `given_up`: we want nothing from it any more, whatever it does."""

    attempt: str
    amount: Money
    status: AttemptStatus = "requested"
    purpose: Purpose = "order"
    method: str = ""
    instrument: str = ""
    provider: str = ""
    reference: str = ""
    waits_for: str = ""
    action_url: str = ""
    given_up: bool = False
    captured: int = 0
    """Minor units that the provider took."""
    currency: str = ""
    """Of what it took: a fact, even where it is not what we asked for."""
    more: tuple[str, ...] = ()
    """References of payments beyond the first that took money for this one try."""

    @property
    def open(self) -> bool:
        """Tell whether we still wait for the buyer or the money."""
        return self.status in ("requested", "awaited") and not self.given_up

    @property
    def promised(self) -> bool:
        """Tell whether something was sold for money that is not captured yet."""
        return self.status == "authorised" and not self.given_up


class Refund(msgspec.Struct, frozen=True, gc=False):
    """Money on its way back; `tries` counts this try and those it replaced.

    `payment` is the reference of what it gives back, `reference` its own, once the
    provider named it.
    """

    refund: str
    attempt: str
    amount: Money
    payment: str = ""
    state: RefundState = "requested"
    reference: str = ""
    tries: int = 1
    paid_out_by: str = ""
    """Who says to have given it back by hand; a second person must agree."""
    note: str = ""


class Payment(msgspec.Struct, frozen=True):
    """The attempts to pay for one order and its refunds, each by its id, in order."""

    attempts: dict[str, Attempt] = {}
    refunds: dict[str, Refund] = {}

    def captured(self) -> int:
        """Add up what the provider took, in minor units."""
        return sum(attempt.captured for attempt in self.attempts.values())

    def refunded(self) -> int:
        """Add up what went back or shall go back, in minor units.

        A refund that failed for good counts: the buyer is still owed it.
        """
        return sum(r.amount.minor for r in self.refunds.values() if _counts(r))

    def refundable(self, attempt: str) -> int:
        """Give what is left of an attempt's money, in minor units."""
        gone = sum(
            r.amount.minor
            for r in self.refunds.values()
            if r.attempt == attempt and _counts(r)
        )
        return self.attempts[attempt].captured - gone

    def open(self) -> list[Attempt]:
        """List the attempts whose outcome we wait for."""
        return [attempt for attempt in self.attempts.values() if attempt.open]

    def promised(self) -> list[Attempt]:
        """List the attempts whose money was promised for what is sold already."""
        return [attempt for attempt in self.attempts.values() if attempt.promised]


def _counts(refund: Refund) -> bool:
    return refund.state != "replaced"


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


def evolve_payment(state: Payment, event: PaymentEvent) -> Payment:
    """Fold one fact of a payment's own stream."""
    match event:
        case (
            RefundRequested()
            | RefundAwaited()
            | RefundCompleted()
            | RefundFailed()
            | RefundPaidOut()
            | RefundSettled()
        ):
            refunds = dict(state.refunds)
            _evolve_refund(refunds, event)
            return replace(state, refunds=refunds)
        case _:
            attempts = {**state.attempts, event.attempt: _evolve_attempt(state, event)}
            return replace(state, attempts=attempts)


_OfAttempt = (
    PaymentRequested
    | PaymentAwaited
    | PaymentAuthorised
    | PaymentCaptured
    | PaymentFailed
    | PaymentGivenUp
)


def _evolve_attempt(state: Payment, event: _OfAttempt) -> Attempt:
    match event:
        case PaymentRequested():
            return Attempt(
                attempt=event.attempt,
                amount=event.amount,
                purpose=event.purpose,
                method=event.method,
                instrument=event.instrument,
            )
        case PaymentAwaited():
            return replace(
                state.attempts[event.attempt],
                status="awaited",
                provider=event.provider,
                reference=event.reference,
                waits_for=event.waits_for,
                action_url=event.action_url,
            )
        case PaymentAuthorised() | PaymentCaptured():
            return _promised(state, event)
        case PaymentFailed():
            known = state.attempts[event.attempt]
            return replace(known, status="failed", reference=event.reference)
        case PaymentGivenUp():
            return replace(state.attempts[event.attempt], given_up=True)
        case _:
            assert_never(event)


def _promised(state: Payment, event: PaymentAuthorised | PaymentCaptured) -> Attempt:
    known = state.attempts[event.attempt]
    if known.status == "captured" and event.reference != known.reference:
        more = (*known.more, event.reference)
        return replace(known, captured=known.captured + event.amount.minor, more=more)
    known = replace(known, provider=event.provider, reference=event.reference)
    if isinstance(event, PaymentAuthorised):
        return replace(known, status="authorised")
    return replace(
        known,
        status="captured",
        captured=event.amount.minor,
        currency=event.amount.currency,
    )


_OfRefund = (
    RefundRequested
    | RefundAwaited
    | RefundCompleted
    | RefundFailed
    | RefundPaidOut
    | RefundSettled
)


def _evolve_refund(refunds: dict[str, Refund], event: _OfRefund) -> None:
    if isinstance(event, RefundRequested):
        _asked_back(refunds, event)
        return
    known = refunds[event.refund]
    refunds[event.refund] = _evolved(known, event)
    if isinstance(event, RefundFailed) and event.retry:
        refunds[event.retry] = replace(
            known, refund=event.retry, tries=known.tries + 1, reference=""
        )


def _asked_back(refunds: dict[str, Refund], event: RefundRequested) -> None:
    known = refunds.get(event.refund)
    refunds[event.refund] = Refund(
        refund=event.refund,
        attempt=event.attempt,
        amount=event.amount,
        payment=event.reference,
        tries=known.tries if known else 1,
    )
    if event.replaces:
        gone = refunds[event.replaces]
        refunds[event.replaces] = replace(gone, state="replaced")


def _evolved(
    known: Refund,
    event: RefundAwaited
    | RefundCompleted
    | RefundFailed
    | RefundPaidOut
    | RefundSettled,
) -> Refund:
    match event:
        case RefundAwaited():
            return replace(known, reference=event.reference)
        case RefundCompleted():
            return replace(known, state="completed", reference=event.reference)
        case RefundFailed():
            state: RefundState = "replaced" if event.retry else "failed"
            return replace(known, state=state, reference=event.reference)
        case RefundPaidOut():
            return replace(known, paid_out_by=event.by, note=event.note)
        case RefundSettled():
            return replace(known, state="settled")
        case _:
            assert_never(event)


PAYMENT = Aggregate(
    "payment",
    Payment,
    evolve_payment,
    (
        PaymentRequested,
        PaymentAwaited,
        PaymentAuthorised,
        PaymentCaptured,
        PaymentFailed,
        PaymentGivenUp,
        RefundRequested,
        RefundAwaited,
        RefundCompleted,
        RefundFailed,
        RefundPaidOut,
        RefundSettled,
    ),
)

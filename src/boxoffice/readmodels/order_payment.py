"""What the payment of an order adds to its document."""

from __future__ import annotations

from typing import assert_never

from msgspec.structs import replace

from boxoffice.domain.events import PaymentEvent
from boxoffice.domain.payments.events import (
    PaymentAuthorised,
    PaymentAwaited,
    PaymentCaptured,
    PaymentFailed,
    PaymentGivenUp,
    PaymentRequested,
    RefundAwaited,
    RefundCompleted,
    RefundFailed,
    RefundPaidOut,
    RefundRequested,
    RefundSettled,
)
from boxoffice.readmodels.order_document import (
    ATTEMPTS_MAX,
    REFUNDS_MAX,
    TEXT_MAX,
    URL_MAX,
    OrderDocument,
    RefundState,
    ShownAttempt,
    ShownRefund,
)

DONE = ("completed", "replaced", "settled")
_OfRefund = (
    RefundRequested
    | RefundAwaited
    | RefundCompleted
    | RefundFailed
    | RefundPaidOut
    | RefundSettled
)
_Answer = (
    PaymentAwaited
    | PaymentAuthorised
    | PaymentCaptured
    | PaymentFailed
    | PaymentGivenUp
)


def paid(document: OrderDocument, event: PaymentEvent) -> OrderDocument:
    """Show one fact of a payment."""
    if isinstance(event, _OfRefund):
        turned = _refund(document, event)
        return replace(turned, owed=bool(turned.failed_refunds))
    match event:
        case PaymentRequested():
            new = ShownAttempt(
                attempt=event.attempt,
                amount=event.amount.minor,
                method=event.method[:TEXT_MAX],
                purpose=event.purpose,
            )
            return _with_attempt(document, new)
        case PaymentCaptured():
            more = replace(document, paid=document.paid + event.amount.minor)
            return _answered(more, event)
        case _:
            return _answered(document, event)


def _answered(document: OrderDocument, event: _Answer) -> OrderDocument:
    known = next((a for a in document.attempts if a.attempt == event.attempt), None)
    if known is None:  # It is so old that it was left out.
        return document
    return _with_attempt(document, _attempt(known, event))


def _attempt(known: ShownAttempt, event: _Answer) -> ShownAttempt:
    url, state = "", known.state
    match event:
        case PaymentGivenUp():
            return replace(known, state="given-up", action_url="")
        case PaymentFailed():
            return replace(
                known,
                state="failed",
                action_url="",
                reason=event.reason[:TEXT_MAX],
                reference=event.reference[:TEXT_MAX],
            )
        case PaymentAwaited():
            state = event.waits_for
            url = event.action_url if len(event.action_url) <= URL_MAX else ""
        case PaymentAuthorised():
            state = "authorised"
        case PaymentCaptured():
            state = "captured"
        case _:
            assert_never(event)
    return replace(
        known,
        state=state,
        action_url=url,
        provider=event.provider[:TEXT_MAX],
        reference=event.reference[:TEXT_MAX],
    )


def _with_attempt(document: OrderDocument, attempt: ShownAttempt) -> OrderDocument:
    """Put an attempt in its place, or behind the others; the oldest goes."""
    known = {one.attempt: one for one in document.attempts}
    known[attempt.attempt] = attempt
    return replace(document, attempts=tuple(known.values())[-ATTEMPTS_MAX:])


def _refund(document: OrderDocument, event: _OfRefund) -> OrderDocument:
    match event:
        case RefundRequested():
            return _asked_back(document, event)
        case RefundAwaited():
            return document
        case RefundCompleted():
            return _back(document, event, "completed")
        case RefundSettled():
            return _back(document, event, "settled")
        case RefundPaidOut():
            refunds = tuple(
                replace(one, paid_out_by=event.by[:TEXT_MAX])
                if one.refund == event.refund
                else one
                for one in document.refunds
            )
            return replace(document, refunds=refunds)
        case RefundFailed():
            return _failed(document, event)
        case _:
            assert_never(event)


def _asked_back(document: OrderDocument, event: RefundRequested) -> OrderDocument:
    minor = event.amount.minor
    new = ShownRefund(event.refund, event.attempt, minor)
    if any(one.refund == event.refund for one in document.refunds):
        known = {one.refund: one for one in document.refunds} | {event.refund: new}
        return replace(document, refunds=tuple(known.values()))
    if event.replaces:
        document = _with_refund(document, event.replaces, "replaced", "")
    else:
        document = replace(document, refunding=document.refunding + minor)
    return replace(document, refunds=_bounded((*document.refunds, new)))


def _back(
    document: OrderDocument, event: RefundCompleted | RefundSettled, state: RefundState
) -> OrderDocument:
    minor = event.amount.minor
    back = replace(
        document,
        refunding=document.refunding - minor,
        refunded=document.refunded + minor,
    )
    return _with_refund(back, event.refund, state, "")


def _failed(document: OrderDocument, event: RefundFailed) -> OrderDocument:
    """Show a refund that failed; without a next try it is still owed.

    The next try takes its place in the sums, so it need not be among those shown.
    """
    if event.undone is not None:
        minor = event.undone.minor
        document = replace(
            document,
            refunding=document.refunding + minor,
            refunded=document.refunded - minor,
        )
    if event.retry is None:
        return _with_refund(document, event.refund, "failed", event.reason)
    turned = _with_refund(document, event.refund, "replaced", event.reason)
    announced = ShownRefund(event.retry, "", 0)
    return replace(turned, refunds=_bounded((*turned.refunds, announced)))


def _bounded(refunds: tuple[ShownRefund, ...]) -> tuple[ShownRefund, ...]:
    """Leave out the oldest that is done with, when there are too many."""
    if len(refunds) <= REFUNDS_MAX:
        return refunds
    done = [one for one in refunds if one.state in DONE]
    gone = done[0] if done else refunds[0]
    return tuple(one for one in refunds if one is not gone)


def _with_refund(
    document: OrderDocument, refund: str, state: RefundState, reason: str
) -> OrderDocument:
    turned = tuple(
        replace(one, state=state, reason=reason[:TEXT_MAX])
        if one.refund == refund
        else one
        for one in document.refunds
    )
    return replace(document, refunds=turned)

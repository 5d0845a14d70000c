"""Rules of payments: what an attempt may still become, and where money goes back to.

News of a provider come late, twice and in any order. Each function says what the news
add to what is known; nothing new is an empty list.
"""

from __future__ import annotations

from typing import Literal

from boxoffice.domain.message import Event
from boxoffice.domain.money import Money
from boxoffice.domain.payments.commands import (
    ConfirmPayOut,
    PayOutRefund,
    RetryRefund,
    SettlePayment,
    SettleRefund,
)
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
from boxoffice.domain.payments.state import Attempt, Payment, Refund
from boxoffice.errors import (
    AlreadyExists,
    NotFound,
    PaymentOpen,
    RefundNotStuck,
    Refused,
    SamePerson,
)

WaitsFor = Literal["buyer", "money"]
ATTEMPTS_MAX = 20
"""Of one order. Whoever needs more is trying out cards that are not their own."""
REFUND_TRIES_MAX = 10
"""Then somebody has to look. With the usual pauses that is two days after the first."""


def request_payment(
    payment: Payment,
    amount: Money,
    *,
    order: str,
    attempt: str,
    method: str,
    instrument: str,
    home: str,
    purpose: Purpose,
) -> PaymentRequested:
    """Note that the provider shall be asked: one attempt at a time, and boundedly.

    The buyer comes back to the order's page at `home`.
    """
    if attempt in payment.attempts:
        raise AlreadyExists("This attempt to pay exists already.")
    check_settled(payment)
    if len(payment.attempts) >= ATTEMPTS_MAX:
        raise Refused("This order was tried to be paid too often; ask the box office.")
    return PaymentRequested(
        order=order,
        attempt=attempt,
        amount=amount,
        method=method,
        instrument=instrument,
        purpose=purpose,
        return_url=f"{home}/orders/{order}" if home else "",
    )


def check_settled(payment: Payment) -> None:
    """Refuse while the outcome of an attempt is not known."""
    for attempt in [*payment.open(), *payment.promised()]:
        raise PaymentOpen(attempt=attempt.attempt)


def attempt_of(payment: Payment, name: str) -> Attempt:
    """Give an attempt that we asked for."""
    found = payment.attempts.get(name)
    if found is None:
        raise NotFound("There is no such attempt to pay.")
    return found


def awaited(attempt: Attempt, news: SettlePayment) -> list[Event]:
    """Note whom the provider waits for; never back from the money to the buyer."""
    waits_for: WaitsFor = "money" if news.status == "processing" else "buyer"
    known = (attempt.waits_for, attempt.action_url)
    if not attempt.open or known == (waits_for, news.action_url):
        return []
    if attempt.waits_for == "money":
        return []
    return [
        PaymentAwaited(
            order=news.order,
            attempt=news.attempt,
            provider=news.provider,
            reference=news.reference,
            waits_for=waits_for,
            action_url=news.action_url,
        )
    ]


def failed(attempt: Attempt, news: SettlePayment) -> list[Event]:
    """Note that the attempt takes nothing; money that came stays a fact.

    An authorisation does not end by a decline, which is older news, but by being
    cancelled; and the end of a second payment for the try says nothing of the first.
    """
    ended = attempt.status in ("captured", "failed")
    if attempt.reference and news.reference not in ("", attempt.reference):
        return []
    if ended or (attempt.status == "authorised" and news.status == "declined"):
        return []
    return [
        PaymentFailed(
            order=news.order,
            attempt=news.attempt,
            reference=news.reference,
            reason=news.reason or news.status,
        )
    ]


def authorised(news: SettlePayment) -> PaymentAuthorised:
    """Note that the provider keeps the money ready."""
    return PaymentAuthorised(
        order=news.order,
        attempt=news.attempt,
        provider=news.provider,
        reference=news.reference,
        amount=news.amount,
    )


def captured(news: SettlePayment) -> PaymentCaptured:
    """Note that the provider took money, whatever we asked for."""
    return PaymentCaptured(
        order=news.order,
        provider=news.provider,
        attempt=news.attempt,
        reference=news.reference,
        amount=news.captured,
    )


def taken_twice(attempt: Attempt, news: SettlePayment) -> list[Event]:
    """Send back what a second payment took for a try that was paid already.

    A provider that has forgotten our key may begin one more under it.
    """
    if news.reference in (attempt.reference, *attempt.more):
        return []
    back = RefundRequested(
        order=news.order,
        refund=f"{attempt.attempt}.{news.reference}",
        attempt=attempt.attempt,
        reference=news.reference,
        amount=news.captured,
    )
    return [captured(news), back]


def give_up(payment: Payment, *, order: str) -> list[PaymentGivenUp]:
    """Want nothing more of any attempt that could still take money."""
    return [
        PaymentGivenUp(order=order, attempt=attempt.attempt)
        for attempt in [*payment.open(), *payment.promised()]
    ]


def refund(
    payment: Payment, minor: int, *, order: str, name: str | None = None
) -> list[RefundRequested]:
    """Send `minor` units back to where they came from, the newest attempt first.

    Every part is named after its attempt, or the first one `name`. Never more than an
    attempt captured: if all of them together have less, an outcome is still open.
    """
    requested: list[RefundRequested] = []
    number = len(payment.refunds)
    for attempt in reversed(payment.attempts.values()):
        part = min(minor, payment.refundable(attempt.attempt))
        if part <= 0:
            continue
        number += 1
        requested.append(
            RefundRequested(
                order=order,
                refund=name or f"{attempt.attempt}.r{number}",
                attempt=attempt.attempt,
                reference=attempt.reference,
                amount=Money(part, attempt.currency),
            )
        )
        minor -= part
        name = None
    if minor > 0:
        raise PaymentOpen("The money to give back has not arrived yet.")
    return requested


def refund_attempt(
    payment: Payment, attempt: Attempt, *, order: str, name: str
) -> list[RefundRequested]:
    """Send all that is left of one attempt back."""
    left = payment.refundable(attempt.attempt)
    if left <= 0:
        return []
    return [
        RefundRequested(
            order=order,
            refund=name,
            attempt=attempt.attempt,
            reference=attempt.reference,
            amount=Money(left, attempt.currency),
        )
    ]


def settle_refund(payment: Payment, news: SettleRefund) -> list[Event]:
    """Take note of how a refund stands; a failed one is tried again, boundedly.

    What was given back may still come back to the house, weeks later. News of another
    amount than was asked for are not believed: somebody has to look.
    """
    known = payment.refunds.get(news.refund)
    if known is None:
        raise NotFound("There is no such refund.")
    if news.amount != known.amount or known.state not in ("requested", "completed"):
        return []
    if news.status == "failed":
        return _refund_failed(payment, known, news)
    if known.state == "completed":
        return []
    if news.status == "succeeded":
        return [
            RefundCompleted(
                order=news.order,
                refund=news.refund,
                reference=news.reference,
                amount=known.amount,
            )
        ]
    if known.reference == news.reference:
        return []
    return [
        RefundAwaited(order=news.order, refund=news.refund, reference=news.reference)
    ]


def _refund_failed(payment: Payment, known: Refund, news: SettleRefund) -> list[Event]:
    again = known.tries < REFUND_TRIES_MAX and news.retry not in payment.refunds
    gone = RefundFailed(
        order=news.order,
        refund=news.refund,
        reference=news.reference,
        reason=news.reason,
        retry=news.retry if again else None,
        undone=known.amount if known.state == "completed" else None,
    )
    if not again:
        return [gone]
    retried = RefundRequested(
        order=news.order,
        refund=news.retry,
        attempt=known.attempt,
        reference=known.payment,
        amount=known.amount,
    )
    return [gone, retried]


def retry_refund(payment: Payment, command: RetryRefund) -> RefundRequested:
    """Ask once more for a refund that failed for good; who paid it out did not."""
    known = _stuck(payment, command.refund)
    if command.retry in payment.refunds:
        raise AlreadyExists("There is such a refund already.")
    return RefundRequested(
        order=command.order,
        refund=command.retry,
        attempt=known.attempt,
        reference=known.payment,
        amount=known.amount,
        replaces=command.refund,
        by=command.by,
    )


def pay_out_refund(payment: Payment, command: PayOutRefund) -> RefundPaidOut:
    """Note who says to have given the money back by hand."""
    known = _stuck(payment, command.refund)
    if known.paid_out_by:
        raise RefundNotStuck("Somebody has paid this out; a second person must agree.")
    return RefundPaidOut(
        order=command.order, refund=command.refund, by=command.by, note=command.note
    )


def confirm_pay_out(payment: Payment, command: ConfirmPayOut) -> RefundSettled:
    """End what is owed: a second person agrees that it was given back by hand."""
    known = _stuck(payment, command.refund)
    if not known.paid_out_by:
        raise RefundNotStuck("Nobody says to have paid this out.")
    if known.paid_out_by == command.by:
        raise SamePerson
    return RefundSettled(
        order=command.order,
        refund=command.refund,
        amount=known.amount,
        by=known.paid_out_by,
        approver=command.by,
        note=known.note,
    )


def _stuck(payment: Payment, name: str) -> Refund:
    known = payment.refunds.get(name)
    if known is None:
        raise NotFound("There is no such refund.")
    if known.state != "failed":
        raise RefundNotStuck(state=known.state)
    return known

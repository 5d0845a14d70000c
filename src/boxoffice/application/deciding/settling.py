"""Roads to what follows from a provider's news.

Webhooks and the checkout process bring the same news, twice and in any order. Money
that was taken is a fact whatever we make of it: it buys what it was asked for, or the
same places again, or others with the buyer's consent, or it goes back.
"""

from __future__ import annotations

from datetime import datetime

from boxoffice.application.deciding import confirming, ending, exchanging, places
from boxoffice.application.deciding.draft import Draft
from boxoffice.application.deciding.view import Road, Roads, View
from boxoffice.domain.decider import Decision
from boxoffice.domain.ids import Family, family, order_family
from boxoffice.domain.money import Money
from boxoffice.domain.orders import decide as orders
from boxoffice.domain.orders.events import TicketsRefunded
from boxoffice.domain.orders.state import PROCESS
from boxoffice.domain.payments import decide as payments
from boxoffice.domain.payments.commands import SettlePayment, SettleRefund
from boxoffice.domain.payments.events import PaymentGivenUp
from boxoffice.domain.payments.state import Attempt


def settle_payment(view: View, command: SettlePayment) -> Decision:
    """Decide on news of an attempt; old and repeated ones change nothing."""
    draft = Draft(view, command.order)
    orders.own_order(draft.order, None)
    attempt = payments.attempt_of(draft.payment, command.attempt)
    match command.status:
        case "authorised":
            _authorised(draft, attempt, command)
        case "captured":
            _captured(draft, attempt, command)
        case "declined" | "cancelled":
            _failed(draft, attempt, command)
        case _:
            draft.pay(payments.awaited(attempt, command))
    return draft.decision


def settle_refund(view: View, command: SettleRefund) -> Decision:
    """Decide on news of a refund."""
    draft = Draft(view, command.order)
    orders.own_order(draft.order, None)
    draft.pay(payments.settle_refund(draft.payment, command))
    return draft.decision


def _authorised(draft: Draft, attempt: Attempt, news: SettlePayment) -> None:
    if attempt.status in ("authorised", "captured"):
        return
    draft.pay([payments.authorised(news)])
    right = news.amount == attempt.amount and not attempt.given_up
    if not (right and _sold(draft, attempt, news.now)):
        draft.pay([PaymentGivenUp(order=draft.code, attempt=attempt.attempt)])


def _captured(draft: Draft, attempt: Attempt, news: SettlePayment) -> None:
    if attempt.status == "captured":
        draft.pay(payments.taken_twice(attempt, news))
        return
    draft.pay([payments.captured(news)])
    right = news.captured == attempt.amount
    if attempt.promised:
        if not right:
            _unsell(draft, attempt, news)
        return
    if right and (_sold(draft, attempt, news.now) or _revived(draft, attempt, news)):
        return
    money = payments.refund_attempt(
        draft.payment,
        draft.payment.attempts[attempt.attempt],
        order=draft.code,
        name=news.refund,
    )
    draft.pay(money)


def _sold(draft: Draft, attempt: Attempt, now: datetime) -> bool:
    """Sell what the attempt pays for, if it is still kept; want no other attempt."""
    if attempt.purpose == "exchange":
        done = attempt.open and exchanging.swapped(draft, now=now)
    else:
        open_ = draft.order.status == "placed" and draft.order.channel != "comp"
        open_ = open_ and not _is_too_late(draft, now)
        done = open_ and places.tried(draft, lambda: confirming.confirm(draft, now=now))
    if done:
        others = (a for a in draft.payment.open() if a.attempt != attempt.attempt)
        draft.pay(
            PaymentGivenUp(order=draft.code, attempt=other.attempt) for other in others
        )
    return done


def _is_too_late(draft: Draft, now: datetime) -> bool:
    """Tell whether the time to pay is over and the performance has begun."""
    order = draft.order
    is_late = order.pay_by is not None and now > order.pay_by
    return is_late and draft.performance(order.performance).has_begun(now)


def _revived(draft: Draft, attempt: Attempt, news: SettlePayment) -> bool:
    """Find places for money that came late; tell whether any were found.

    Once the performance has begun none are looked for.
    """
    order, now = draft.order, news.now
    over = order.status in ("placed", "expired") and order.offer is None
    if attempt.purpose == "exchange" or not over:
        return False
    performance = draft.performance(order.performance)
    if performance.cancelled:
        return False
    if order.status == "placed":
        ending.end_unpaid(draft, ending.expired(order), now=now)
    if performance.has_begun(now):
        return False
    return places.tried(
        draft, lambda: confirming.sell_anew(draft, news.spare, now=now)
    ) or places.tried(
        draft,
        lambda: confirming.offer_others(
            draft, news.spare, now=now, spare_s=news.spare_s
        ),
    )


def _failed(draft: Draft, attempt: Attempt, news: SettlePayment) -> None:
    draft.pay(failed := payments.failed(attempt, news))
    if failed and attempt.promised:
        _unsell(draft, attempt, news)


def _unsell(draft: Draft, attempt: Attempt, news: SettlePayment) -> None:
    """Take back what was sold for money that did not come as it was promised.

    What was paid for it otherwise goes back too, and the fee of an exchange is given
    up: nobody gets a place without paying, nobody pays without a place.
    """
    order = draft.order
    name, fee = order.hold, 0
    if attempt.purpose == "exchange" and order.exchanged is not None:
        name, fee = order.exchanged.hold, order.exchanged.fee.minor
    lost = [ticket for ticket in order.valid() if ticket.hold == name]
    places.take_back(draft, lost, "cancelled", now=news.now)
    ending.end_discount(draft, lost)
    payment = draft.payment
    worth = order.worth() - fee - sum(ticket.line.price.minor for ticket in lost)
    left = max(0, payment.captured() - payment.refunded() - worth)
    draft.tell(
        TicketsRefunded(
            order=draft.code,
            tickets=tuple(ticket.ref for ticket in lost),
            amount=Money(left, order.currency),
            kept=Money(-fee, order.currency),
            cause="unpaid",
            by=PROCESS,
            note=news.reason,
        )
    )
    draft.pay(payments.refund(payment, left, order=draft.code))


def _houses(command: SettlePayment | SettleRefund) -> tuple[Family, ...]:
    return (family(command.performance),)


def _orders(command: SettlePayment | SettleRefund) -> tuple[Family, ...]:
    return (order_family(command.order),)


ROADS: Roads = {
    SettlePayment: Road(settle_payment, _houses, _orders),
    SettleRefund: Road(settle_refund, _houses, _orders),
}

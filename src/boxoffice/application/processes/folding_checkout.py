"""How each fact changes what the checkout process remembers.

A fold gives the order that it changed, if any; what is wanted of that order now follows
from its state alone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from boxoffice.application.processes.checkout_state import (
    REST_AFTER,
    Checkout,
    House,
    OpenOrder,
    Return,
    Try,
)
from boxoffice.domain import ids
from boxoffice.domain.catalogue.events import PerformanceCancelled
from boxoffice.domain.message import Event, Fact
from boxoffice.domain.orders.events import (
    AlternativeDeclined,
    AlternativeOffered,
    ExchangeAbandoned,
    ExchangePlaced,
    OrderCancelled,
    OrderConfirmed,
    OrderExpired,
    OrderLine,
    OrderPlaced,
    OrderVoided,
    TicketsExchanged,
    TicketsRefunded,
)
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
    RefundRequested,
)

Fold = Callable[[Checkout, Fact], OpenOrder | None]
OfAttempt = (
    PaymentRequested
    | PaymentAwaited
    | PaymentAuthorised
    | PaymentCaptured
    | PaymentFailed
    | PaymentGivenUp
)

# -------------------------------------------------------------------- performances


def _called_off(state: Checkout, fact: Fact) -> None:
    """Want an end of every order that has tickets, or wants some."""
    performance, _ = ids.split(fact.stream)
    state.forget_settled()
    house = state.houses.get(performance)
    concerned = house.codes() if house else set()
    for order in state.orders.values():
        if performance in (order.performance, order.exchange):
            concerned.add(order.code)
    for code in sorted(concerned):
        state.agenda.want(
            f"end {code} {performance}",
            "end",
            at=fact.recorded_at,
            pace=state.paces.call,
        )


def _awake(state: Checkout, performance: str, *, at: datetime) -> House:
    """Give a house to be changed."""
    house = state.houses.setdefault(performance, House())
    house.wake()
    state.agenda.want(
        f"house {performance}",
        "rest",
        at=at + REST_AFTER,
        pace=state.paces.call,
    )
    return house


def _sold(
    state: Checkout, code: str, lines: tuple[OrderLine, ...], *, at: datetime
) -> None:
    for performance in {line.performance for line in lines}:
        _awake(state, performance, at=at).orders.add(code)


# -------------------------------------------------------------------------- orders


def _placed(state: Checkout, fact: Fact) -> OpenOrder:
    event = fact.event
    assert isinstance(event, OrderPlaced)
    order = state.order(event.order, at=fact.recorded_at, performance=event.performance)
    order.status = "placed"
    order.limits["order"] = event.pay_by
    return order


def _confirmed(state: Checkout, fact: Fact) -> OpenOrder:
    event = fact.event
    assert isinstance(event, OrderConfirmed)
    order = state.order(event.order, at=fact.recorded_at, performance=event.performance)
    order.status = "confirmed"
    order.limits.clear()
    _sold(state, event.order, event.lines, at=fact.recorded_at)
    return order


def _ended(state: Checkout, fact: Fact) -> OpenOrder:
    event = fact.event
    assert isinstance(event, OrderExpired | OrderCancelled | OrderVoided)
    order = state.order(event.order, at=fact.recorded_at)
    order.status = "ended"
    order.limits.clear()
    if isinstance(event, OrderVoided):
        for performance in {ticket.performance for ticket in event.tickets}:
            order.performance = order.performance or performance
            _ended_for(state, event.order, performance, at=fact.recorded_at)
    else:
        _ended_for(state, event.order, event.performance, at=fact.recorded_at)
    return order


def _ended_for(state: Checkout, code: str, performance: str, *, at: datetime) -> None:
    state.agenda.drop(f"end {code} {performance}")
    if performance in state.houses:
        _awake(state, performance, at=at).orders.discard(code)


def _refunded(state: Checkout, fact: Fact) -> OpenOrder:
    event = fact.event
    assert isinstance(event, TicketsRefunded)
    order = state.order(event.order, at=fact.recorded_at)
    for performance in {ticket.performance for ticket in event.tickets}:
        order.performance = order.performance or performance
        if event.cause == "performance":
            _ended_for(state, event.order, performance, at=fact.recorded_at)
    return order


def _offered(state: Checkout, fact: Fact) -> OpenOrder:
    event = fact.event
    assert isinstance(event, AlternativeOffered)
    order = state.order(event.order, at=fact.recorded_at, performance=event.performance)
    order.status = "ended"
    order.limits["offer"] = event.until
    return order


def _declined(state: Checkout, fact: Fact) -> OpenOrder:
    event = fact.event
    assert isinstance(event, AlternativeDeclined)
    order = state.order(event.order, at=fact.recorded_at)
    order.limits.pop("offer", None)
    return order


def _exchange(state: Checkout, fact: Fact) -> OpenOrder:
    event = fact.event
    assert isinstance(event, ExchangePlaced | TicketsExchanged | ExchangeAbandoned)
    order = state.order(event.order, at=fact.recorded_at)
    if isinstance(event, ExchangePlaced):
        order.exchange = event.performance
        order.limits["exchange"] = event.pay_by
        order.performance = order.performance or event.performance
        return order
    order.exchange = ""
    order.limits.pop("exchange", None)
    if isinstance(event, TicketsExchanged):
        _sold(state, event.order, event.lines, at=fact.recorded_at)
    return order


# ------------------------------------------------------------------------ payments


def _payment(state: Checkout, fact: Fact) -> OpenOrder:
    event: Any = fact.event
    assert isinstance(event, OfAttempt)
    order = state.order(event.order, at=fact.recorded_at)
    attempt = order.attempts.get(event.attempt)
    match event:
        case PaymentRequested():
            order.attempts[event.attempt] = Try(
                event.attempt,
                event.order,
                event.amount,
                method=event.method,
                instrument=event.instrument,
                return_url=event.return_url,
                purpose=event.purpose,
            )
        case PaymentGivenUp() if attempt:
            attempt.given_up = True
        case PaymentFailed() if attempt:
            attempt.status = "failed"
        case PaymentAwaited() if attempt:
            attempt.status = "awaited"
            attempt.waits_for = event.waits_for
            attempt.reference = event.reference
        case PaymentAuthorised() | PaymentCaptured():
            _promised(order, event)
    return order


def _promised(order: OpenOrder, event: PaymentAuthorised | PaymentCaptured) -> None:
    """Take note of money; it may come for an attempt that was settled long ago."""
    known = order.attempts.get(event.attempt)
    attempt = known or Try(event.attempt, event.order, event.amount)
    order.attempts[event.attempt] = attempt
    captured = isinstance(event, PaymentCaptured)
    attempt.status = "captured" if captured else "authorised"
    attempt.reference = event.reference


def _refund(state: Checkout, fact: Fact) -> OpenOrder:
    event = fact.event
    assert isinstance(event, RefundRequested)
    order = state.order(event.order, at=fact.recorded_at)
    order.refunds[event.refund] = Return(
        event.refund, event.order, event.reference, event.amount
    )
    tries = state.refund_tries.get(event.refund, 0)
    after = state.paces.refund.pause(tries - 1) if tries else timedelta(0)
    state.agenda.want(
        f"refund {event.order} {event.refund}",
        "refund",
        at=fact.recorded_at + after,
        pace=state.paces.call,
    )
    return order


def _refund_awaited(state: Checkout, fact: Fact) -> OpenOrder:
    event = fact.event
    assert isinstance(event, RefundAwaited)
    order = state.order(event.order, at=fact.recorded_at)
    known = order.refunds.get(event.refund)
    if known is not None:
        known.found = event.reference
    return order


def _refund_over(state: Checkout, fact: Fact) -> OpenOrder:
    event = fact.event
    assert isinstance(event, RefundCompleted | RefundFailed)
    order = state.order(event.order, at=fact.recorded_at)
    order.refunds.pop(event.refund, None)
    state.agenda.drop(f"refund {event.order} {event.refund}")
    tries = state.refund_tries.pop(event.refund, 0)
    if isinstance(event, RefundFailed) and event.retry:
        state.refund_tries[event.retry] = tries + 1
    return order


FOLDS: dict[type[Event], Fold] = {
    PerformanceCancelled: _called_off,
    OrderPlaced: _placed,
    OrderConfirmed: _confirmed,
    OrderExpired: _ended,
    OrderCancelled: _ended,
    OrderVoided: _ended,
    TicketsRefunded: _refunded,
    AlternativeOffered: _offered,
    AlternativeDeclined: _declined,
    ExchangePlaced: _exchange,
    TicketsExchanged: _exchange,
    ExchangeAbandoned: _exchange,
    PaymentRequested: _payment,
    PaymentAwaited: _payment,
    PaymentAuthorised: _payment,
    PaymentCaptured: _payment,
    PaymentFailed: _payment,
    PaymentGivenUp: _payment,
    RefundRequested: _refund,
    RefundAwaited: _refund_awaited,
    RefundCompleted: _refund_over,
    RefundFailed: _refund_over,
}
"""Everything that matters to the process."""

"""Commands about Ann's order as these tests ask them, and how to read what happened."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypeVar

from boxoffice.domain.catalogue.commands import CancelPerformance, MovePerformance
from boxoffice.domain.decider import Decision
from boxoffice.domain.ids import (
    AttemptId,
    BuyerId,
    HoldId,
    OrderCode,
    PerformanceId,
    PersonId,
    RefundId,
)
from boxoffice.domain.message import Event
from boxoffice.domain.orders import commands as ask
from boxoffice.domain.orders.events import TicketRef
from boxoffice.domain.payments.commands import RefundStatus, SettleRefund
from boxoffice.testing import (
    ANN,
    CUSTOMER,
    FULL_PRICE,
    HOLD,
    NOON,
    ORDER,
    PERFORMANCE,
    PERSON,
)

HOST = PersonId("8" * 32)
EVA, TOM = "staff:eva", "staff:tom"
NEXT = HoldId("9" * 32)
AGAIN = AttemptId("7" * 32)
TOMORROW = PerformanceId("f123456789abcdef01234567")
E = TypeVar("E", bound=Event)


def names(decision: Decision) -> list[str]:
    return [type(event).__name__ for _, event in decision]


def one(decision: Decision, kind: type[E]) -> E:
    (found,) = [event for _, event in decision if isinstance(event, kind)]
    return found


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def tickets(*ordinals: int) -> tuple[TicketRef, ...]:
    return tuple(TicketRef(PERFORMANCE, ordinal) for ordinal in ordinals)


def cancel(*, buyer: BuyerId | None = ANN, by: str = f"buyer:{ANN}") -> ask.CancelOrder:
    return ask.CancelOrder(
        now=later(60), performance=PERFORMANCE, order=ORDER, buyer=buyer, by=by
    )


def expire(*, after_s: float = 601) -> ask.ExpireOrder:
    return ask.ExpireOrder(now=later(after_s), performance=PERFORMANCE, order=ORDER)


def pay() -> ask.PayOrder:
    return ask.PayOrder(
        now=later(10), performance=PERFORMANCE, order=ORDER, buyer=ANN, attempt=AGAIN
    )


def refund_news(
    name: RefundId, *, retry: RefundId, status: RefundStatus = "failed"
) -> SettleRefund:
    return SettleRefund(
        now=later(100),
        performance=PERFORMANCE,
        order=ORDER,
        refund=name,
        reference="re",
        status=status,
        amount=FULL_PRICE,
        retry=retry,
    )


def refund(
    *ordinals: int,
    buyer: BuyerId | None = None,
    keep_outside: bool = False,
    fee: int = 0,
    unapproved_max: int | None = None,
    request: str = "r1",
    by: str = EVA,
    after_s: float = 60,
) -> ask.RefundTickets:
    return ask.RefundTickets(
        now=later(after_s),
        performance=PERFORMANCE,
        order=ORDER,
        buyer=buyer,
        tickets=tickets(*ordinals),
        by=by if buyer is None else f"buyer:{buyer}",
        note="ill",
        request=request,
        keep_outside=keep_outside,
        fee=fee,
        unapproved_max=unapproved_max,
    )


def void(
    *, after_s: float = 60, window_s: int = 3_600, unapproved_max: int = 99_999
) -> ask.VoidOrder:
    return ask.VoidOrder(
        now=later(after_s),
        performance=PERFORMANCE,
        order=ORDER,
        by=EVA,
        note="wrong date",
        window_s=window_s,
        unapproved_max=unapproved_max,
    )


def approve(
    *, by: str = TOM, request: str = "r1", after_s: float = 90
) -> ask.ApproveRequest:
    return ask.ApproveRequest(
        now=later(after_s), performance=PERFORMANCE, order=ORDER, request=request, by=by
    )


def deny(*, by: str = TOM, request: str = "r1") -> ask.DenyRequest:
    return ask.DenyRequest(
        now=later(90),
        performance=PERFORMANCE,
        order=ORDER,
        request=request,
        by=by,
        note="no",
    )


def exchange(
    *ordinals: int,
    hold: HoldId = NEXT,
    fee: int = 0,
    buyer: BuyerId | None = ANN,
    unapproved_max: int | None = None,
    after_s: float = 60,
) -> ask.ExchangeTickets:
    return ask.ExchangeTickets(
        now=later(after_s),
        performance=PERFORMANCE,
        order=ORDER,
        buyer=buyer,
        tickets=tickets(*ordinals),
        into=PERFORMANCE,
        holder=ANN,
        hold=hold,
        exchange="x1",
        attempt=AGAIN,
        by=EVA if buyer is None else f"buyer:{buyer}",
        unapproved_max=unapproved_max,
        fee=fee,
    )


def comps(*, unapproved_max: int = 4, host: PersonId = HOST) -> ask.IssueComps:
    return ask.IssueComps(
        now=NOON,
        performance=PERFORMANCE,
        buyer=ANN,
        hold=HOLD,
        order=ORDER,
        person=PERSON,
        customer=CUSTOMER,
        host=host,
        reason="Review",
        budget="press",
        by=EVA,
        request="r1",
        unapproved_max=unapproved_max,
        approval_s=3_600,
    )


def accept(*, after_s: float, buyer: BuyerId | None = ANN) -> ask.AcceptAlternative:
    return ask.AcceptAlternative(
        now=later(after_s), performance=PERFORMANCE, order=ORDER, buyer=buyer
    )


def decline(*, after_s: float) -> ask.DeclineAlternative:
    return ask.DeclineAlternative(
        now=later(after_s), performance=PERFORMANCE, order=ORDER, buyer=ANN
    )


def call_off() -> CancelPerformance:
    return CancelPerformance(now=NOON, performance=PERFORMANCE, by=EVA, reason="fire")


def move(*, refund_until_s: float) -> MovePerformance:
    return MovePerformance(
        now=NOON,
        performance=PERFORMANCE,
        starts_at=NOON + timedelta(days=40),
        sale_until=NOON + timedelta(days=40),
        refund_until=later(refund_until_s),
        by=EVA,
        reason="storm",
    )


def end(*, order: OrderCode = ORDER) -> ask.EndForPerformance:
    return ask.EndForPerformance(now=later(99), performance=PERFORMANCE, order=order)

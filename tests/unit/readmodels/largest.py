"""An order to which more happened than any document can show."""

from __future__ import annotations

from boxoffice.domain.ids import OrderCode, order_stream, payment_stream
from boxoffice.domain.message import Event, Fact
from boxoffice.domain.money import Money
from boxoffice.domain.orders.events import (
    AlternativeOffered,
    ApprovalAsked,
    CompsIssued,
    ExchangePlaced,
    OrderConfirmed,
    OrderLine,
    OrderPlaced,
    TicketRef,
)
from boxoffice.domain.payments.events import (
    PaymentAwaited,
    PaymentRequested,
    RefundRequested,
)
from boxoffice.domain.pricing_parts import PriceParts
from boxoffice.testing import NOON

CODE = OrderCode("ABCDEFGHJK")
LONG = "ä" * 10_000
MANY = 300
SOME = Money(10**12, "USD")
REFS = tuple(TicketRef(f"{n:024x}", n) for n in range(MANY))


def lines(price: int = 10**12) -> tuple[OrderLine, ...]:
    """More lines than an order can have."""
    return tuple(
        OrderLine(
            performance=ref.performance,
            ordinal=2_000_000_000,
            section=99,
            category=99,
            label="ä" * 48,
            price=Money(price, "USD"),
            price_type="concession",
            price_list=10_000,
            discount=10**12,
            parts=PriceParts(10**12, 10**12, 10**12, 10**12, 10**12),
        )
        for ref in REFS
    )


def largest_order() -> list[Fact]:
    """Everything at once, many times."""
    placed = OrderPlaced(
        order=CODE,
        performance="0" * 24,
        buyer="b" * 64,
        person="p" * 64,
        customer="c" * 64,
        hold="h" * 64,
        lines=lines(),
        total=SOME,
        rounding="half-even",
        pay_by=NOON,
        channel="window",
        promotion="P" * 64,
    )
    confirmed = OrderConfirmed(
        order=CODE,
        performance="0" * 24,
        buyer="b" * 64,
        hold="h" * 64,
        lines=lines(),
        total=SOME,
    )
    events: list[Event] = [placed, confirmed]
    for number in range(MANY // 10):
        events += [*_opened(number), *_paid(number)]
    streams = {True: payment_stream(CODE), False: order_stream(CODE)}
    return [
        Fact(10**15 + n, streams[_is_of_payment(event)], n, NOON, event)
        for n, event in enumerate(events)
    ]


def _is_of_payment(event: Event) -> bool:
    return isinstance(event, PaymentRequested | PaymentAwaited | RefundRequested)


def _opened(number: int) -> list[Event]:
    return [
        ApprovalAsked(
            order=CODE,
            request=f"{number:032x}",
            kind="refund",
            amount=SOME,
            by="staff:" + "m" * 100,
            note=LONG,
            tickets=REFS,
            kept=SOME,
            host=LONG,
            budget=LONG,
        ),
        ExchangePlaced(
            order=CODE,
            exchange=f"{number:032x}",
            tickets=REFS,
            performance="0" * 24,
            buyer="b" * 64,
            hold="h" * 64,
            lines=lines(),
            due=SOME,
            fee=SOME,
            pay_by=NOON,
            by="staff:mia",
        ),
        AlternativeOffered(
            order=CODE,
            performance="0" * 24,
            buyer="b" * 64,
            hold="h" * 64,
            lines=lines(),
            until=NOON,
        ),
        CompsIssued(
            order=CODE,
            host=LONG,
            reason=LONG,
            budget=LONG,
            face=SOME,
            by="staff:mia",
            approver="staff:joe",
        ),
    ]


def _paid(number: int) -> list[Event]:
    attempt = f"{number:064x}"
    return [
        PaymentRequested(
            order=CODE, attempt=attempt, amount=SOME, method="card", instrument=LONG
        ),
        PaymentAwaited(
            order=CODE,
            attempt=attempt,
            provider=LONG,
            reference=LONG,
            waits_for="buyer",
            action_url="https://pay.example/" + "x" * 2_000,
        ),
        RefundRequested(
            order=CODE,
            refund=f"{number:064x}.r",
            attempt=attempt,
            reference=LONG,
            amount=SOME,
        ),
    ]

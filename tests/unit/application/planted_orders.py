"""Orders whose facts a test writes by hand, right or wrong."""

from __future__ import annotations

from datetime import timedelta

from boxoffice.domain.ids import (
    StreamId,
    order_stream,
    payment_stream,
)
from boxoffice.domain.inventory.events import (
    CartHoldReturned,
    TicketReturned,
)
from boxoffice.domain.message import Event
from boxoffice.domain.money import Money
from boxoffice.domain.orders.events import (
    TicketRef,
    TicketsRefunded,
)
from boxoffice.domain.payments.events import (
    RefundCompleted,
    RefundRequested,
)
from boxoffice.testing import ANN, FULL_PRICE, PERFORMANCE
from tests.unit.application.planted import (
    HOLD,
    ORDER,
    UNTIL,
    BoxOffice,
    Facts,
    allowance,
    holding,
    ordering,
    selling,
    ticket,
)

OTHER = "2" * 32
LATER = UNTIL + timedelta(minutes=5)
AT = order_stream(ORDER)
TILL = payment_stream(ORDER)


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def a_sale(*ordinals: int) -> BoxOffice:
    """A house that sold some places to an order."""
    house = BoxOffice()
    house.record(holding(*ordinals))
    house.record(ordering(*ordinals))
    house.record(selling(*ordinals))
    return house


def tickets_back(*ordinals: int, price: Money = FULL_PRICE) -> Facts:
    event = TicketReturned(
        order=ORDER, section=0, category=0, price=price, reason="refunded"
    )
    back = CartHoldReturned(hold=HOLD, buyer=ANN, ordinals=ordinals)
    return [*((ticket(o), event) for o in ordinals), (allowance(), back)]


def refund(*ordinals: int, amount: int, kept: int = 0) -> tuple[StreamId, Event]:
    return AT, TicketsRefunded(
        order=ORDER,
        tickets=tuple(TicketRef(PERFORMANCE, o) for o in ordinals),
        amount=usd(amount),
        kept=usd(kept),
        cause="request",
        by="staff:mia",
        note="ill",
    )


def sent_back(amount: int, name: str = "r1") -> tuple[StreamId, Event]:
    return TILL, RefundRequested(
        order=ORDER, refund=name, attempt=HOLD, reference="r", amount=usd(amount)
    )


def done(amount: int, name: str = "r1") -> tuple[StreamId, Event]:
    return TILL, RefundCompleted(
        order=ORDER, refund=name, reference="r", amount=usd(amount)
    )


PRICE = FULL_PRICE.minor

"""A box office whose facts a test writes by hand, right or wrong."""

from __future__ import annotations

from datetime import datetime, timedelta

from boxoffice.application.audit.finding import Check
from boxoffice.application.verification import verify
from boxoffice.domain.ids import (
    BuyerId,
    HoldId,
    OrderCode,
    StreamId,
    allowance_stream,
    order_stream,
    payment_stream,
    ticket_stream,
)
from boxoffice.domain.inventory.events import (
    CartHoldConverted,
    CartHoldOrdered,
    CartHoldPlaced,
    CartHoldReleased,
    HeldPlace,
    ReleaseReason,
    TicketHeld,
    TicketReleased,
    TicketSold,
)
from boxoffice.domain.message import Event
from boxoffice.domain.money import total
from boxoffice.domain.orders.events import OrderConfirmed, OrderLine, OrderPlaced
from boxoffice.domain.payments.events import PaymentCaptured, PaymentRequested
from boxoffice.infrastructure.memory.checkpoints import MemoryCheckpoints
from boxoffice.infrastructure.memory.event_store import MemoryEventStore
from boxoffice.testing import ANN, FULL_PRICE, NOON, PERFORMANCE, on_sale
from tests.histories import Clock, Recorder

HOLD = HoldId("1" * 32)
ORDER = OrderCode("ABCDEFGHJK")
UNTIL = NOON + timedelta(minutes=10)
SECOND = timedelta(seconds=1)

Facts = list[tuple[StreamId, Event]]


class BoxOffice:
    """A log in memory with ten places, on sale from a day before `on_sale_at`."""

    def __init__(self, *, on_sale_at: datetime = NOON) -> None:
        self.clock = Clock(NOON)
        self.store = MemoryEventStore(now=self.clock)
        self._recorder = Recorder(self.store, self.clock)
        self.record(on_sale(now=on_sale_at))

    def record(self, facts: Facts, *, at: datetime | None = None) -> range:
        """Append the facts of one command; give their positions."""
        self.clock.at = at or self.clock.at
        head = self._recorder.record(facts)
        return range(head - len(facts) + 1, head + 1)

    async def found(self) -> dict[str, int | None]:
        """Verify the log; give the failed checks with their positions."""
        return {check.name: check.position for check in await self.failed()}

    async def failed(self) -> list[Check]:
        """Verify the log; give the failed checks."""
        checkpoints = MemoryCheckpoints(now=self.clock)
        verdict = await verify(self.store, checkpoints, documents=None, cache=None)
        assert verdict.ok == all(check.ok for check in verdict.checks)
        return [check for check in verdict.checks if not check.ok]


def ticket(ordinal: int) -> StreamId:
    """Give a place's stream."""
    return ticket_stream(PERFORMANCE, ordinal)


def allowance(buyer: BuyerId = ANN) -> StreamId:
    """Give the stream that limits a buyer."""
    return allowance_stream(PERFORMANCE, buyer)


def held(*ordinals: int, hold: str = HOLD, until: datetime = UNTIL) -> Facts:
    """Keep places for a hold."""
    event = TicketHeld(hold=hold, section=0, category=0, price=FULL_PRICE, until=until)
    return [(ticket(ordinal), event) for ordinal in ordinals]


def placed(
    *ordinals: int, hold: str = HOLD, buyer: BuyerId = ANN, until: datetime = UNTIL
) -> tuple[StreamId, CartHoldPlaced]:
    """Count a hold for its buyer."""
    places = tuple(HeldPlace(o, 0, 0, f"A-{o}", FULL_PRICE) for o in ordinals)
    event = CartHoldPlaced(
        hold=hold,
        buyer=buyer,
        performance=PERFORMANCE,
        places=places,
        until=until,
        cap=until + 3 * (UNTIL - NOON),
    )
    return allowance(buyer), event


def holding(*ordinals: int, hold: str = HOLD, buyer: BuyerId = ANN) -> Facts:
    """Hold places as the house does."""
    return [*held(*ordinals, hold=hold), placed(*ordinals, hold=hold, buyer=buyer)]


def freed(*ordinals: int, reason: ReleaseReason, hold: str = HOLD) -> Facts:
    """Free places of a hold."""
    event = TicketReleased(hold=hold, section=0, category=0, reason=reason)
    return [(ticket(ordinal), event) for ordinal in ordinals]


def ended(
    reason: ReleaseReason, *, buyer: BuyerId = ANN
) -> tuple[StreamId, CartHoldReleased]:
    """End a hold."""
    return allowance(), CartHoldReleased(hold=HOLD, buyer=buyer, reason=reason)


def sold(*ordinals: int, hold: str = HOLD) -> Facts:
    """Sell places of a hold."""
    event = TicketSold(hold=hold, order=ORDER, section=0, category=0, price=FULL_PRICE)
    return [(ticket(ordinal), event) for ordinal in ordinals]


def converted(*, buyer: BuyerId = ANN) -> tuple[StreamId, CartHoldConverted]:
    """Turn the hold into the order."""
    return allowance(), CartHoldConverted(hold=HOLD, buyer=buyer, order=ORDER)


def confirmed(*ordinals: int, buyer: BuyerId = ANN) -> tuple[StreamId, OrderConfirmed]:
    """Confirm the order."""
    lines = tuple(
        OrderLine(PERFORMANCE, o, 0, 0, f"A-{o}", FULL_PRICE) for o in ordinals
    )
    event = OrderConfirmed(
        order=ORDER,
        performance=PERFORMANCE,
        buyer=buyer,
        hold=HOLD,
        lines=lines,
        total=total((line.price for line in lines), "USD"),
    )
    return order_stream(ORDER), event


def paid(places: int) -> tuple[StreamId, PaymentCaptured]:
    """Take the money for so many places."""
    event = PaymentCaptured(
        order=ORDER,
        provider="sandbox",
        attempt=HOLD,
        reference="r",
        amount=total([FULL_PRICE] * places, "USD"),
    )
    return payment_stream(ORDER), event


def ordering(*ordinals: int, hold: str = HOLD, until: datetime = UNTIL) -> Facts:
    """Place the order for the hold, and ask for its money."""
    ordered = CartHoldOrdered(hold=hold, buyer=ANN, order=ORDER, until=until)
    lines = confirmed(*ordinals)[1].lines
    amount = total((line.price for line in lines), "USD")
    event = OrderPlaced(
        order=ORDER,
        performance=PERFORMANCE,
        buyer=ANN,
        person="p",
        customer="c",
        hold=hold,
        lines=lines,
        total=amount,
        rounding="half-up",
        pay_by=until,
        channel="web",
    )
    asked = PaymentRequested(
        order=ORDER, attempt=HOLD, amount=amount, method="card", instrument=""
    )
    return [
        (allowance(), ordered),
        (order_stream(ORDER), event),
        (payment_stream(ORDER), asked),
    ]


def selling(*ordinals: int) -> Facts:
    """Sell the hold as the house does."""
    order = confirmed(*ordinals)
    return [*sold(*ordinals), converted(), order, paid(len(ordinals))]

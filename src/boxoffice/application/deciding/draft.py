"""A decision in the making: a view that already sees what was decided so far.

What an order needs touches many streams. Each step reads the draft and adds its facts
to it, so that steps follow each other as if they had been stored one by one; stored
they are in one append.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from boxoffice.application.deciding.view import View
from boxoffice.domain.catalogue.state import PERFORMANCE, Performance
from boxoffice.domain.decider import Aggregate, Decision
from boxoffice.domain.ids import (
    OrderCode,
    PerformanceId,
    StreamId,
    order_stream,
    payment_stream,
    performance_stream,
)
from boxoffice.domain.message import Event
from boxoffice.domain.orders.state import ORDER, Order
from boxoffice.domain.payments.state import PAYMENT, Payment


class Draft:
    """Facts about one order and everything around it, not stored yet."""

    def __init__(self, view: View, code: OrderCode) -> None:
        self._view = view
        self.code = code
        self.decision: Decision = []

    def state(self, stream_id: StreamId, aggregate: Aggregate) -> Any:
        """Give a state as the facts so far leave it."""
        state = self._view.state(stream_id, aggregate)
        for where, event in self.decision:
            if where == stream_id:
                state = aggregate.evolve(state, event)
        return state

    @property
    def order(self) -> Order:
        """The order as it stands now."""
        state: Order = self.state(order_stream(self.code), ORDER)
        return state

    @property
    def payment(self) -> Payment:
        """The payment of the order as it stands now."""
        state: Payment = self.state(payment_stream(self.code), PAYMENT)
        return state

    def performance(self, of: str) -> Performance:
        """A performance as it stands now."""
        where = performance_stream(PerformanceId(of))
        state: Performance = self.state(where, PERFORMANCE)
        return state

    def add(self, facts: Decision) -> None:
        """Add facts of any streams."""
        self.decision += facts

    def tell(self, *events: Event) -> None:
        """Add facts about the order."""
        where = order_stream(self.code)
        self.decision += [(where, event) for event in events]

    def pay(self, events: Iterable[Event]) -> None:
        """Add facts about the payment."""
        where = payment_stream(self.code)
        self.decision += [(where, event) for event in events]

    def back_to(self, mark: int) -> None:
        """Forget everything after the first `mark` facts: that way led nowhere."""
        del self.decision[mark:]

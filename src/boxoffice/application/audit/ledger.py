"""What the log says of one order: its tickets from two sides, and its money.

Written a second time on purpose: it shares no code with what decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from boxoffice.domain.ids import PerformanceId, StreamId, ticket_stream
from boxoffice.domain.money import Money
from boxoffice.domain.orders.events import OrderLine, TicketRef


class Try(msgspec.Struct):
    """A try to pay: `open` until it took money or never will."""

    open: bool = True
    promised: int = 0
    captured: int = 0
    payments: set[str] = set()
    """What took that: more than one, when the provider began one twice."""
    refunded: int = 0
    """What goes back of it, or is back."""


class Refund(msgspec.Struct, frozen=True):
    """Money of a try to pay that shall go back."""

    attempt: str
    minor: int


class Ledger(msgspec.Struct):
    """An order's tickets and money, in minor units of its one currency.

    `valid` are the tickets by its own lines, `sold` those that say so themselves.
    """

    position: int
    currency: str
    is_placed: bool = False
    is_free: bool = False
    """Whether it was placed as comps."""
    valid: dict[StreamId, Money] = {}
    sold: dict[StreamId, Money] = {}
    kept: int = 0
    tries: dict[str, Try] = {}
    refunds: dict[str, Refund] = {}
    """Those that are asked for, and neither done nor replaced."""
    done: dict[str, Refund] = {}
    """Those that are back: one of them may still fail."""
    failed: dict[str, Refund] = {}
    """Those that no provider would make."""
    offered: bool = False
    """Whether other places are offered for money that came late."""

    def add(self, lines: Iterable[OrderLine]) -> None:
        """Take note of tickets that are the buyer's now."""
        for line in lines:
            stream = place(line.performance, line.ordinal)
            self.valid[stream] = line.price

    def take(self, tickets: Iterable[TicketRef]) -> Iterator[TicketRef]:
        """Take note of tickets that are no more; give those that were not valid."""
        for ticket in tickets:
            stream = place(ticket.performance, ticket.ordinal)
            if self.valid.pop(stream, None) is None:
                yield ticket

    def give_back(self, refund: str) -> Refund | None:
        """Take note of money that is back; None when nobody asked for it."""
        asked = self.refunds.pop(refund, None)
        if asked is not None:
            self.done[refund] = asked
        return asked

    def fail(self, refund: str, retry: str | None, *, is_undone: bool) -> None:
        """Take note of money that is not back, although it may have been said to be.

        A refund that is tried again is asked for again, in the same append.
        """
        asked = (self.done if is_undone else self.refunds).pop(refund, None)
        if asked is None:
            return
        if retry is None:
            self.failed[refund] = asked
        else:
            self.attempt(asked.attempt).refunded -= asked.minor

    def replace(self, refund: str) -> None:
        """Take note that staff have a refund tried again that had failed for good."""
        asked = self.failed.pop(refund, None)
        if asked is not None:
            self.attempt(asked.attempt).refunded -= asked.minor

    def attempt(self, name: str) -> Try:
        """Give a try to pay, known or not."""
        return self.tries.setdefault(name, Try())

    @property
    def captured(self) -> int:
        """What the provider took."""
        return sum(one.captured for one in self.tries.values())

    @property
    def covered(self) -> int:
        """What was taken or is promised, less what goes back."""
        return sum(
            max(one.captured, one.promised if one.open else 0) - one.refunded
            for one in self.tries.values()
        )

    @property
    def refunded(self) -> int:
        """What goes back or is back."""
        return sum(one.refunded for one in self.tries.values())

    @property
    def worth(self) -> int:
        """What the house should have: the price of what is valid, and what it kept."""
        return sum(price.minor for price in self.valid.values()) + self.kept

    @property
    def under_way(self) -> bool:
        """Tell whether money is still expected, or an answer from the buyer."""
        return self.offered or any(one.open for one in self.tries.values())

    def problem(self) -> str:
        """Say what does not agree once everything has settled; "" when all does."""
        if self.sold != self.valid:
            return self._ticket_problem()
        if any(price.currency != self.currency for price in self.valid.values()):
            return "mixes currencies"
        if not self.under_way and self.captured - self.refunded != self.worth:
            return (
                f"has {self._money(self.captured)} taken"
                f" and {self._money(self.refunded)} given back,"
                f" but tickets and fees of {self._money(self.worth)}"
            )
        return ""

    def _ticket_problem(self) -> str:
        if self.sold.keys() - self.valid.keys():
            return "has sold places that none of its lines names"
        if self.valid.keys() - self.sold.keys():
            return "has lines for places that were not sold to it"
        return "has lines at other prices than its places were sold at"

    def _money(self, minor: int) -> Money:
        return Money(minor, self.currency)


def place(performance: str, ordinal: int) -> StreamId:
    """Give the stream of a place; one that there cannot be has none."""
    try:
        return ticket_stream(PerformanceId(performance), ordinal)
    except (ValueError, OverflowError):
        return StreamId(b"")

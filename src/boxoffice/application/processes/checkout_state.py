"""What the checkout process remembers: as much as is open, and no more.

An order is kept from its placing until it has ended, its attempts have failed or were
captured, and its refunds are back. Of an order with tickets only the code stays, by
performance: a performance may be called off long after it should have begun, and then
everybody gets the money back. The bound is a code for each order with tickets, eleven
bytes once the house is at rest: a million orders are 11 MB.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from boxoffice.application.processes.agenda import Agenda, Pace
from boxoffice.domain.money import Money

OrderStatus = Literal["placed", "confirmed", "ended"]
AttemptStatus = Literal["requested", "awaited", "authorised", "captured", "failed"]
Limit = Literal["order", "offer", "exchange"]
"""What of an order may run out of time."""


REST_AFTER = timedelta(days=1)
"""How long a house is kept ready for changes."""


class Paces(msgspec.Struct, frozen=True, kw_only=True):
    """How soon things are tried again.

    `call` is for calls and commands that did not get through, `watch` for looking how
    something stands that the provider would tell us of by itself, `refund` for money
    that a bank would not take: it may tomorrow.
    """

    call: Pace = Pace(0.2, 30.0)
    watch: Pace = Pace(2.0, 30.0)
    refund: Pace = Pace(300.0, 86_400.0)


class Try(msgspec.Struct):
    """An attempt to pay, as far as something may still come of it."""

    attempt: str
    order: str
    amount: Money
    method: str = "card"
    instrument: str = ""
    return_url: str = ""
    purpose: str = "order"
    status: AttemptStatus = "requested"
    waits_for: str = ""
    reference: str = ""
    given_up: bool = False

    @property
    def done(self) -> bool:
        """Tell whether the provider has nothing more to say of it."""
        return self.status in ("captured", "failed")


class Return(msgspec.Struct):
    """Money on its way back.

    `reference` is the payment's; `found` the refund's, once the provider named it.
    """

    refund: str
    order: str
    reference: str
    amount: Money
    found: str = ""


class OpenOrder(msgspec.Struct):
    """An order of which something is open. An empty `performance` is not known."""

    code: str
    since: datetime
    performance: str = ""
    status: OrderStatus = "confirmed"
    limits: dict[Limit, datetime] = msgspec.field(default_factory=dict)
    exchange: str = ""
    """The performance that an exchange under way leads to."""
    attempts: dict[str, Try] = msgspec.field(default_factory=dict)
    refunds: dict[str, Return] = msgspec.field(default_factory=dict)

    @property
    def settled(self) -> bool:
        """Tell whether nothing is to be done unless something new happens."""
        return (
            self.status != "placed"
            and not self.limits
            and not self.refunds
            and all(attempt.done for attempt in self.attempts.values())
        )


class House(msgspec.Struct):
    """Who has tickets for a performance; `resting` holds the same codes in one text."""

    orders: set[str] = msgspec.field(default_factory=set)
    resting: str = ""

    def rest(self) -> None:
        """Take little room until somebody asks again."""
        self.resting = " ".join(sorted(self.codes()))
        self.orders.clear()

    def wake(self) -> None:
        """Be ready for changes."""
        self.orders.update(self.resting.split())
        self.resting = ""

    def codes(self) -> set[str]:
        """Give who has tickets."""
        return self.orders.union(self.resting.split())


class Checkout:
    """Everything that is open; belongs to one runner and is changed in place."""

    def __init__(self, paces: Paces | None = None) -> None:
        self.paces = paces or Paces()
        self.agenda = Agenda()
        self.orders: dict[str, OpenOrder] = {}
        self.houses: dict[str, House] = {}
        self.refund_tries: dict[str, int] = {}
        """Of refunds that take the place of one that failed, until they are seen."""
        self.touched: set[str] = set()
        """Orders that may have become settled since the last look."""
        self.aside: set[str] = set()
        """Orders that nobody follows any more: somebody has to look."""

    def order(self, code: str, *, at: datetime, performance: str = "") -> OpenOrder:
        """Give an order; one that was settled long ago is opened again."""
        self.touched.add(code)
        known = self.orders.get(code)
        if known is None:
            known = self.orders[code] = OpenOrder(code, at, performance)
        known.performance = known.performance or performance
        return known

    def set_aside(self, code: str) -> None:
        """Follow an order no longer that something unexpected happened to."""
        self.orders.pop(code, None)
        self.aside.add(code)

    def forget_settled(self) -> None:
        """Forget the orders of which nothing is open any more."""
        for code in self.touched:
            order = self.orders.get(code)
            if order is not None and order.settled:
                del self.orders[code]
        self.touched.clear()

    def oldest(self) -> datetime | None:
        """Tell since when something is open; about, as orders may be opened again."""
        return next((order.since for order in self.orders.values()), None)

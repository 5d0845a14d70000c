"""What the checkout process remembers: as much as is open, and no more.

An order is kept from its placing until it has ended, its attempts have failed or were
captured, and its refunds are back. Of confirmed orders only the code stays, by
performance, until some time after the start: should the performance be called off,
everybody gets the money back.
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


REMEMBERED = timedelta(days=1)
"""How long after its start a performance may still be called off."""


class Paces(msgspec.Struct, frozen=True, kw_only=True):
    """How soon things are tried again.

    `call` is for calls and commands that did not get through, `watch` for looking how
    something stands that the provider would tell us of by itself.
    """

    call: Pace = Pace(0.2, 30.0)
    watch: Pace = Pace(2.0, 30.0)


class Try(msgspec.Struct):
    """An attempt to pay, as far as something may still come of it."""

    attempt: str
    order: str
    amount: Money
    method: str = "card"
    instrument: str = ""
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
    """A performance that may still be called off, and who has tickets for it."""

    starts_at: datetime
    orders: set[str] = msgspec.field(default_factory=set)


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

    def order(self, code: str, *, at: datetime, performance: str = "") -> OpenOrder:
        """Give an order; one that was settled long ago is opened again."""
        self.touched.add(code)
        known = self.orders.get(code)
        if known is None:
            known = self.orders[code] = OpenOrder(code, at, performance)
        known.performance = known.performance or performance
        return known

    def oldest(self) -> datetime | None:
        """Tell since when something is open; about, as orders may be opened again."""
        return next((order.since for order in self.orders.values()), None)

"""Buyers and staff who speak to the write path itself, under names that repeat."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from boxoffice.application.queries.orders import KnownOrder, find_order
from boxoffice.application.requests import Accepted, Request
from boxoffice.application.writer import ask
from boxoffice.bootstrap import Container
from boxoffice.domain.catalogue.commands import CancelPerformance
from boxoffice.domain.ids import (
    AttemptId,
    BuyerId,
    CustomerId,
    HoldId,
    OrderCode,
    PerformanceId,
    PersonId,
    order_code,
)
from boxoffice.domain.inventory.commands import HoldPlaces
from boxoffice.domain.message import Command, Meta
from boxoffice.domain.money import Money
from boxoffice.domain.orders.commands import CancelOrder, PlaceOrder, RefundTickets
from boxoffice.domain.orders.events import TicketRef
from boxoffice.testing import on_sale, store_facts

PRICE = Money(4500, "USD")


def digest(name: str, *, size: int = 16) -> bytes:
    """Draw bytes from a name, the same ones for ever."""
    return hashlib.blake2b(name.encode(), digest_size=size).digest()


@dataclass(frozen=True)
class Wish:
    """What a buyer wants. The same name is the same wish."""

    name: str
    performance: PerformanceId
    places: tuple[int, ...]
    instrument: str
    method: str = "card"
    pay_s: int = 600

    @property
    def code(self) -> OrderCode:
        """The code that its order will have."""
        return order_code(digest(f"order {self.name}", size=8))


@dataclass(frozen=True)
class Shop:
    """The write path of one process, and who asks there."""

    container: Container

    def open(self, name: str, *, places: int) -> PerformanceId:
        """Put a performance on sale."""
        performance = PerformanceId(digest(name, size=12).hex())
        facts = on_sale(
            performance,
            places=places,
            categories=(PRICE,),
            now=self.container.clock.now(),
        )
        store_facts(self.container.store, facts)
        return performance

    async def tell(self, name: str, command: Command) -> Accepted:
        """Have a command done once, however often it is told under this name."""
        identity = digest(name)
        meta = Meta(
            command=identity.hex(), correlation=name, actor="staff:test", venue="main"
        )
        return await ask(
            self.container.writer, Request(identity, identity, command, meta)
        )

    async def order(self, wish: Wish) -> OrderCode:
        """Hold places and order them."""
        now = self.container.clock.now()
        buyer = BuyerId(digest(f"buyer {wish.name}").hex())
        hold = HoldId(digest(f"hold {wish.name}").hex())
        holding = HoldPlaces(
            now=now,
            performance=wish.performance,
            buyer=buyer,
            hold=hold,
            ordinals=wish.places,
            ttl_s=wish.pay_s,
            cap_s=max(1_800, wish.pay_s),
        )
        await self.tell(f"hold {wish.name}", holding)
        placing = PlaceOrder(
            now=now,
            performance=wish.performance,
            buyer=buyer,
            hold=hold,
            order=wish.code,
            person=PersonId("person"),
            customer=CustomerId(wish.name),
            attempt=AttemptId(digest(f"attempt {wish.name}").hex()),
            method=wish.method,
            instrument=wish.instrument,
            pay_s=wish.pay_s,
        )
        await self.tell(f"order {wish.name}", placing)
        return wish.code

    async def cancel(self, wish: Wish) -> None:
        """Give an order up before it is paid."""
        command = CancelOrder(
            now=self.container.clock.now(),
            performance=wish.performance,
            order=wish.code,
            buyer=None,
            by="staff:test",
        )
        await self.tell(f"cancel {wish.name}", command)

    async def refund(self, wish: Wish) -> None:
        """Take the first valid ticket of an order back."""
        ticket: TicketRef = (await self.known(wish)).order.valid()[0].ref
        command = RefundTickets(
            now=self.container.clock.now(),
            performance=wish.performance,
            order=wish.code,
            buyer=None,
            tickets=(ticket,),
            by="staff:test",
            note="",
            request=f"refund {wish.name}",
        )
        await self.tell(f"refund {wish.name}", command)

    async def call_off(self, performance: PerformanceId) -> None:
        """Cancel a performance."""
        command = CancelPerformance(
            now=self.container.clock.now(),
            performance=performance,
            by="staff:test",
            reason="storm",
        )
        await self.tell(f"call off {performance}", command)

    async def known(self, wish: Wish) -> KnownOrder:
        """Give what the log knows of an order."""
        return await find_order(self.container.store, wish.code)


def is_paid(known: KnownOrder) -> bool:
    """Tell whether an order is confirmed and its money captured."""
    attempts = known.payment.attempts.values()
    return known.order.status == "confirmed" and any(
        attempt.status == "captured" for attempt in attempts
    )

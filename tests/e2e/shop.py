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
from boxoffice.domain.orders.commands import (
    AcceptAlternative,
    CancelOrder,
    ExchangeTickets,
    PlaceOrder,
    RefundTickets,
)
from boxoffice.domain.orders.events import TicketRef
from boxoffice.errors import TicketNotValid
from boxoffice.testing import on_sale, store_facts

PRICE = Money(4500, "USD")
DEAR = Money(6000, "USD")
STAFF_ALONE_MAX = 1_000
"""What staff may return by an exchange without a second person, in minor units."""


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
    promotion: str | None = None
    customer: str = ""

    @property
    def buyer(self) -> BuyerId:
        """Who has its hold and its order."""
        return BuyerId(digest(f"buyer {self.name}").hex())

    @property
    def hold(self) -> HoldId:
        """The hold that its order is made of."""
        return HoldId(digest(f"hold {self.name}").hex())

    @property
    def code(self) -> OrderCode:
        """The code that its order will have."""
        return order_code(digest(f"order {self.name}", size=8))


@dataclass(frozen=True)
class Shop:
    """The write path of one process, and who asks there."""

    container: Container

    def open(
        self, name: str, *, places: int, prices: tuple[Money, ...] = (PRICE,)
    ) -> PerformanceId:
        """Put a performance on sale; its prices take turns over the places."""
        performance = PerformanceId(digest(name, size=12).hex())
        facts = on_sale(
            performance,
            places=places,
            categories=prices,
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

    async def hold(self, wish: Wish) -> None:
        """Hold the places that are wanted."""
        holding = HoldPlaces(
            now=self.container.clock.now(),
            performance=wish.performance,
            buyer=wish.buyer,
            hold=wish.hold,
            ordinals=wish.places,
            ttl_s=wish.pay_s,
            cap_s=max(1_800, wish.pay_s),
        )
        await self.tell(f"hold {wish.name}", holding)

    async def order(self, wish: Wish) -> OrderCode:
        """Hold places and order them."""
        await self.hold(wish)
        placing = PlaceOrder(
            now=self.container.clock.now(),
            performance=wish.performance,
            buyer=wish.buyer,
            hold=wish.hold,
            order=wish.code,
            person=PersonId("person"),
            customer=CustomerId(wish.customer or wish.name),
            attempt=AttemptId(digest(f"attempt {wish.name}").hex()),
            method=wish.method,
            instrument=wish.instrument,
            promotion=wish.promotion,
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
        ticket = first_ticket(await self.known(wish))
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

    async def exchange(self, wish: Wish, swap: Wish, *, by_staff: bool) -> None:
        """Swap the first valid ticket of an order for what another wish names.

        A difference is paid as that wish says.
        """
        await self.hold(swap)
        ticket = first_ticket(await self.known(wish))
        command = ExchangeTickets(
            now=self.container.clock.now(),
            performance=wish.performance,
            order=wish.code,
            buyer=None if by_staff else wish.buyer,
            tickets=(ticket,),
            into=swap.performance,
            holder=swap.buyer,
            hold=swap.hold,
            exchange=digest(f"exchange {wish.name}").hex(),
            attempt=AttemptId(digest(f"attempt {swap.name}").hex()),
            by="staff:test" if by_staff else f"buyer:{wish.buyer}",
            unapproved_max=STAFF_ALONE_MAX if by_staff else None,
            method=swap.method,
            instrument=swap.instrument,
            pay_s=swap.pay_s,
        )
        await self.tell(f"exchange {wish.name}", command)

    async def accept(self, wish: Wish) -> None:
        """Take the other places that are offered for late money."""
        command = AcceptAlternative(
            now=self.container.clock.now(),
            performance=wish.performance,
            order=wish.code,
            buyer=wish.buyer,
        )
        await self.tell(f"accept {wish.name}", command)

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


def first_ticket(known: KnownOrder) -> TicketRef:
    """Name a ticket that an order still has.

    Raises:
        TicketNotValid: it has none any more.
    """
    for ticket in known.order.valid():
        return ticket.ref
    raise TicketNotValid


def is_paid(known: KnownOrder) -> bool:
    """Tell whether an order is confirmed and its money captured."""
    attempts = known.payment.attempts.values()
    return known.order.status == "confirmed" and any(
        attempt.status == "captured" for attempt in attempts
    )

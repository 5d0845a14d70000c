"""A house whose purchases a checkout process sees through, and buyers in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta

import msgspec

from boxoffice.application.ports.payments import PaymentProvider
from boxoffice.application.queries.orders import KnownOrder, find_order
from boxoffice.application.requests import Request
from boxoffice.application.writer import ask
from boxoffice.domain.ids import (
    AttemptId,
    BuyerId,
    CustomerId,
    HoldId,
    OrderCode,
    PersonId,
    order_code,
)
from boxoffice.domain.inventory.commands import HoldPlaces
from boxoffice.domain.message import Command, Meta
from boxoffice.domain.orders.commands import PlaceOrder, RefundTickets
from boxoffice.infrastructure.payments.memory import MemoryPaymentProvider
from boxoffice.settings import Settings
from boxoffice.testing import PERFORMANCE, on_sale
from tests.read_side import House, memory_house, until
from tests.trade import MORNING

PACE = {
    "payment_retry_s": 0.01,
    "payment_retry_max_s": 0.05,
    "payment_watch_s": 0.01,
    "payment_watch_max_s": 0.05,
    "refund_retry_s": 0.02,
    "refund_retry_max_s": 0.05,
}


class Shop:
    """A house on sale whose clock runs, and buyers who order one place each."""

    def __init__(
        self,
        provider: MemoryPaymentProvider | None = None,
        *,
        wire: PaymentProvider | None = None,
    ) -> None:
        self.provider = provider or MemoryPaymentProvider()
        self._payments = wire or self.provider
        plain = memory_house()
        settings: Settings = msgspec.structs.replace(plain.settings, **PACE)
        self.house: House = _with(plain, settings, self._payments)
        self.house.recorder.record(on_sale(places=60, now=MORNING))
        self._asked = 0

    def move(self, url: str) -> None:
        """Have the pages somewhere else from now on."""
        settings = msgspec.structs.replace(self.house.settings, public_url=url)
        self.house = _with(self.house, settings, self._payments)

    def later(self, by: timedelta) -> None:
        self.house.time.at += by

    async def ask(self, command: Command) -> None:
        self._asked += 1
        name = b"asked" + self._asked.to_bytes(11, "big")
        meta = Meta(command=name.hex(), correlation="", actor="staff:t", venue="main")
        await ask(self.house.writer, Request(name, name, command, meta))

    async def order(
        self, number: int, instrument: str, *, method: str = "card"
    ) -> OrderCode:
        code = order_code(number.to_bytes(8, "big"))
        now = self.house.clock.now()
        buyer, hold = BuyerId(f"buyer-{number}"), HoldId(f"hold-{number}")
        await self.ask(
            HoldPlaces(
                now=now,
                performance=PERFORMANCE,
                buyer=buyer,
                hold=hold,
                ordinals=(number,),
                ttl_s=600,
                cap_s=1_800,
            )
        )
        await self.ask(
            PlaceOrder(
                now=now,
                performance=PERFORMANCE,
                buyer=buyer,
                hold=hold,
                order=code,
                person=PersonId("person"),
                customer=CustomerId(f"customer-{number}"),
                attempt=AttemptId(f"attempt-{number}"),
                method=method,
                instrument=instrument,
                home=self.house.settings.home,
            )
        )
        return code

    async def known(self, code: str) -> KnownOrder:
        return await find_order(self.house.store, code)

    async def becomes(
        self, code: str, condition: Callable[[KnownOrder], bool], what: str
    ) -> KnownOrder:
        async def held() -> bool:
            # Time passes, so that pauses end.
            self.later(timedelta(seconds=0.05))
            return condition(await self.known(code))

        await until(held, what)
        return await self.known(code)


def _with(house: House, settings: Settings, provider: PaymentProvider) -> House:
    return dataclasses.replace(house, settings=settings, payments=provider)


def paid(known: KnownOrder) -> bool:
    attempts = known.payment.attempts.values()
    return known.order.status == "confirmed" and any(
        attempt.status == "captured" for attempt in attempts
    )


def failed(known: KnownOrder) -> bool:
    return all(a.status == "failed" for a in known.payment.attempts.values())


def back(known: KnownOrder) -> bool:
    refunds = [r for r in known.payment.refunds.values() if r.state == "completed"]
    return bool(refunds) and not [
        r for r in known.payment.refunds.values() if r.state == "requested"
    ]


async def refunded(shop: Shop, code: OrderCode, *, fee: int = 0) -> None:
    """Give the one ticket of an order back."""
    (ticket,) = (await shop.known(code)).order.valid()
    await shop.ask(
        RefundTickets(
            now=shop.house.clock.now(),
            performance=PERFORMANCE,
            order=code,
            buyer=None,
            tickets=(ticket.ref,),
            by="staff:t",
            note="",
            request="wish",
            fee=fee,
        )
    )

"""A box office with one show on sale, reached over HTTP, for tests of the API."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec

from boxoffice.application import generations
from boxoffice.application.folding import Shelf
from boxoffice.application.ports.documents import Documents
from boxoffice.application.ports.staff import StaffToken
from boxoffice.application.queries.orders import KnownOrder, find_order
from boxoffice.application.requests import Accepted, Request
from boxoffice.application.topics import fact_of
from boxoffice.application.writer import ask
from boxoffice.bootstrap import Container, open_container
from boxoffice.domain.ids import (
    AttemptId,
    HoldId,
    PerformanceId,
    RefundId,
    StaffId,
)
from boxoffice.domain.message import Command, Fact, Meta
from boxoffice.domain.money import Money
from boxoffice.domain.payments.commands import (
    PaymentStatus,
    SettlePayment,
    SettleRefund,
)
from boxoffice.domain.payments.decide import REFUND_TRIES_MAX
from boxoffice.readmodels.registry import MODELS
from boxoffice.settings import Settings
from boxoffice_api.app import create_app
from boxoffice_api.asgi import App
from boxoffice_api.edge import Edge
from boxoffice_api.lean import LeanHolds

PLACES = 24
ANN = {"name": "Ann Olivária", "email": "Ann@Example.org"}
SETTINGS = Settings(log_url="memory://", secret="the secret of tests")


class SetClock:
    """The time is what the test says."""

    def __init__(self) -> None:
        self.time = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def offset_s(self) -> float:
        return 0.0

    def pass_(self, **length: float) -> None:
        self.time += timedelta(**length)


@dataclass(frozen=True)
class House:
    """A running application and what stands behind it."""

    container: Container
    clock: SetClock
    app: App
    client: httpx.AsyncClient

    @property
    def edge(self) -> Edge:
        """What the handlers of the application share."""
        assert isinstance(self.app, LeanHolds)
        return self.app._edge

    def staff(self, role: str = "manager", **changes: Any) -> dict[str, str]:
        """Give the headers of somebody who works here."""
        secret = f"bo_staff_{role}-{len(self.container.tokens.all())}"
        person = changes.pop("person", f"A {role}")
        staff = self.container.tokens.identify(person, new=StaffId(os.urandom(8).hex()))
        token = StaffToken(staff, person, role, "main", self.clock.now())
        self.container.tokens.add(
            hashlib.sha256(secret.encode()).digest(),
            msgspec.structs.replace(token, **changes),
        )
        return {"authorization": f"Bearer {secret}"}

    async def buyer(self) -> dict[str, str]:
        """Give the headers of a new buyer."""
        answer = await self.client.post("/v1/buyers")
        self.client.cookies.clear()
        return {"authorization": f"Bearer {answer.json()['token']}"}

    async def on_sale(self) -> str:
        """Put a show on sale over HTTP; give its performance."""
        staff = self.staff()
        post = self.client.post
        plan = (await post("/v1/plans", json=plan_file(), headers=staff)).json()
        title = {"title": "Neon Nights"}
        show = (await post("/v1/productions", json=title, headers=staff)).json()
        asked = schedule(show["production"], plan["plan"])
        made = await post("/v1/performances", json=asked, headers=staff)
        of: str = made.json()["performance"]
        price = {"category": 0, "price": {"minor": 4500, "currency": "USD"}}
        await self.client.put(
            f"/v1/performances/{of}/prices", json={"prices": [price]}, headers=staff
        )
        await post(f"/v1/performances/{of}/open", headers=staff)
        return of

    async def held(self, of: str, who: dict[str, str], *places: int) -> str:
        """Hold places; give the hold's address."""
        made = await self.client.post(
            f"/v1/performances/{of}/holds", json={"places": places}, headers=who
        )
        assert made.status_code == 201, made.text
        address: str = made.headers["location"]
        return address

    async def ordered(
        self, of: str, who: dict[str, str], *places: int, **changes: Any
    ) -> dict[str, Any]:
        """Hold and order places; give the order as it was answered."""
        hold = await self.held(of, who, *places)
        made = await self.client.post(f"{hold}/order", json=ANN | changes, headers=who)
        assert made.status_code == 202, made.text
        order: dict[str, Any] = made.json()
        return order

    async def bought(
        self, of: str, who: dict[str, str], *places: int, **changes: Any
    ) -> dict[str, Any]:
        """Hold, order and pay; give the order as it was answered."""
        order = await self.ordered(of, who, *places, **changes)
        await self.settle(order["order"], "captured")
        return order

    async def settle(
        self, code: str, status: PaymentStatus, **changes: Any
    ) -> Accepted:
        """Say what the provider says of the newest try to pay for an order."""
        known = await find_order(self.container.store, code)
        attempt = list(known.payment.attempts.values())[-1]
        taken = attempt.amount if status == "captured" else Money(0, "USD")
        command = SettlePayment(
            now=self.clock.now(),
            performance=PerformanceId(known.order.performance),
            order=known.code,
            attempt=AttemptId(attempt.attempt),
            provider="sandbox",
            reference=f"pi_{attempt.attempt}",
            status=status,
            amount=attempt.amount,
            captured=taken,
            spare=HoldId(attempt.attempt),
            spare_s=3_600,
            refund=RefundId(f"re-{attempt.attempt}"),
        )
        command = msgspec.structs.replace(command, **changes)
        return await self._ask(command)

    async def fail_refund(self, code: str) -> str:
        """Have every try of an order's newest refund fail; name the last one."""
        for number in range(1, REFUND_TRIES_MAX + 1):
            known = await self.known(code)
            refund = list(known.payment.refunds.values())[-1]
            command = SettleRefund(
                now=self.clock.now(),
                performance=PerformanceId(known.order.performance),
                order=known.code,
                refund=RefundId(refund.refund),
                reference=f"re_{number}",
                status="failed",
                amount=refund.amount,
                retry=RefundId(f"{number:032x}"),
            )
            await self._ask(command)
        return refund.refund

    async def _ask(self, command: Command) -> Accepted:
        name = os.urandom(16)
        meta = Meta(
            command=name.hex(), correlation="x", actor="system:test", venue="main"
        )
        request = Request(name, b"h" * 32, command, meta)
        return await ask(self.container.writer, request)

    async def known(self, code: str) -> KnownOrder:
        """Give an order as the log has it."""
        return await find_order(self.container.store, code)

    async def facts(self) -> list[Fact]:
        """Give the whole log."""
        return [fact_of(r) for r in self.container.store.read(after=0, limit=9_999)]

    async def project(self, generation: int = 1) -> None:
        """Fold the whole log into a generation of every read model; let it serve."""
        facts = await self.facts()
        for model in MODELS:
            documents = self._sink(model.sink)
            shelf = Shelf(model, documents, generation=generation)
            await shelf.fold(model.grouped(facts))
            await shelf.flush()
            head = facts[-1].position
            await documents.mark(model.name, generation, dict.fromkeys(range(4), head))
            origin = generations.Origin(epoch=1, partitions=4)
            await generations.begin(documents, model.name, generation, origin)
            await documents.switch(model.name, generation)

    def _sink(self, sink: str) -> Documents:
        container = self.container
        return container.documents if sink == "documents" else container.cache


def plan_file(places: int = PLACES) -> dict[str, Any]:
    """Give a hall with one row in each of two zones."""
    return {
        "name": "The Hall",
        "categories": [{"name": "Full", "color": "#336699"}, {"name": "Cheap"}],
        "zones": [_zone("Stalls", places, "Full"), _zone("Balcony", 4, "Cheap")],
    }


def _zone(name: str, places: int, category: str) -> dict[str, Any]:
    seats = [
        {
            "seat_number": str(number),
            "seat_guid": f"{name}-{number}",
            "category": category,
            "position": {"x": 20 * number, "y": 0},
        }
        for number in range(1, places + 1)
    ]
    return {"name": name, "rows": [{"row_number": "A", "seats": seats}]}


def schedule(production: str, plan: str) -> dict[str, str]:
    """Give the body that puts a show on a date."""
    return {
        "production": production,
        "plan": plan,
        "starts_at": "2026-12-31T20:00:00-08:00",
        "zone": "America/Los_Angeles",
        "currency": "USD",
        "sale_from": "2026-12-01T00:00:00Z",
        "sale_until": "2026-12-31T20:00:00-08:00",
    }


@asynccontextmanager
async def open_house(settings: Settings = SETTINGS) -> AsyncIterator[House]:
    """Open a house whose services all live in memory."""
    async with open_container(settings) as real:
        clock = SetClock()
        container = replace(real, clock=clock)
        app = create_app(container)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://boxoffice.test"
        ) as client:
            yield House(container, clock, app, client)

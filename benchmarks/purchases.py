"""Complete purchases on the full stack: hold, order, pay, confirm, readable in Mongo.

    boxoffice stack run -- python -m benchmarks.purchases [--rounds 3] [--json FILE]

API, relay, projectors and reactors are processes of their own, on real services with
fsync on; the payment sandbox is another. A purchase counts when its order is confirmed
and paid in Mongo. The floors, in turns in the same run: the same two calls to the
sandbox alone (authorise and capture), and holds alone through the same API.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
from collections.abc import Awaitable, Callable, Mapping
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import aiohttp
import msgspec
from pymongo import AsyncMongoClient

from benchmarks import hold_data
from benchmarks.machine import machine
from benchmarks.processes import cpu_s, postmaster
from benchmarks.ratios import ratio
from benchmarks.reports import report
from boxoffice.infrastructure.postgres.event_store import PostgresEventStore
from boxoffice.testing import store_facts
from tests.e2e.house import House, full_house
from tests.services import postgres_database, redis_database

PURCHASES = 600
WARM_UP = 100
IN_FLIGHT = 32
ROLES = ("api", "relay", "projectors", "reactors")
POLL_S = 0.05
SETTLE_S = 60.0
OK = 200
COLLECTION = "order_g1"
PAID = {"body.status": "confirmed", "body.paid": {"$gt": 0}}


class Sample(msgspec.Struct):
    """One round; CPU in milliseconds a purchase, of our processes and PostgreSQL."""

    purchases_per_s: float
    sandbox_per_s: float
    holds_per_s: float
    p50_ms: float
    p99_ms: float
    cpu_ms: dict[str, float]


class Course:
    """One house with its buyers; every place is asked for once."""

    def __init__(self, house: House, session: aiohttp.ClientSession) -> None:
        self._house = house
        self._session = session
        self._places = count(1)
        self._numbers = count(1)
        self._root = f"{house.url}/v1/performances/{hold_data.PERFORMANCE}"
        self._sandbox = house.setting("PAYMENTS_URL")
        self._bank = {"Authorization": f"Bearer {house.setting('PAYMENTS_KEY')}"}
        self.latencies: list[float] = []

    async def hold(self) -> tuple[str, dict[str, str]]:
        """Become a buyer and hold the next place."""
        async with self._session.post(f"{self._house.url}/v1/buyers") as answer:
            token = (await answer.json())["token"]
        headers = {"Authorization": f"Bearer {token}"}
        wish = {"places": [next(self._places)]}
        held = await self._post(f"{self._root}/holds", wish, headers)
        return str(held["hold"]), headers

    async def purchase(self) -> None:
        """Buy a place, and look until the order is confirmed."""
        started = perf_counter()
        hold, headers = await self.hold()
        wish = {
            "name": "Pat Buyer",
            "email": "pat@example.org",
            "method": "card",
            "instrument": "pm_card_visa",
        }
        order = await self._post(f"{self._root}/holds/{hold}/order", wish, headers)
        path = f"{self._house.url}/v1/orders/{order['order']}"
        while order["status"] == "placed":
            await asyncio.sleep(POLL_S)
            async with self._session.get(path, headers=headers) as answer:
                order = await answer.json()
        assert order["status"] == "confirmed", order
        self.latencies.append(perf_counter() - started)

    async def pay(self) -> None:
        """Authorise and capture at the sandbox alone."""
        name = f"bench-{next(self._numbers)}"
        fields = {
            "amount": "4500",
            "currency": "usd",
            "capture_method": "manual",
            "confirm": "true",
            "payment_method": "pm_card_visa",
        }
        made = await self._charge("/v1/payment_intents", fields, name)
        path = f"/v1/payment_intents/{made['id']}/capture"
        await self._charge(path, {}, f"{name}:capture")

    async def _charge(
        self, path: str, fields: dict[str, str], key: str
    ) -> dict[str, object]:
        headers = {**self._bank, "Idempotency-Key": key}
        async with self._session.post(
            self._sandbox + path, data=fields, headers=headers
        ) as answer:
            found: dict[str, object] = await answer.json()
            assert answer.status == OK, found
            return found

    async def _post(
        self,
        url: str,
        wish: Mapping[str, object],
        headers: dict[str, str],
    ) -> dict[str, object]:
        async with self._session.post(url, json=wish, headers=headers) as answer:
            found: dict[str, object] = await answer.json()
            assert answer.status in (201, 202), found
            return found


async def each(work: Callable[[], Awaitable[object]], times: int) -> None:
    """Do something so many times, so many at once."""
    slots = asyncio.Semaphore(IN_FLIGHT)

    async def one() -> None:
        async with slots:
            await work()

    async with asyncio.TaskGroup() as group:
        for _ in range(times):
            group.create_task(one())


async def readable(house: House, wanted: int) -> None:
    """Wait until so many orders are confirmed and paid in Mongo."""
    async with AsyncMongoClient[dict[str, object]](
        house.setting("MONGO_URL")
    ) as client:
        orders = client[house.setting("MONGO_DATABASE")][COLLECTION]
        until = perf_counter() + SETTLE_S
        while await orders.count_documents(PAID) < wanted:
            assert perf_counter() < until, "the read side does not get there"
            await asyncio.sleep(POLL_S)


async def round_of(course: Course, house: House, done: int, postgres: int) -> Sample:
    """Measure one round; give its figures."""
    pids = {role: house.pid(role) for role in ROLES} | {"postgres": postgres}
    course.latencies.clear()
    before = {name: cpu_s(pid) for name, pid in pids.items()}
    started = perf_counter()
    await each(course.purchase, PURCHASES)
    await readable(house, done + PURCHASES)
    elapsed = perf_counter() - started
    used = {name: cpu_s(pid) - before[name] for name, pid in pids.items()}
    ranked = sorted(course.latencies)
    return Sample(
        purchases_per_s=PURCHASES / elapsed,
        sandbox_per_s=await rate(course.pay),
        holds_per_s=await rate(course.hold),
        p50_ms=1000 * ranked[len(ranked) // 2],
        p99_ms=1000 * ranked[int(0.99 * len(ranked))],
        cpu_ms={name: 1000 * s / PURCHASES for name, s in used.items()},
    )


async def rate(work: Callable[[], Awaitable[object]]) -> float:
    """Tell how often a second something can be done."""
    started = perf_counter()
    await each(work, PURCHASES)
    return PURCHASES / (perf_counter() - started)


async def measure(house: House, rounds: int) -> list[Sample]:
    """Warm up and measure."""
    postgres = postmaster(house.setting("LOG_URL"))
    connector = aiohttp.TCPConnector(limit=2 * IN_FLIGHT)
    async with aiohttp.ClientSession(
        connector=connector, cookie_jar=aiohttp.DummyCookieJar()
    ) as session:
        course = Course(house, session)
        await each(course.purchase, WARM_UP)
        await readable(house, WARM_UP)
        samples = []
        for number in range(rounds):
            done = WARM_UP + number * PURCHASES
            samples.append(await round_of(course, house, done, postgres))
        return samples


def summary(samples: list[Sample]) -> dict[str, object]:
    """Give medians, and the ratios of each round."""

    def median(values: list[float]) -> float:
        return round(statistics.median(values), 2)

    purchases = [s.purchases_per_s for s in samples]
    return {
        "purchases per second": median(purchases),
        "purchase / sandbox alone": ratio(
            purchases, [s.sandbox_per_s for s in samples]
        ),
        "purchase / hold alone": ratio(purchases, [s.holds_per_s for s in samples]),
        "p50_ms": median([s.p50_ms for s in samples]),
        "p99_ms": median([s.p99_ms for s in samples]),
        "cpu_ms a purchase": {
            name: median([s.cpu_ms[name] for s in samples])
            for name in samples[0].cpu_ms
        },
        "cpu_ms a purchase in all": median([sum(s.cpu_ms.values()) for s in samples]),
    }


def main() -> None:
    """Measure and report; `verify` must find everything in order."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    url = {
        name: os.environ[f"BOXOFFICE_TEST_{name.upper()}_URL"]
        for name in ("postgres", "kafka", "mongo", "redis")
    }
    about = machine(url["postgres"])
    with (
        TemporaryDirectory() as folder,
        postgres_database(url["postgres"]) as postgres,
        redis_database(url["redis"]) as redis,
        full_house(
            Path(folder),
            postgres=postgres,
            kafka=url["kafka"],
            mongo=url["mongo"],
            redis=redis,
        ) as house,
    ):
        store = PostgresEventStore(postgres)
        store_facts(store, hold_data.arena())
        store.close()
        house.start_all()
        samples = asyncio.run(measure(house, options.rounds))
        verified = house.run("verify")
        if verified.returncode:
            raise SystemExit(verified.stdout + verified.stderr)
    report({"machine": about, **summary(samples)}, options.json)


if __name__ == "__main__":
    main()

"""A thousand orders while everything goes wrong: all of them end, and money agrees.

`BOXOFFICE_TEST_SOAK_ORDERS` asks for more orders than CI has time for.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
from msgspec.structs import replace

from boxoffice.bootstrap import Container, open_container
from boxoffice.domain.ids import PerformanceId
from boxoffice.errors import BoxOfficeError, PaymentOpen, Unavailable
from boxoffice.infrastructure.postgres.migrate import migrate
from boxoffice.settings import Settings
from boxoffice_api.role import run as run_api
from boxoffice_projectors import reactors_role
from tests.e2e.house import (
    SANDBOX_KEY,
    SANDBOX_SECRET,
    House,
    plain_environment,
)
from tests.e2e.judge import Books, facts_of, judge, open_orders, read
from tests.e2e.shop import Shop, Wish, is_paid
from tests.read_side import running

ORDERS = int(os.environ.get("BOXOFFICE_TEST_SOAK_ORDERS", "1000"))
LIMIT_S = 90.0 + ORDERS / 10
SHOWS = 8
PLACES_PER_ORDER = 2
BUYERS_AT_ONCE = 32
POLL_S = 0.5
SOON_S = 0.2
TRIES_MAX = 20
WAYS = (
    ("card", "pm_card_visa", 600, 46),
    ("card", "pm_card_visa_chargeDeclined", 3, 8),
    ("card", "pm_card_authenticationRequired", 4, 10),
    ("card", "pm_sandbox_refund_fails_once", 600, 6),
    ("card", "pm_sandbox_late_success", 2, 6),
    ("pix", "pm_pix", 600, 10),
    ("pix", "pm_pix_processing", 2, 10),
    ("card", "", 2, 4),
)
"""Method, instrument, time to pay in seconds, and how many of a hundred do so."""
FAULTS = {
    "seed": 7,
    "calls": [
        {
            "error_before": 0.08,
            "error_after": 0.08,
            "timeout_before": 0.07,
            "timeout_after": 0.07,
            "stall_ms": 400,
        }
    ],
    "hooks": {"duplicate": 0.3, "drop": 0.3, "delay_ms": 800, "forge": 0.05},
}


@dataclass
class Crowd:
    """Buyers with a will of their own, drawn from a seed."""

    shop: Shop
    sandbox: aiohttp.ClientSession
    shows: list[PerformanceId]
    places: int
    chance: random.Random
    seen: Counter[str] = field(default_factory=Counter)

    async def live(self, number: int) -> None:
        """Order something, and do with it what people do."""
        wish = self._wish(number)
        if not await self._patiently(lambda: self.shop.order(wish)):
            self.seen["found no places"] += 1
            return
        self.seen[wish.instrument or "went away"] += 1
        mood = self.chance.random()
        if mood < 0.08:
            await self._patiently(lambda: self.shop.cancel(wish))
        if wish.instrument == "pm_card_authenticationRequired":
            await self._authenticate(wish)
        if wish.instrument == "pm_pix_processing":
            await self._pay_late(wish)
        if wish.instrument == "pm_card_visa" and 0.08 <= mood < 0.25:
            await self._refund(wish)

    def _wish(self, number: int) -> Wish:
        ways = [way[:3] for way in WAYS]
        shares = [way[3] for way in WAYS]
        ((method, instrument, pay_s),) = self.chance.choices(ways, shares)
        first = self.chance.randrange(1, self.places)
        return Wish(
            f"soak {number}",
            self.chance.choice(self.shows),
            tuple(range(first, first + self.chance.randint(1, PLACES_PER_ORDER))),
            instrument,
            method,
            pay_s,
        )

    async def _patiently(self, deed: Callable[[], Awaitable[object]]) -> bool:
        """Ask again, under the same name, while it is not known what came of it."""
        for _ in range(TRIES_MAX):
            try:
                await deed()
            except (Unavailable, PaymentOpen):
                await asyncio.sleep(SOON_S)
            except BoxOfficeError as refusal:
                self.seen[f"refused: {refusal.code}"] += 1
                return False
            else:
                return True
        return False

    async def _authenticate(self, wish: Wish) -> None:
        """Go to the bank's page, if we are sent there; some say no, some never come."""
        for _ in range(TRIES_MAX):
            (attempt,) = (await self.shop.known(wish)).payment.attempts.values()
            if attempt.status == "awaited":
                break
            await asyncio.sleep(SOON_S)
        if not attempt.action_url:
            return
        agreed = "yes" if self.chance.random() < 0.8 else "no"
        await self._post(attempt.action_url, {"agreed": agreed})

    async def _pay_late(self, wish: Wish) -> None:
        """Let the money come in time, too late, or never."""
        late = self.chance.randrange(25)
        outcome = "succeed" if self.chance.random() < 0.8 else "fail"
        for turn in range(late + TRIES_MAX):
            (attempt,) = (await self.shop.known(wish)).payment.attempts.values()
            if turn >= late and attempt.reference:
                path = f"/v1/sandbox/settle/{attempt.reference}"
                await self._post(path, {"outcome": outcome})
                return
            await asyncio.sleep(SOON_S)

    async def _post(self, url: str, form: dict[str, str]) -> None:
        async with self.sandbox.post(url, data=form, allow_redirects=False) as answer:
            await answer.read()

    async def _refund(self, wish: Wish) -> None:
        for _ in range(TRIES_MAX):
            if is_paid(await self.shop.known(wish)):
                await self._patiently(lambda: self.shop.refund(wish))
                return
            await asyncio.sleep(SOON_S)


@pytest.fixture
async def settings(
    new_postgres_database: Callable[[], str], tmp_path: Path
) -> Settings:
    url = new_postgres_database()
    await asyncio.to_thread(migrate, url)
    return Settings(
        log_url=url,
        data=str(tmp_path),
        payments_key=SANDBOX_KEY,
        payments_webhook_secrets=SANDBOX_SECRET,
        payment_timeout_s=0.2,
        payment_retry_s=0.1,
        payment_retry_max_s=1.0,
        payment_watch_s=0.5,
        payment_watch_max_s=2.0,
        refund_retry_s=0.2,
        offer_s=2,
        health_port=0,
    )


@asynccontextmanager
async def town(
    settings: Settings, folder: Path
) -> AsyncIterator[tuple[House, Container]]:
    """Run a sandbox, an API that hears its webhooks, and a reactor beside it."""
    house = House(folder, {**plain_environment(), "BOXOFFICE_DATA": str(folder)})
    try:
        await asyncio.to_thread(house.start_sandbox)
        settings = replace(settings, payments_url=house.setting("PAYMENTS_URL"))
        async with (
            open_container(settings) as api,
            open_container(settings) as reactor,
            running(
                run_api(api, host="127.0.0.1", port=house.port),
                reactors_role.run(reactor),
            ),
        ):
            yield house, api
    finally:
        house.close()


async def settle_all(sandbox: aiohttp.ClientSession) -> None:
    """Let the banks decide on all money that is still on its way."""
    async with sandbox.get("/v1/sandbox/ledger") as answer:
        payments = (await answer.json())["payments"]
    for payment in payments:
        if payment["status"] == "processing":
            path = f"/v1/sandbox/settle/{payment['intent']}"
            async with sandbox.post(path, data={"outcome": "succeed"}) as settled:
                await settled.read()


async def all_end(log_url: str, sandbox: aiohttp.ClientSession) -> Books:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + LIMIT_S
    while True:
        await settle_all(sandbox)
        books = read(await asyncio.to_thread(facts_of, log_url))
        left = open_orders(books)
        if not left:
            return books
        assert loop.time() < deadline, [(c, books.orders[c]) for c in left[:5]]
        await asyncio.sleep(POLL_S)


@pytest.mark.slow
@pytest.mark.timeout(300 + ORDERS)
async def test_every_order_ends_and_every_cent_is_accounted_for(
    settings: Settings, tmp_path: Path
) -> None:
    async with (
        town(settings, tmp_path) as (house, container),
        aiohttp.ClientSession(
            house.setting("PAYMENTS_URL"),
            headers={"Authorization": f"Bearer {SANDBOX_KEY}"},
        ) as sandbox,
    ):
        async with sandbox.post("/v1/sandbox/faults", json=FAULTS) as answer:
            assert answer.status == 200, await answer.text()
        shop = Shop(container)
        places = max(20, ORDERS // SHOWS * 2)
        shows = [shop.open(f"show {n}", places=places) for n in range(SHOWS)]
        crowd = Crowd(shop, sandbox, shows, places, random.Random(7))
        gate = asyncio.Semaphore(BUYERS_AT_ONCE)

        async def one(number: int) -> None:
            async with gate:
                await crowd.live(number)

        await asyncio.gather(*(one(number) for number in range(ORDERS)))
        await shop.call_off(shows[0])
        books = await all_end(settings.log_url, sandbox)
    assert judge(settings.log_url, house.ledger) == []
    ends = Counter(order.status for order in books.orders.values())
    assert ends["confirmed"] > ORDERS // 4, (ends, crowd.seen)
    assert ends["ended"] > ORDERS // 20, (ends, crowd.seen)

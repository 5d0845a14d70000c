"""A thousand orders while everything goes wrong: all of them end, and money agrees.

They are bought, exchanged, voided, refunded and given away, and one performance is
called off while its tickets are sold.

`BOXOFFICE_TEST_SOAK_ORDERS` asks for more orders than CI has time for.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from msgspec.structs import replace

from boxoffice.bootstrap import Container, open_container
from boxoffice.settings import Settings
from boxoffice_api.role import run as run_api
from boxoffice_projectors import reactors_role
from tests.e2e.crowd import Crowd
from tests.e2e.house import (
    SANDBOX_KEY,
    SANDBOX_SECRET,
    House,
    plain_environment,
)
from tests.e2e.judge import Books, facts_of, judge, open_orders, read
from tests.e2e.shop import DEAR, PRICE, Shop
from tests.read_side import running

ORDERS = int(os.environ.get("BOXOFFICE_TEST_SOAK_ORDERS", "1000"))
REST_S = 60.0
"""After the last fault everything is at rest within a minute."""
SHOWS = 8
BUYERS_AT_ONCE = 48
POLL_S = 0.5
EVERYTHING_FROM = 1_000
"""So many orders, and each of these has happened to some of them."""
EVERYTHING = {
    "approval-denied.v1",
    "approval-given.v1",
    "comps-issued.v1",
    "comps-returned.v1",
    "exchange-abandoned.v1",
    "exchange-placed.v1",
    "order-cancelled.v1",
    "order-confirmed.v1",
    "order-expired.v1",
    "order-voided.v1",
    "payment-authorised.v1",
    "payment-captured.v1",
    "payment-failed.v1",
    "performance-cancelled.v1",
    "promotion-redeemed.v1",
    "promotion-returned.v1",
    "refund-completed.v1",
    "refund-failed.v1",
    "tickets-exchanged.v1",
    "tickets-refunded.v1",
}
FAULTS: dict[str, object] = {
    "seed": 7,
    "calls": [
        {
            "error_before": 0.086,
            "error_after": 0.086,
            "timeout_before": 0.086,
            "timeout_after": 0.086,
            "stall_ms": 400,
        }
    ],
    "hooks": {"duplicate": 0.3, "drop": 0.3, "delay_ms": 800, "forge": 0.05},
}
"""1 - (1 - 0.086) ** 4: thirty calls of a hundred fail or time out."""
NO_FAULTS: dict[str, object] = {"seed": 7}


@pytest.fixture
def settings(log_url: str, tmp_path: Path) -> Settings:
    return Settings(
        log_url=log_url,
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


async def become(sandbox: aiohttp.ClientSession, faults: dict[str, object]) -> None:
    """Let the provider misbehave like this from now on."""
    async with sandbox.post("/v1/sandbox/faults", json=faults) as answer:
        assert answer.status == 200, await answer.text()


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
    deadline = loop.time() + REST_S
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
        await become(sandbox, FAULTS)
        shop = Shop(container)
        places = max(20, ORDERS // SHOWS * 2)
        prices = (PRICE, DEAR, PRICE)
        shows = [
            shop.open(f"show {n}", places=places, prices=prices) for n in range(SHOWS)
        ]
        crowd = Crowd(shop, sandbox, shows, places, random.Random(7))
        await crowd.prepare(ORDERS)
        gate = asyncio.Semaphore(BUYERS_AT_ONCE)

        async def one(number: int) -> None:
            async with gate:
                if number == ORDERS * 3 // 4:
                    await shop.call_off(shows[0])
                await crowd.live(number)

        await asyncio.gather(*(one(number) for number in range(ORDERS)))
        await become(sandbox, NO_FAULTS)
        books = await all_end(settings.log_url, sandbox)
    assert len(books.orders) >= ORDERS, crowd.seen
    assert judge(settings.log_url, house.ledger) == []
    ends = Counter(order.status for order in books.orders.values())
    assert ends["confirmed"] > ORDERS // 4, (ends, crowd.seen)
    assert ends["ended"] > ORDERS // 20, (ends, crowd.seen)
    if ORDERS >= EVERYTHING_FROM:
        happened = {tag for _, tag, _ in facts_of(settings.log_url)}
        assert set() == EVERYTHING - happened, crowd.seen

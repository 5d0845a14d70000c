"""An API that dies at a notice is told again, and ends what the notice was about."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import aiohttp
import pytest
from msgspec.structs import replace

from boxoffice.bootstrap import open_container
from boxoffice.infrastructure.postgres.migrate import migrate
from boxoffice.sandbox.server import API_KEY, SECRET, running_sandbox
from boxoffice.settings import Settings
from tests.e2e.house import free_port
from tests.e2e.judge import facts_of, judge, open_orders, read
from tests.e2e.mortal import api, kill, reactor
from tests.e2e.shop import Shop, Wish, is_paid
from tests.read_side import until

ASKED = "pm_card_authenticationRequired"
NEVER_S = 3_600.0
"""The reactor does not look by itself: what comes, comes by notices."""
POINTS = tuple(
    f"{step}.{side}"
    for step in (
        "append",
        "provider.look_up",
        "provider.cancel",
        "provider.look_up_refund",
    )
    for side in ("before", "after")
)
HITS = (1, 2)


@dataclass
class Town:
    """A shop, a reactor that lives, and an API that may die and is replaced."""

    shop: Shop
    settings: Settings
    ledger: Path
    port: int
    process: ForkServerProcess | None = None
    deaths: list[str] = field(default_factory=list)
    point: str = ""

    def start(self, point: str = "") -> None:
        self.point = point
        self.process = api(replace(self.settings, crash_at=point), self.port)

    def stop(self) -> None:
        assert self.process is not None
        kill(self.process)

    def heal(self) -> None:
        """Replace an API that died as it was told to."""
        assert self.process is not None
        if self.process.is_alive():
            return
        assert self.process.exitcode == -signal.SIGKILL, self.process.exitcode
        self.deaths.append(self.point)
        self.start()

    async def becomes(
        self, what: str, condition: Callable[[], Awaitable[bool]]
    ) -> None:
        async def held() -> bool:
            self.heal()
            return await condition()

        await until(held, what)

    async def answer(self, wish: Wish, agreed: str) -> None:
        """Answer the bank, as the buyer does in 3-D Secure."""
        (attempt,) = (await self.shop.known(wish)).payment.attempts.values()
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                attempt.action_url, data={"agreed": agreed}, allow_redirects=False
            ) as answer,
        ):
            assert answer.status < 400, await answer.text()

    async def all_ended(self) -> bool:
        facts = await asyncio.to_thread(facts_of, self.settings.log_url)
        return bool(self.deaths) and not open_orders(read(facts))


@pytest.fixture
async def town(
    new_postgres_database: Callable[[], str], tmp_path: Path
) -> AsyncIterator[Town]:
    postgres_url = new_postgres_database()
    await asyncio.to_thread(migrate, postgres_url)
    ledger, port = tmp_path / "ledger.sqlite", free_port()
    webhook = f"http://127.0.0.1:{port}/v1/payments/webhook"
    async with running_sandbox(data=str(ledger), webhooks=[webhook]) as address:
        settings = Settings(
            log_url=postgres_url,
            data=str(tmp_path),
            payments_url=address,
            payments_key=API_KEY,
            payments_webhook_secrets=SECRET,
            payment_retry_s=0.02,
            payment_watch_s=NEVER_S,
            payment_watch_max_s=NEVER_S,
            relay_lease_s=0.4,
            health_port=0,
        )
        reacting = reactor(settings)
        async with open_container(settings) as container:
            yield Town(Shop(container), settings, ledger, port)
        kill(reacting)


async def noticed(town: Town, point: str) -> None:
    """Let everything come by notices, around one death of who is told.

    Two buyers say no to their bank and one says yes; a refund arrives after a while.
    """
    show = town.shop.open(point, places=4)
    asked = [Wish(f"{point} {n}", show, (n,), ASKED) for n in (1, 2, 3)]
    back = Wish(f"{point} back", show, (4,), "pm_card_pendingRefund")
    for wish in (*asked, back):
        await town.shop.order(wish)

    async def begun() -> bool:
        known = [await town.shop.known(wish) for wish in asked]
        attempts = [a for one in known for a in one.payment.attempts.values()]
        waiting = all(attempt.status == "awaited" for attempt in attempts)
        return waiting and is_paid(await town.shop.known(back))

    async def ended() -> bool:
        known = [await town.shop.known(wish) for wish in asked[:2]]
        attempts = [a for one in known for a in one.payment.attempts.values()]
        refused = all(attempt.status == "failed" for attempt in attempts)
        return refused and is_paid(await town.shop.known(asked[2]))

    await town.becomes(f"{point}: begun", begun)
    for wish, agreed in zip(asked, ("no", "no", "yes"), strict=True):
        await town.answer(wish, agreed)
    await town.becomes(f"{point}: ended", ended)
    for wish in asked[:2]:
        await town.shop.cancel(wish)
    await town.shop.refund(back)
    await town.becomes(f"{point}: all ended", town.all_ended)


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_an_api_that_dies_at_a_notice_is_told_again(town: Town) -> None:
    for point in POINTS:
        for hit in HITS:
            town.deaths.clear()
            town.start(f"{point}:{hit}")
            await noticed(town, f"{point}:{hit}")
            town.stop()
            assert town.deaths == [f"{point}:{hit}"]
    assert judge(town.settings.log_url, town.ledger) == []

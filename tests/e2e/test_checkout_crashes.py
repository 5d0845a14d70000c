"""Whoever dies wherever in a purchase: it ends as if nobody had, and money agrees."""

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

from boxoffice.application.crash_points import POINTS
from boxoffice.bootstrap import open_container
from boxoffice.domain.ids import PerformanceId
from boxoffice.sandbox.server import API_KEY, running_sandbox
from boxoffice.settings import Settings
from tests.e2e.desk import Desk
from tests.e2e.judge import facts_of, judge, open_orders, read
from tests.e2e.mortal import buyer, kill, reactor
from tests.e2e.shop import DEAR, PRICE, Shop, Wish, is_paid

LIMIT_S = 60.0
POLL_S = 0.03
HITS = (1, 2)
TURNS_MAX = 5
ON_DETOURS = sorted(p for p in POINTS if p.startswith(("provider", "checkout.settle")))
"""Where money may be lost; the other places know nothing of how it came."""
Condition = Callable[[], Awaitable[bool]]


async def until(condition: Condition, what: str) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + LIMIT_S
    while not await condition():
        assert loop.time() < deadline, f"it never came true: {what}"
        await asyncio.sleep(POLL_S)


@dataclass
class Town:
    """A shop, the books of its payment provider, and the reactors that it had."""

    shop: Shop
    settings: Settings
    ledger: Path
    process: ForkServerProcess | None = None
    deaths: list[str] = field(default_factory=list)
    point: str = ""

    def start(self, point: str = "") -> None:
        self.point = point
        self.process = reactor(replace(self.settings, crash_at=point))

    def heal(self) -> None:
        """Replace a reactor that died as it was told to."""
        assert self.process is not None
        if self.process.is_alive():
            return
        assert self.process.exitcode == -signal.SIGKILL, self.process.exitcode
        self.deaths.append(self.point)
        self.start()

    def stop(self) -> None:
        assert self.process is not None
        kill(self.process)

    async def settled(
        self, what: str, *conditions: Callable[[], Awaitable[bool]]
    ) -> None:
        async def held() -> bool:
            self.heal()
            return all([await condition() for condition in conditions])

        await until(held, what)

    async def post(self, url: str, **form: str) -> None:
        """Do what a buyer or a bank does at the provider."""
        headers = {"Authorization": f"Bearer {API_KEY}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.post(url, data=form, allow_redirects=False) as answer,
        ):
            assert answer.status < 400, await answer.text()

    async def pay_late(self, wish: Wish) -> None:
        """Let the money of a payment come that is on its way."""
        (attempt,) = (await self.shop.known(wish)).payment.attempts.values()
        controls = f"{self.settings.payments_url}/v1/sandbox"
        await self.post(f"{controls}/settle/{attempt.reference}", outcome="succeed")

    async def all_ended(self) -> bool:
        facts = await asyncio.to_thread(facts_of, self.settings.log_url)
        return not open_orders(read(facts))

    async def died(self) -> bool:
        return bool(self.deaths)


@pytest.fixture
async def town(log_url: str, tmp_path: Path) -> AsyncIterator[Town]:
    ledger = tmp_path / "ledger.sqlite"
    async with running_sandbox(data=str(ledger)) as address:
        settings = Settings(
            log_url=log_url,
            data=str(tmp_path),
            payments_url=address,
            payments_key=API_KEY,
            payment_retry_s=0.02,
            payment_watch_s=0.05,
            payment_watch_max_s=0.2,
            relay_lease_s=0.4,
            health_port=0,
        )
        async with open_container(settings) as container:
            yield Town(Shop(container), settings, ledger)


def wishes(town: Town, case: str, *, instrument: str = "pm_card_visa") -> list[Wish]:
    """Two who buy and give back, two who never come back, two whose show is off.

    The last one wants another place, which costs more.
    """
    one, two = (
        town.shop.open(f"{case} {n}", places=8, prices=(PRICE, DEAR)) for n in (1, 2)
    )
    return [
        Wish(f"{case} 1", one, (1, 2), instrument),
        Wish(f"{case} 2", one, (3,), instrument),
        Wish(f"{case} 3", one, (4,), "pm_card_authenticationRequired"),
        Wish(f"{case} 4", one, (5, 6), "pm_card_authenticationRequired"),
        Wish(f"{case} 5", two, (1,), "pm_card_visa"),
        Wish(f"{case} 6", two, (2, 3), "pm_card_visa"),
        Wish(f"{case} 7", one, (7,), "pm_card_visa"),
    ]


def paid(town: Town, *orders: Wish) -> Condition:
    async def condition() -> bool:
        return all([is_paid(await town.shop.known(wish)) for wish in orders])

    return condition


def awaited(town: Town, *orders: Wish) -> Condition:
    async def condition() -> bool:
        known = [await town.shop.known(wish) for wish in orders]
        return all(
            attempt.status == "awaited"
            for one in known
            for attempt in one.payment.attempts.values()
        )

    return condition


async def purchase(town: Town, point: str) -> None:
    """Let everything happen that may happen to orders, around one death."""
    case = point or "nobody dies"
    pending = "look_up_refund" in point
    instrument = "pm_card_pendingRefund" if pending else "pm_card_visa"
    orders = wishes(town, case, instrument=instrument)
    for wish in orders:
        await town.shop.order(wish)
    buying, leaving = [*orders[:2], *orders[4:]], orders[2:4]
    conditions = [paid(town, *buying), awaited(town, *leaving)]
    if point.startswith("provider.look_up."):
        conditions.append(town.died)
    await town.settled(f"{case}: all are paid or awaited", *conditions)
    refunded, voided, moved = orders[0], orders[1], orders[6]
    await town.shop.refund(refunded)
    await Desk(town.shop).void(voided)
    dearer = Wish(f"{case} 8", moved.performance, (8,), "pm_card_visa")
    await town.shop.exchange(moved, dearer, by_staff=False)
    for wish in leaving:
        await town.shop.cancel(wish)
    await town.shop.call_off(orders[4].performance)
    await town.settled(f"{case}: all ended", town.all_ended)
    (ticket,) = (await town.shop.known(moved)).order.valid()
    assert ticket.ref.ordinal == 8


async def expiry(town: Town, point: str) -> None:
    """Let two orders run out of time, around one death."""
    show = town.shop.open(point, places=4)
    for number in (1, 2):
        await town.shop.order(Wish(f"{point} {number}", show, (number,), "", pay_s=1))
    await town.settled(f"{point}: all ended", town.all_ended)


async def detours(town: Town, point: str) -> None:
    """Let happen what is not everybody's way, around one death.

    A Pix that is given back, a decline, an exchange whose difference is paid, and money
    that comes when its places are gone and takes others.
    """
    pending = "look_up_refund" in point
    card = "pm_card_pendingRefund" if pending else "pm_card_visa"
    show = town.shop.open(f"detours {point}", places=10, prices=(PRICE, DEAR))
    pix = Wish(f"{point} pix", show, (1,), "pm_pix", "pix")
    declined = Wish(f"{point} no", show, (2,), "pm_card_visa_chargeDeclined", pay_s=1)
    swapped = Wish(f"{point} swapped", show, (3,), card)
    dearer = Wish(f"{point} dearer", show, (4,), card)
    for wish in (pix, declined, swapped):
        await town.shop.order(wish)
    await town.settled(f"{point}: paid", paid(town, pix, swapped))
    late = await begun_late(town, f"{point} late", show)
    await town.settled(f"{point}: late", expired(town, late, declined))
    taker = Wish(f"{point} taker", show, (5,), "pm_card_visa")
    await town.shop.order(taker)
    await town.shop.exchange(swapped, dearer, by_staff=False)
    await town.settled(f"{point}: taken", paid(town, taker), exchanged(town, swapped))
    await town.pay_late(late)
    await town.settled(f"{point}: offered", offered(town, late))
    await town.shop.accept(late)
    for wish in (pix, swapped):
        await town.shop.refund(wish)
    await town.settled(f"{point}: all ended", town.all_ended)
    assert is_paid(await town.shop.known(late))


async def begun_late(town: Town, name: str, show: PerformanceId) -> Wish:
    """Order with money that is on its way when the time runs out.

    The provider may hear of it too late, if the checkout was dead meanwhile: then
    nothing ever comes, and somebody else tries.
    """
    for turn in range(TURNS_MAX):
        wish = Wish(f"{name} {turn}", show, (5,), "pm_pix_processing", "pix", pay_s=1)
        await town.shop.order(wish)
        await town.settled(f"{name}: expired", expired(town, wish))
        (attempt,) = (await town.shop.known(wish)).payment.attempts.values()
        if attempt.waits_for == "money":
            return wish
    raise AssertionError(name)


def expired(town: Town, *orders: Wish) -> Condition:
    async def condition() -> bool:
        known = [await town.shop.known(wish) for wish in orders]
        return {one.order.status for one in known} == {"expired"}

    return condition


def exchanged(town: Town, wish: Wish) -> Condition:
    async def condition() -> bool:
        known = await town.shop.known(wish)
        attempts = known.payment.attempts.values()
        return [attempt.status for attempt in attempts] == ["captured", "captured"]

    return condition


def offered(town: Town, wish: Wish) -> Condition:
    async def condition() -> bool:
        return (await town.shop.known(wish)).order.offer is not None

    return condition


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("log_url", ["sqlite"], indirect=True)
async def test_a_detour_whose_checkout_dies_anywhere_is_finished_by_the_next(
    town: Town,
) -> None:
    for point in ON_DETOURS:
        for hit in HITS:
            town.deaths.clear()
            town.start(f"{point}:{hit}")
            await detours(town, f"{point}:{hit}")
            town.stop()
            assert town.deaths == [f"{point}:{hit}"]
    assert judge(town.settings.log_url, town.ledger) == []


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_checkout_that_dies_anywhere_is_finished_by_the_next(
    town: Town,
) -> None:
    died = set()
    for point in sorted(POINTS):
        story = expiry if "expire" in point else purchase
        for hit in HITS:
            town.deaths.clear()
            town.start(f"{point}:{hit}")
            await story(town, f"{point}:{hit}")
            town.stop()
            assert town.deaths == [f"{point}:{hit}"]
            died.add(point)
    assert died == POINTS
    assert judge(town.settings.log_url, town.ledger) == []


@pytest.mark.parametrize("point", ["append.before", "append.after"])
@pytest.mark.parametrize("hit", HITS)
async def test_an_order_whose_process_died_is_placed_once_when_asked_again(
    town: Town, point: str, hit: int
) -> None:
    show = town.shop.open(f"api {point} {hit}", places=4)
    wish = Wish(f"api {point} {hit}", show, (1, 2), "pm_card_visa")
    process = buyer(replace(town.settings, crash_at=f"{point}:{hit}"), wish)
    await asyncio.to_thread(process.join, LIMIT_S)
    assert process.exitcode == -signal.SIGKILL
    await town.shop.order(wish)
    town.start()
    await town.settled("the order is paid", paid(town, wish))
    town.stop()
    assert judge(town.settings.log_url, town.ledger) == []

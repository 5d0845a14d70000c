"""The hub: how many may watch, one feed for all of them, and the end."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from boxoffice.application.queries.catalogue import PerformanceEntry
from boxoffice.domain.ids import PerformanceId, PlanId, ProductionId
from boxoffice.errors import Overloaded
from boxoffice.testing import NOON
from boxoffice_api.live.feeds import Tell
from boxoffice_api.live.frames import Beat, encode
from boxoffice_api.live.hub import Hub, View

FRAME = encode(Beat(1))
ENTRY = PerformanceEntry(
    performance=PerformanceId("0" * 24),
    production=ProductionId("1" * 24),
    title="Neon Nights",
    plan=PlanId("2" * 24),
    plan_version=0,
    starts_at=NOON,
    zone="UTC",
    currency="USD",
    sale_from=NOON,
    sale_until=NOON,
    categories=(),
)


@dataclass
class Feeds:
    """Counts the feeds that run."""

    running: int = 0
    made: int = 0

    def make(self, _view: View, _entry: PerformanceEntry) -> StillFeed:
        self.made += 1
        return StillFeed(self)


class StillFeed:
    """Shows one frame for ever."""

    def __init__(self, feeds: Feeds) -> None:
        self._feeds = feeds
        self.is_stale = False
        self.position = 1

    def snapshot(self) -> bytes:
        return FRAME

    async def run(self, tell: Tell) -> None:
        self._feeds.running += 1
        tell(FRAME)
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self._feeds.running -= 1


async def test_everybody_shares_one_feed_that_ends_with_the_last() -> None:
    feeds = Feeds()
    hub = Hub(feeds.make, sockets_max=10, frames_max=4)
    async with hub.seat("hall", ENTRY) as one, hub.seat("hall", ENTRY) as other:
        assert one.room is other.room
        assert (feeds.made, feeds.running, hub.sockets) == (1, 1, 2)
    assert (feeds.running, hub.sockets) == (0, 0)
    async with hub.seat("hall", ENTRY), hub.seat("board", ENTRY):
        assert (feeds.made, feeds.running) == (3, 2)
    assert feeds.running == 0


async def test_no_more_are_let_in_than_there_are_places() -> None:
    hub = Hub(Feeds().make, sockets_max=1, frames_max=4)
    async with hub.seat("hall", ENTRY):
        with pytest.raises(Overloaded):
            async with hub.seat("hall", ENTRY):
                pass
    async with hub.seat("hall", ENTRY) as seat:
        assert await seat.mailbox.get(timeout_s=1) == FRAME


async def test_a_seat_ends_at_its_age() -> None:
    feeds = Feeds()
    hub = Hub(feeds.make, sockets_max=1, frames_max=4, age_max_s=0.05)

    async def sit() -> None:
        async with hub.seat("hall", ENTRY) as seat:
            while True:
                await seat.mailbox.get(timeout_s=5)

    with pytest.raises(TimeoutError):
        await sit()
    assert (feeds.running, hub.sockets) == (0, 0)


async def test_closing_ends_every_seat_and_lets_nobody_in() -> None:
    hub = Hub(Feeds().make, sockets_max=9, frames_max=4)
    sitting = asyncio.Barrier(4)

    async def sit() -> str:
        try:
            async with hub.seat("hall", ENTRY) as seat:
                await sitting.wait()
                while True:
                    await seat.mailbox.get(timeout_s=5)
        except TimeoutError:
            return "left"

    seats = [asyncio.create_task(sit()) for _ in range(3)]
    await sitting.wait()
    await hub.close()
    async with asyncio.timeout(5):
        assert await asyncio.gather(*seats) == ["left"] * 3
    with pytest.raises(Overloaded):
        async with hub.seat("hall", ENTRY):
            pass

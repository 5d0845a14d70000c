"""Rooms and feeds over an in-memory fanout: nobody misses anything, nobody waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from boxoffice.application.mailbox import Mailbox
from boxoffice.errors import Unavailable
from boxoffice.infrastructure.memory.fanout import MemoryFanout
from boxoffice.readmodels.availability import Availability
from boxoffice.readmodels.sales_board import SalesBoard, Totals
from boxoffice.testing import NOON
from boxoffice_api.live import feeds
from boxoffice_api.live.feeds import BoardFeed, HallFeed
from boxoffice_api.live.room import Room
from tests.unit.pages.halls import Section, availability
from tests.unit.pages.viewer import Viewer

CHANNEL = "live:p"
LIMIT_S = 5.0


class Theatre:
    """A section, the store that its document lies in, and a fanout."""

    def __init__(self, *, payloads_max: int = 100) -> None:
        self.section = Section()
        self.fanout = MemoryFanout(payloads_max=payloads_max)
        self.is_away = False
        self.reads = 0

    async def read(self) -> Sequence[Availability]:
        self.reads += 1
        if self.is_away:
            raise Unavailable
        return [self.section.document]

    def feed(self) -> HallFeed:
        return HallFeed(
            listen=lambda: self.fanout.listen(CHANNEL), read=self.read, frames_s=0.01
        )

    async def tell(self, **changes: str) -> None:
        await self.fanout.publish([(CHANNEL, self.section.tell(**changes))])

    @asynccontextmanager
    async def room(self, *, frames_max: int = 64) -> AsyncIterator[Room]:
        room = Room(self.feed(), frames_max=frames_max)
        try:
            yield room
        finally:
            await room.close()

    @property
    def states(self) -> dict[int, str]:
        return availability(self.section.document)


async def watch(mailbox: Mailbox, viewer: Viewer, *, room: Room) -> None:
    """Take the next frame, or a snapshot when frames were lost."""
    try:
        frame = await mailbox.get(timeout_s=LIMIT_S)
    except Unavailable:
        frame = room.snapshot()
    assert frame is not None
    if b'"stale"' not in frame:
        viewer.take(frame)


async def watch_until(
    condition: Callable[[], bool], mailbox: Mailbox, viewer: Viewer, *, room: Room
) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not condition():
            await watch(mailbox, viewer, room=room)


async def test_a_seat_begins_with_a_snapshot_and_goes_on_with_deltas() -> None:
    theatre, viewer = Theatre(), Viewer()
    async with theatre.room() as room, room.seat() as mailbox:
        await watch(mailbox, viewer, room=room)
        for number in range(1, 6):
            await theatre.tell(**{f"p{number}": "h"})
        await watch_until(
            lambda: viewer.states == theatre.states, mailbox, viewer, room=room
        )
    assert viewer.snapshots == 1
    assert viewer.deltas < 5


async def test_what_is_told_while_the_snapshot_is_read_is_not_missed() -> None:
    theatre, viewer = Theatre(), Viewer()
    reading = theatre.read

    async def read_slowly() -> Sequence[Availability]:
        old = await reading()
        if theatre.reads == 1:
            await theatre.tell(p1="h")
        return old

    feed = HallFeed(
        listen=lambda: theatre.fanout.listen(CHANNEL), read=read_slowly, frames_s=0.01
    )
    room = Room(feed, frames_max=64)
    async with room.seat() as mailbox:
        await watch_until(
            lambda: viewer.states == theatre.states, mailbox, viewer, room=room
        )
    await room.close()
    assert viewer.states[1] == "h"


async def test_after_a_gap_everybody_gets_a_fresh_snapshot() -> None:
    theatre, viewer = Theatre(), Viewer()
    async with theatre.room() as room, room.seat() as mailbox:
        await watch(mailbox, viewer, room=room)
        theatre.section.tell(p1="h")
        await theatre.tell(p2="h")
        await watch_until(
            lambda: viewer.states == theatre.states, mailbox, viewer, room=room
        )
    assert viewer.snapshots == 2


async def test_what_was_lost_without_a_gap_is_found_by_looking(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feeds, "RECHECK_S", 0.05)
    theatre, viewer = Theatre(), Viewer()
    async with theatre.room() as room, room.seat() as mailbox:
        await watch(mailbox, viewer, room=room)
        theatre.section.tell(p1="h")
        await watch_until(
            lambda: viewer.states == theatre.states, mailbox, viewer, room=room
        )
    assert viewer.snapshots == 2


async def test_a_fanout_that_loses_payloads_is_made_good_by_a_snapshot() -> None:
    theatre, viewer = Theatre(payloads_max=2), Viewer()
    async with theatre.room() as room, room.seat() as mailbox:
        await watch(mailbox, viewer, room=room)
        for number in range(1, 9):
            await theatre.tell(**{f"p{number}": "h"})
        await watch_until(
            lambda: viewer.states == theatre.states, mailbox, viewer, room=room
        )
    assert set(viewer.states.values()) == {"h"}


async def test_who_reads_nothing_costs_the_others_nothing_and_gets_a_snapshot() -> None:
    theatre, quick, slow = Theatre(), Viewer(), Viewer()
    async with (
        theatre.room(frames_max=3) as room,
        room.seat() as quick_box,
        room.seat() as slow_box,
    ):
        for turn in range(8):
            state = "h" if turn % 2 == 0 else "f"
            await theatre.tell(p1=state)
            await watch_until(
                lambda: quick.states == theatre.states, quick_box, quick, room=room
            )
        await watch_until(
            lambda: slow.states == theatre.states, slow_box, slow, room=room
        )
    assert quick.snapshots == 1
    assert slow.snapshots + slow.deltas <= 4


async def test_while_the_store_is_away_the_room_says_so_and_then_recovers() -> None:
    theatre, viewer = Theatre(), Viewer()
    async with theatre.room() as room, room.seat() as mailbox:
        await watch(mailbox, viewer, room=room)
        theatre.is_away = True
        theatre.section.tell(p1="h")
        await theatre.tell(p2="h")
        assert await _kind(mailbox) == "stale"
        assert msgspec.json.decode(room.beat())["type"] == "stale"
        theatre.is_away = False
        await watch_until(
            lambda: viewer.states == theatre.states, mailbox, viewer, room=room
        )
        assert msgspec.json.decode(room.beat())["type"] == "beat"


async def test_a_room_with_nothing_to_show_turns_people_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("boxoffice_api.live.room.FIRST_FRAME_S", 0.05)
    theatre = Theatre()
    theatre.is_away = True
    async with theatre.room() as room:
        with pytest.raises(Unavailable):
            async with room.seat():
                pass
        assert room.is_empty


async def test_a_board_is_told_when_places_change_and_when_the_sale_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feeds, "BOARD_FRAMES_S", 0.01)
    monkeypatch.setattr(feeds, "BOARD_RECHECK_S", 0.05)
    theatre = Theatre()
    boards = [_board(3, "scheduled")]

    async def read() -> SalesBoard:
        return boards[-1]

    feed = BoardFeed(
        listen=lambda: theatre.fanout.listen(CHANNEL), read=read, frames_s=0.01
    )
    room = Room(feed, frames_max=64)
    async with room.seat() as mailbox:
        assert (await _next(mailbox))["board"]["sale"] == "scheduled"
        boards.append(_board(4, "open"))
        assert (await _next(mailbox))["board"]["sale"] == "open"
        theatre.section.position = 8
        await theatre.tell(p1="h")
        boards.append(_board(9, "open", held=1))
        assert (await _next(mailbox))["board"]["totals"]["held"] == 1
    await room.close()


def _board(position: int, sale: Any, *, held: int = 0) -> SalesBoard:
    return SalesBoard(
        performance="p",
        title="Neon Nights",
        starts_at=NOON,
        zone="UTC",
        currency="USD",
        sale=sale,
        categories=(),
        totals=Totals(places=8, free=8 - held, held=held),
        position=position,
    )


async def _next(mailbox: Mailbox) -> dict[str, Any]:
    frame = await mailbox.get(timeout_s=LIMIT_S)
    assert frame is not None
    decoded: dict[str, Any] = msgspec.json.decode(frame)
    return decoded


async def _kind(mailbox: Mailbox) -> str:
    return str((await _next(mailbox))["type"])

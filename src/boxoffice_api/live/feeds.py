"""Where a room's frames come from: subscribe first, then read, then follow.

A feed runs for as long as somebody sits in its room. What it is told by the fanout may
be lost without notice, so it also looks at the documents every now and then; what it
finds there heals everything. While it knows that it may be outdated it says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import msgspec
import structlog

from boxoffice.application.ports.fanout import Listener
from boxoffice.errors import Unavailable
from boxoffice.readmodels.availability import Availability
from boxoffice.readmodels.sales_board import SalesBoard
from boxoffice_api.live.frames import Board, Frame, StaleNotice, encode
from boxoffice_api.live.hall import Hall

RECHECK_S = 5.0
"""How long a delta that was lost without notice stays unnoticed at most."""
BOARD_FRAMES_S = 0.25
"""People read figures; more frames a second would only flicker."""
BOARD_RECHECK_S = 2.0
"""The opening of a sale and new prices are told to nobody, so boards are looked up."""
RETRY_FIRST_S = 0.1
RETRY_LONGEST_S = 2.0

log = structlog.get_logger()

Tell = Callable[[Frame], None]
Listen = Callable[[], Listener]


class Feed(Protocol):
    """What a room shows."""

    is_stale: bool
    """Whether something may have been missed that is not made good yet."""

    @property
    def position(self) -> int:
        """What it stands for; 0 before there is anything to show."""

    def snapshot(self) -> Frame:
        """Give everything as it is now."""

    async def run(self, tell: Tell) -> None:
        """Tell frames until cancelled; the first is a snapshot."""


class _Told(msgspec.Struct, frozen=True):
    position: int


_TOLD = msgspec.json.Decoder(_Told)


class HallFeed:
    """The places of one performance."""

    def __init__(
        self,
        *,
        listen: Listen,
        read: Callable[[], Awaitable[Sequence[Availability]]],
        frames_s: float,
    ) -> None:
        self._listen = listen
        self._read = read
        self._frames_s = frames_s
        self._hall = Hall()
        self.is_stale = False

    @property
    def position(self) -> int:
        return self._hall.position

    def snapshot(self) -> Frame:
        return self._hall.snapshot()

    async def run(self, tell: Tell) -> None:
        await _keep_on(self._follow, self, listen=self._listen, tell=tell)

    async def _follow(self, listener: Listener, tell: Tell) -> None:
        now = asyncio.get_running_loop().time
        await self._load(tell)
        look_at, frame_at = now() + RECHECK_S, float("inf")
        while True:
            wake = min(look_at, frame_at)
            if not await self._hear(listener, timeout_s=wake - now()):
                look_at = min(look_at, now() + self._frames_s)
            if now() >= look_at:
                await self._load(tell)
                look_at = now() + RECHECK_S
            if not self._hall.has_news:
                frame_at = float("inf")
            elif now() >= frame_at:
                tell(self._hall.news())
                frame_at = float("inf")
            else:
                frame_at = min(frame_at, now() + self._frames_s)

    async def _hear(self, listener: Listener, *, timeout_s: float) -> bool:
        """Take what is told next; False when something was missed."""
        try:
            payload = await listener.get(timeout_s=max(0.0, timeout_s))
        except Unavailable:
            return False
        return payload is None or self._hall.take(payload) != "gap"

    async def _load(self, tell: Tell) -> None:
        is_newer = self._hall.load(await self._read())
        if is_newer or self.is_stale:
            self.is_stale = False
            tell(self._hall.snapshot())


class BoardFeed:
    """The sales board of one performance.

    Sales are told by the deltas of its places, so those are listened to; the board is
    another document and may get there a little later.
    """

    def __init__(
        self,
        *,
        listen: Listen,
        read: Callable[[], Awaitable[SalesBoard]],
        frames_s: float,
    ) -> None:
        self._listen = listen
        self._read = read
        self._frames_s = max(frames_s, BOARD_FRAMES_S)
        self._board: SalesBoard | None = None
        self._frame = b""
        self.is_stale = False

    @property
    def position(self) -> int:
        return 0 if self._board is None else self._board.position

    def snapshot(self) -> Frame:
        return self._frame

    async def run(self, tell: Tell) -> None:
        await _keep_on(self._follow, self, listen=self._listen, tell=tell)

    async def _follow(self, listener: Listener, tell: Tell) -> None:
        told = 0
        while True:
            self._show(await self._read(), tell)
            is_behind = self.position < told
            wait_s = self._frames_s if is_behind else BOARD_RECHECK_S
            told = max(told, await self._hear(listener, timeout_s=wait_s))

    def _show(self, board: SalesBoard, tell: Tell) -> None:
        if board.position > self.position:
            self._board = board
            self._frame = encode(Board(board.position, board))
        elif not self.is_stale:
            return
        self.is_stale = False
        tell(self._frame)

    async def _hear(self, listener: Listener, *, timeout_s: float) -> int:
        """Give the position of the newest change told within one frame."""
        position = 0
        try:
            payload = await listener.get(timeout_s=timeout_s)
            if payload is not None:
                await asyncio.sleep(self._frames_s)
            while payload is not None:
                position = max(position, _TOLD.decode(payload).position)
                payload = await listener.get(timeout_s=0)
        except Unavailable:
            return position
        return position


async def _keep_on(
    follow: Callable[[Listener, Tell], Awaitable[None]],
    feed: Feed,
    *,
    listen: Listen,
    tell: Tell,
) -> None:
    """Follow for ever; while something is away, say so and try again."""
    pause_s = RETRY_FIRST_S
    while True:
        before = feed.position
        try:
            async with listen() as listener:
                await follow(listener, tell)
        except Unavailable:
            pass
        except Exception:
            log.exception("live_feed_failed")
        if feed.position and not feed.is_stale:
            feed.is_stale = True
            tell(encode(StaleNotice(feed.position)))
        pause_s = RETRY_FIRST_S if feed.position > before else pause_s
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, RETRY_LONGEST_S)

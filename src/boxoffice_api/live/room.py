"""Everybody who watches one performance, and the feed that they share.

A frame is handed to every socket's mailbox and nobody is waited for. A mailbox that is
full is emptied and its owner told, who then gets a fresh snapshot: a slow client costs
the others nothing and memory stays bounded.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from boxoffice.application.mailbox import Mailbox
from boxoffice.errors import Unavailable
from boxoffice_api.live.feeds import Feed
from boxoffice_api.live.frames import Beat, Frame, StaleNotice, encode

FIRST_FRAME_S = 2.0
"""How long a new socket waits for something to show."""


class Room:
    """One performance and one kind of view, from its first watcher to its last."""

    def __init__(self, feed: Feed, *, frames_max: int) -> None:
        self._feed = feed
        self._frames_max = frames_max
        self._mailboxes: set[Mailbox] = set()
        self._is_showing = asyncio.Event()
        self._running = asyncio.create_task(feed.run(self._tell), name="live-room")

    @property
    def is_empty(self) -> bool:
        """Whether nobody watches."""
        return not self._mailboxes

    @asynccontextmanager
    async def seat(self) -> AsyncIterator[Mailbox]:
        """Watch: the mailbox begins with a snapshot and misses nothing after it.

        Raises:
            Unavailable: there is nothing to show yet.
        """
        mailbox = Mailbox(payloads_max=self._frames_max)
        self._mailboxes.add(mailbox)
        try:
            await self._first_frame(mailbox)
            yield mailbox
        finally:
            self._mailboxes.discard(mailbox)

    def snapshot(self) -> Frame:
        """Give what somebody sees who has missed something."""
        return self._feed.snapshot()

    def beat(self) -> Frame:
        """Give a sign of life, or of being outdated."""
        kind = StaleNotice if self._feed.is_stale else Beat
        return encode(kind(self._feed.position))

    async def close(self) -> None:
        """Stop the feed."""
        self._running.cancel()
        await asyncio.wait([self._running])

    async def _first_frame(self, mailbox: Mailbox) -> None:
        if self._is_showing.is_set():
            mailbox.put(self._feed.snapshot())
            return
        try:
            async with asyncio.timeout(FIRST_FRAME_S):
                await self._is_showing.wait()
        except TimeoutError as error:
            raise Unavailable from error

    def _tell(self, frame: Frame) -> None:
        self._is_showing.set()
        for mailbox in self._mailboxes:
            mailbox.put(frame)

"""Who is told that something happened to an order, in the process that serves it.

One task follows the log for all who watch, and only while somebody does. It reads the
tail at most once every `LOOK_S`, however busy the log is, and says no more than that an
order changed: whoever watches reads the order itself. All calls come from one event
loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from boxoffice.application.ports.log import EventStore, LogRecord
from boxoffice.application.queries.tail import Tail
from boxoffice.domain.ids import FAMILY_BYTES, Family, OrderCode, order_family
from boxoffice.errors import Overloaded, Unavailable

LOOK_S = 0.2
"""Pause between two reads of the tail: what a change may be late by at most."""
WAIT_S = 1.0
"""How long a thread waits for the log to grow before it is asked again."""
RETRY_S = 1.0


class OrderNews:
    """Follows the log while orders are watched."""

    def __init__(self, store: EventStore, tail: Tail, *, watchers_max: int) -> None:
        self._store = store
        self._tail = tail
        self._watchers_max = watchers_max
        self._watchers: dict[Family, list[asyncio.Event]] = {}
        self._count = 0
        self._following: asyncio.Task[None] | None = None
        self.is_closing = False
        tail.feed(self._take, tags=())

    @contextmanager
    def watch(self, code: OrderCode) -> Iterator[asyncio.Event]:
        """Give an event that is set whenever something happened to an order.

        Raises:
            Overloaded: too many watch already, or the process is closing.
        """
        if self.is_closing or self._count >= self._watchers_max:
            raise Overloaded
        family, news = order_family(code), asyncio.Event()
        self._watchers.setdefault(family, []).append(news)
        self._count += 1
        if self._following is None or self._following.done():
            self._following = asyncio.create_task(self._follow(), name="order-news")
        try:
            yield news
        finally:
            self._count -= 1
            self._watchers[family].remove(news)
            if not self._watchers[family]:
                del self._watchers[family]

    async def close(self) -> None:
        """Wake everybody who watches, for the last time; let nobody in."""
        self.is_closing = True
        for watchers in self._watchers.values():
            for news in watchers:
                news.set()
        if self._following is not None:
            self._following.cancel()
            with suppress(asyncio.CancelledError):
                await self._following

    async def _follow(self) -> None:
        while self._count:
            try:
                await asyncio.to_thread(
                    self._store.wait, after=self._tail.position, timeout_s=WAIT_S
                )
                await self._tail.catch_up()
                await asyncio.sleep(LOOK_S)
            except Unavailable:
                await asyncio.sleep(RETRY_S)

    def _take(self, record: LogRecord) -> None:
        for news in self._watchers.get(Family(record.stream[:FAMILY_BYTES]), ()):
            news.set()

"""One reader of the log's tail for all folds that a process keeps in memory.

Every fold sees every record once, in order of position. `catch_up` promises that
whatever was stored before the call has been folded when it returns; callers that come
together share one read. All calls come from one event loop; the log is read off it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from boxoffice.application.ports.log import LogReader, LogRecord

PAGE_MAX = 2_000
"""Records read and folded at once; the loop breathes between pages."""

Fold = Callable[[LogRecord], None]


class Tail:
    """How far this process has read the log for its own folds."""

    def __init__(self, store: LogReader) -> None:
        self._store = store
        self._folds: list[Fold] = []
        self._position = 0
        self._asked = 0
        self._served = 0
        self._reading = asyncio.Lock()

    @property
    def position(self) -> int:
        """The last position that was folded."""
        return self._position

    def feed(self, fold: Fold) -> None:
        """Let `fold` see every record; call it before the first `catch_up`."""
        self._folds.append(fold)

    async def catch_up(self) -> int:
        """Fold what was stored so far; give the position.

        Raises:
            Unavailable: the log does not answer.
        """
        self._asked += 1
        mine = self._asked
        async with self._reading:
            if self._served < mine:
                serving = self._asked
                await self._read()
                self._served = serving
        return self._position

    async def _read(self) -> None:
        while True:
            page = await asyncio.to_thread(
                self._store.read, after=self._position, limit=PAGE_MAX
            )
            for record in page:
                for fold in self._folds:
                    fold(record)
                self._position = record.position
            if len(page) < PAGE_MAX:
                return

"""Work that many ask for at once and that is done once for all of them.

Who asks while it is under way gets the outcome of that one, be it an error: when a
service is away, nobody waits for the failures of those who stood before them. Whoever
leaves takes nothing along. All calls come from one event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class Together(Generic[K, T]):
    """Work of one kind; what has the same key is under way at most once."""

    def __init__(self) -> None:
        self._running: dict[K, asyncio.Task[T]] = {}

    async def do(self, key: K, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Join the work under way, or begin it."""
        task = self._running.get(key)
        if task is None:
            task = self._running[key] = asyncio.create_task(work())
            task.add_done_callback(lambda ended: self._end(key, ended))
        return await asyncio.shield(task)

    def _end(self, key: K, ended: asyncio.Task[T]) -> None:
        del self._running[key]
        if not ended.cancelled():
            # Whoever asked may have left: then its error is no news to anybody.
            ended.exception()

"""A bounded queue of payloads that tells its owner, once, that some were lost.

Whoever fills it never waits: a full mailbox is emptied and marked as lost. Everything
runs on one event loop and has one reader.
"""

from __future__ import annotations

import asyncio
from collections import deque

from boxoffice.errors import Unavailable

MAILBOX_MAX = 1_024
"""Payloads that may wait for a listener before it has to start afresh."""


class Mailbox:
    """The in-process end of every `Listener`."""

    def __init__(self, *, payloads_max: int = MAILBOX_MAX) -> None:
        self._payloads: deque[bytes] = deque()
        self._payloads_max = payloads_max
        self._lost = False
        self._news = asyncio.Event()

    def put(self, payload: bytes) -> None:
        """Add a payload, or lose everything that waits when there is no room."""
        if len(self._payloads) >= self._payloads_max:
            self.lose()
        else:
            self._payloads.append(payload)
            self._news.set()

    def lose(self) -> None:
        """Forget what waits and let the reader know."""
        self._payloads.clear()
        self._lost = True
        self._news.set()

    def drop(self) -> None:
        """Forget what waits: its reader has something newer."""
        self._payloads.clear()

    async def get(self, *, timeout_s: float) -> bytes | None:
        """Give the next payload; None when time ran out.

        Raises:
            Unavailable: payloads were lost; what comes next was sent after that.
        """
        if not self._payloads and not self._lost:
            self._news.clear()
            try:
                async with asyncio.timeout(timeout_s):
                    await self._news.wait()
            except TimeoutError:
                return None
        if self._lost:
            self._lost = False
            raise Unavailable("Live updates were lost; take a fresh snapshot.")
        return self._payloads.popleft()

"""Live deltas inside one process: the twin that an embedded box office runs on.

All calls come from one event loop. A listener that falls behind loses what waits for
it and is told so; nobody waits for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Self

from boxoffice.application.mailbox import MAILBOX_MAX, Mailbox

_Channels = defaultdict[str, set[Mailbox]]


class MemoryFanout:
    """Every payload goes to every mailbox of its channel at once."""

    def __init__(self, *, payloads_max: int = MAILBOX_MAX) -> None:
        self._channels: _Channels = defaultdict(set)
        self._payloads_max = payloads_max

    async def publish(self, messages: Sequence[tuple[str, bytes]]) -> None:
        for channel, payload in messages:
            for mailbox in self._channels.get(channel, ()):
                mailbox.put(payload)

    def listen(self, channel: str) -> MemoryListener:
        return MemoryListener(
            self._channels, channel, Mailbox(payloads_max=self._payloads_max)
        )

    async def close(self) -> None:
        """There is no connection to give back."""


class MemoryListener:
    """Listens while its `async with` block runs."""

    def __init__(self, channels: _Channels, channel: str, mailbox: Mailbox) -> None:
        self._channels = channels
        self._channel = channel
        self._mailbox = mailbox

    async def __aenter__(self) -> Self:
        self._channels[self._channel].add(self._mailbox)
        return self

    async def __aexit__(self, *exc: object) -> None:
        listening = self._channels[self._channel]
        listening.discard(self._mailbox)
        if not listening:
            del self._channels[self._channel]

    async def get(self, *, timeout_s: float) -> bytes | None:
        return await self._mailbox.get(timeout_s=timeout_s)

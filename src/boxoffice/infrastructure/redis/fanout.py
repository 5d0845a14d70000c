"""Live deltas over Redis: from whichever process folds to every process that serves.

Publishing costs one round trip for any number of payloads. All listeners of a process
share one connection and one subscription per channel; each has a bounded mailbox, so
that a slow one costs the others nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from boxoffice.application.mailbox import MAILBOX_MAX, Mailbox
from boxoffice.infrastructure.redis.channels import Channels
from boxoffice.infrastructure.redis.connection import connect, translated


class RedisFanout:
    """The channels below one prefix; connects with the first call."""

    def __init__(
        self, url: str, *, prefix: str, payloads_max: int = MAILBOX_MAX
    ) -> None:
        self._redis = connect(url)
        self._channels = Channels(self._redis)
        self._prefix = prefix
        self._payloads_max = payloads_max

    async def publish(self, messages: Sequence[tuple[str, bytes]]) -> None:
        pipeline = self._redis.pipeline(transaction=False)
        for channel, payload in messages:
            pipeline.publish(f"{self._prefix}live/{channel}", payload)
        with translated():
            await pipeline.execute()

    def listen(self, channel: str) -> RedisListener:
        name = f"{self._prefix}live/{channel}".encode()
        return RedisListener(
            self._channels, name, Mailbox(payloads_max=self._payloads_max)
        )

    async def close(self) -> None:
        """Give back every connection."""
        await self._channels.close()
        await self._redis.aclose()


class RedisListener:
    """Listens while its `async with` block runs."""

    def __init__(self, channels: Channels, name: bytes, mailbox: Mailbox) -> None:
        self._channels = channels
        self._name = name
        self._mailbox = mailbox

    async def __aenter__(self) -> Self:
        """Listen.

        Raises:
            Unavailable: Redis did not answer; try again in a moment.
        """
        await self._channels.join(self._name, self._mailbox)
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._channels.leave(self._name, self._mailbox)

    async def get(self, *, timeout_s: float) -> bytes | None:
        return await self._mailbox.get(timeout_s=timeout_s)

"""One connection that listens to every channel somebody in this process wants.

It reconnects by itself, for as long as somebody listens. What was sent meanwhile is
lost, so after the channel is subscribed again every mailbox of it says so, once; not
before, or a snapshot could be taken too early.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from boxoffice.application.mailbox import Mailbox
from boxoffice.errors import Unavailable
from boxoffice.infrastructure.redis.connection import translated

SUBSCRIBE_WAIT_S = 3.0
"""How long a new listener waits for Redis."""
QUIET_MAX_S = 5.0
"""After this silence the connection is asked whether it lives; after two it is not."""
RECONNECT_FIRST_S = 0.05
RECONNECT_LONGEST_S = 1.0


class _Channel:
    """Who listens, and whether Redis has confirmed that we do."""

    def __init__(self) -> None:
        self.mailboxes: set[Mailbox] = set()
        self.ready = asyncio.Event()
        self.interrupted = False


class Channels:
    """The listening side of a process; all calls come from one event loop."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._channels: dict[bytes, _Channel] = {}
        self._unconfirmed: Counter[bytes] = Counter()
        self._connection: Any = None
        self._running: asyncio.Task[None] | None = None

    async def join(self, name: bytes, mailbox: Mailbox) -> None:
        """Fill the mailbox from the channel; nothing sent after this is missed.

        Raises:
            Unavailable: Redis did not confirm; the mailbox is not filled.
        """
        channel = self._channels.setdefault(name, _Channel())
        channel.mailboxes.add(mailbox)
        if self._running is None:
            self._running = asyncio.create_task(self._run(), name="redis-channels")
        try:
            async with asyncio.timeout(SUBSCRIBE_WAIT_S):
                if len(channel.mailboxes) == 1:
                    await self._subscribe(name)
                await channel.ready.wait()
        except BaseException as error:
            await self.leave(name, mailbox)
            if isinstance(error, TimeoutError):
                raise Unavailable("Redis did not answer a listener.") from error
            raise

    async def leave(self, name: bytes, mailbox: Mailbox) -> None:
        """Stop filling the mailbox; the last one takes the subscription with it."""
        channel = self._channels[name]
        channel.mailboxes.discard(mailbox)
        if not channel.mailboxes:
            del self._channels[name]
            with suppress(Unavailable):
                await self._send("UNSUBSCRIBE", name)

    async def close(self) -> None:
        """Stop listening altogether."""
        if self._running is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running
            self._running = None

    async def _subscribe(self, *names: bytes) -> None:
        if self._connection is not None:
            self._unconfirmed.update(names)
            with suppress(Unavailable):  # The reader sees it too, and reconnects.
                await self._send("SUBSCRIBE", *names)

    async def _send(self, *command: str | bytes) -> None:
        if self._connection is not None:
            with translated():
                await self._connection.send_command(*command)

    async def _run(self) -> None:
        pause_s = RECONNECT_FIRST_S
        while True:
            try:
                with translated():
                    await self._connect()
                    pause_s = RECONNECT_FIRST_S
                    await self._read()
            except Unavailable:
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, RECONNECT_LONGEST_S)
            finally:
                await self._disconnect()

    async def _connect(self) -> None:
        pool: Any = self._redis.connection_pool
        connection = pool.make_connection()
        try:
            await connection.connect()
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        self._connection = connection
        if self._channels:
            await self._subscribe(*self._channels)

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        self._unconfirmed.clear()
        for channel in self._channels.values():
            channel.interrupted |= channel.ready.is_set()
            channel.ready.clear()
        if connection is not None:
            await connection.disconnect(nowait=True)

    async def _read(self) -> None:
        asked = False
        while True:
            message = await self._connection.read_response(
                disable_decoding=True, timeout=QUIET_MAX_S, disconnect_on_error=False
            )
            if message is not None:
                asked = False
                if isinstance(message, list):  # Without channels, a pong is no list.
                    self._handle(*message)
            elif asked:
                raise RedisConnectionError("the subscription is silent")
            else:
                asked = True
                await self._send("PING")

    def _handle(self, kind: bytes, name: bytes, payload: object = None) -> None:
        channel = self._channels.get(name)
        if kind == b"subscribe":
            self._unconfirmed -= Counter([name])  # Drops what reaches 0.
            if channel is not None and name not in self._unconfirmed:
                _confirm(channel)
        elif kind == b"message" and channel is not None:
            assert isinstance(payload, bytes)
            for mailbox in channel.mailboxes:
                mailbox.put(payload)


def _confirm(channel: _Channel) -> None:
    channel.ready.set()
    if channel.interrupted:
        channel.interrupted = False
        for mailbox in channel.mailboxes:
            mailbox.lose()

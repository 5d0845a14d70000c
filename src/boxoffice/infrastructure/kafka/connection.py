"""How this house talks to Kafka: limits on waiting, and errors of our own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from boxoffice.errors import Unavailable

REQUEST_TIMEOUT_MS = 5_000
"""Limit of one request; the driver's retries come on top, so callers set a deadline."""
METADATA_AGE_MAX_MS = 30_000
MESSAGE_BYTES_MAX = 4 * 1024 * 1024
"""What topics take, broker defaults notwithstanding."""


@asynccontextmanager
async def administration(url: str) -> AsyncIterator[AIOKafkaAdminClient]:
    """Connect for a few requests about topics.

    Raises:
        Unavailable: Kafka did not answer.
    """
    with translated():
        admin = AIOKafkaAdminClient(
            bootstrap_servers=url, request_timeout_ms=REQUEST_TIMEOUT_MS
        )
        try:
            await settled(admin.start())
            yield admin
        finally:
            await admin.close()


async def settled(starting: Coroutine[Any, Any, None]) -> None:
    """Let a client finish connecting, also when the caller is cancelled meanwhile.

    Cut off in between, the driver would forget an open socket. Its requests have a
    limit, so this has one.
    """
    task = asyncio.create_task(starting)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


@contextmanager
def translated() -> Iterator[None]:
    """Turn what the driver raises, and running out of time, into errors of ours."""
    try:
        yield
    except (KafkaError, OSError) as error:
        raise Unavailable(f"Kafka did not answer: {error!r}") from error


@asynccontextmanager
async def within(limit_s: float) -> AsyncIterator[None]:
    """Translate, and run out of time."""
    with translated():
        async with asyncio.timeout(limit_s):
            yield

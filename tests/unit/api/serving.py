"""The role `api` on loopback, for tests that speak HTTP as bytes."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from boxoffice.bootstrap import Container
from boxoffice_api.role import run

HOST = "127.0.0.1"
ANSWER_LIMIT_S = 10.0
ENDING_LIMIT_S = 15.0


def free_port() -> int:
    """Give a port that was free just now."""
    with socket.create_server((HOST, 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


@asynccontextmanager
async def serving(container: Container) -> AsyncIterator[int]:
    """Run the role; give its port once it answers, end it afterwards."""
    port, started = free_port(), asyncio.Event()
    role = asyncio.create_task(
        run(container, host=HOST, port=port, started=started.set)
    )
    waiting = asyncio.create_task(started.wait())
    await asyncio.wait([role, waiting], return_when=asyncio.FIRST_COMPLETED)
    if role.done():
        waiting.cancel()
        await role
    try:
        yield port
    finally:
        role.cancel()
        _, late = await asyncio.wait([role], timeout=ENDING_LIMIT_S)
        assert not late, "the role did not end"


class Reply(NamedTuple):
    """A status of 0 means that the connection ended without an answer."""

    status: int = 0
    head: bytes = b""
    body: bytes = b""


async def talk(port: int, request: bytes, *, limit_s: float = ANSWER_LIMIT_S) -> Reply:
    """Send bytes as they are; give the first answer.

    Raises:
        TimeoutError: the server neither answered nor closed the connection.
    """
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        async with asyncio.timeout(limit_s):
            writer.write(request)
            return await _reply(reader, has_body=not request.startswith(b"HEAD"))
    except (ConnectionError, asyncio.IncompleteReadError):
        return Reply()
    finally:
        writer.close()


async def _reply(reader: asyncio.StreamReader, *, has_body: bool) -> Reply:
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    length = re.search(rb"\r\ncontent-length: (\d+)", head.lower())
    body = b""
    if length is not None and has_body:
        body = await reader.readexactly(int(length[1]))
    return Reply(status, head, body)

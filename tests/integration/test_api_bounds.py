"""Bounds of a connection on a real socket: of its head, its time, and of a crowd."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest
from msgspec.structs import replace
from websockets.asyncio.client import connect

from boxoffice_api import guarded_http
from boxoffice_api.guarded_http import HEAD_BYTES_MAX
from tests.unit.api.house import SETTINGS, open_house
from tests.unit.api.serving import HOST, Reply, serving, talk

LIMIT_S = 5.0
SHORT_S = 0.1
CONNECTIONS_MAX = 3
GET = b"GET /livez HTTP/1.1\r\nHost: x\r\n"
HOLD = b"POST /v1/performances/%b/holds HTTP/1.1\r\nHost: x\r\n" % (b"0" * 24)
CHUNKED = HOLD + b"Transfer-Encoding: chunked\r\n\r\n"
SHOWS = b"GET /v1/performances HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
async def port() -> AsyncIterator[int]:
    settings = replace(SETTINGS, connections_max=CONNECTIONS_MAX)
    async with open_house(settings) as house:
        await house.on_sale()
        await house.project()
        async with serving(house.container) as port:
            yield port


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give nobody much time."""
    monkeypatch.setattr(guarded_http, "HEAD_S", SHORT_S)
    monkeypatch.setattr(guarded_http, "SILENCE_S", SHORT_S)


def code(reply: Reply) -> str:
    assert b"application/problem+json" in reply.head
    found: str = json.loads(reply.body)["type"]
    return found.removeprefix("/problems/")


def fields(size: int) -> Iterator[bytes]:
    """Give header lines of together this many bytes and a few."""
    for number in range(size // 1_000):
        yield b"X-%04d: " % number + b"x" * 990 + b"\r\n"


@pytest.mark.parametrize(
    "head",
    [
        GET + b"X-Long: " + b"x" * 13_000_000 + b"\r\n\r\n",
        GET + b"".join(fields(12_000_000)) + b"\r\n",
        GET + b"".join(fields(HEAD_BYTES_MAX + 2_000)) + b"\r\n",
        GET + b"X-Long: " + b"x" * 13_000_000,
        b"GET /" + b"x" * 13_000_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\r\n" * 500_000,
        GET + b"\r\n" + GET + b"X-Long: " + b"x" * 1_000_000 + b"\r\n\r\n",
        CHUNKED + b"0\r\nX-Long: " + b"x" * 1_000_000 + b"\r\n\r\n",
        CHUNKED + b"1;" + b"x" * 1_000_000 + b"\r\n{\r\n0\r\n\r\n",
    ],
    ids=("one", "many", "just", "cut", "target", "blank", "next", "trailer", "chunk"),
)
async def test_a_head_that_is_too_large_is_answered(port: int, head: bytes) -> None:
    reader, writer = await asyncio.open_connection(HOST, port)
    async with asyncio.timeout(LIMIT_S):
        writer.write(head)
        answer = await reader.read()
    writer.close()
    assert b"HTTP/1.1 431 Request Header Fields Too Large\r\n" in answer
    assert answer.endswith(b"}")
    assert b"/problems/head-too-large" in answer


async def test_a_head_that_is_just_small_enough_is_served(port: int) -> None:
    head = GET + b"".join(fields(HEAD_BYTES_MAX - 2_000)) + b"\r\n"
    assert (await talk(port, head)).status == 200


@pytest.mark.usefixtures("hurry")
@pytest.mark.parametrize(
    "request_",
    [
        GET[:9],
        GET,
        GET + b"X-",
        HOLD + b"Content-Length: 9\r\n\r\n{",
        HOLD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",
    ],
)
async def test_a_request_that_does_not_get_whole_is_answered_and_closed(
    port: int, request_: bytes
) -> None:
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(request_)
    async with asyncio.timeout(LIMIT_S):
        answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert b"connection: close" in answer


@pytest.mark.usefixtures("hurry")
async def test_a_head_that_trickles_in_has_no_more_time(port: int) -> None:
    reader, writer = await asyncio.open_connection(HOST, port)
    answering = asyncio.create_task(reader.read())
    async with asyncio.timeout(LIMIT_S):
        writer.write(GET)
        while not answering.done():
            writer.write(b"X: y\r\n")
            await asyncio.wait([answering], timeout=SHORT_S / 5)
    writer.close()
    assert answering.result().startswith(b"HTTP/1.1 408 ")


@pytest.mark.usefixtures("hurry")
async def test_who_connects_and_says_nothing_is_closed(port: int) -> None:
    assert await talk(port, b"") == Reply()


@pytest.mark.usefixtures("hurry")
async def test_a_connection_between_two_requests_may_be_silent_longer(
    port: int,
) -> None:
    reader, writer = await asyncio.open_connection(HOST, port)
    for _ in range(2):
        writer.write(GET + b"\r\n")
        assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200 ")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), timeout=3 * SHORT_S)
    writer.write(b"\r\n")
    async with asyncio.timeout(LIMIT_S):
        assert (await reader.read()).startswith(b"HTTP/1.1 408 ")
    writer.close()


async def test_a_crowd_is_turned_away_and_told_when_to_come_again(port: int) -> None:
    waiting = [
        await asyncio.open_connection(HOST, port) for _ in range(CONNECTIONS_MAX)
    ]
    crowded = await talk(port, SHOWS)
    health = await talk(port, GET + b"\r\n")
    waiting[0][1].write(b"no request\r\n\r\n")
    await waiting[0][0].read()
    free = await talk(port, SHOWS)
    assert (crowded.status, code(crowded)) == (503, "overloaded")
    assert b"retry-after: 1\r\n" in crowded.head
    assert b"connection: close" in crowded.head
    assert (health.status, free.status) == (200, 200)
    for _, writer in waiting:
        writer.close()


async def test_live_sockets_take_no_place_of_a_connection(port: int) -> None:
    listed = json.loads((await talk(port, SHOWS)).body)["items"]
    live = f"ws://{HOST}:{port}/live/performances/{listed[0]['performance']}"
    async with AsyncExitStack() as sockets:
        for _ in range(CONNECTIONS_MAX + 1):
            await sockets.enter_async_context(connect(live))
        assert (await talk(port, SHOWS)).status == 200

"""Live sockets over a real server: many at once, some that never read, the end."""

from __future__ import annotations

import asyncio
import json
import random
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.http11 import Response

from boxoffice_api.role import DRAIN_S
from tests.integration.live_house import (
    LIMIT_S,
    LiveHouse,
    Watcher,
    live_house,
    watching,
)
from tests.read_side import until
from tests.unit.api.serving import HOST

SOCKETS = 200
BUYERS = 12
TURNS = 6
QUICK, SLOW = 5, 2
QUEUE = 8
BACKLOG = 100_000
"""Letters of frames: more than is kept for a narrow socket until its sender waits."""
KEPT = 4_096
"""Bytes that the kernel keeps of what a narrow socket's server sends."""


async def buy_and_give_back(
    live: LiveHouse, number: int, *, is_enough: Callable[[int], bool]
) -> None:
    """Hold and release places of one's own corner, again and again; keep the last."""
    dice, buyer = random.Random(number), await live.buyer()
    corner = (2 * number + 1, 2 * number + 2)
    turn = 0
    while not is_enough(turn):
        turn += 1
        hold = await live.hold(*corner[: dice.randint(1, 2)], buyer=buyer)
        path = f"/v1/performances/{live.performance}/holds/{hold}"
        answer = await live.http.delete(path, headers=buyer)
        assert answer.status_code == 204
    await live.hold(*corner, buyer=buyer)


async def sell_out(
    live: LiveHouse, watchers: list[Watcher], *, is_enough: Callable[[int], bool]
) -> dict[int, str]:
    """Let buyers fight until they keep all; wait until every watcher has seen it."""
    async with asyncio.TaskGroup() as buyers:
        for number in range(BUYERS):
            buyers.create_task(buy_and_give_back(live, number, is_enough=is_enough))
    wanted = dict.fromkeys(range(1, 2 * BUYERS + 1), "h")
    for watcher in watchers:
        await watcher.until_shows({**watcher.viewer.states, **wanted})
    states = await live.states()
    assert [w.viewer.states for w in watchers] == [states] * len(watchers)
    return states


def never_reading(live: LiveHouse) -> socket.socket:
    """Open a live socket whose client takes nothing from the network."""
    silent = narrow(live)
    silent.sendall(
        f"GET /live/performances/{live.performance} HTTP/1.1\r\nHost: x\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    return silent


def narrow(live: LiveHouse) -> socket.socket:
    """Connect with a buffer so small that what nobody reads waits at the server."""
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
    line.connect((HOST, live.port))
    return line


@pytest.fixture
def narrow_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the kernel keep little for every connection to a server that is opened."""
    plain = socket.create_server

    def narrowed(*args: Any, **options: Any) -> socket.socket:
        server = plain(*args, **options)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KEPT)
        return server

    monkeypatch.setattr(socket, "create_server", narrowed)


@asynccontextmanager
async def dozing(live: LiveHouse) -> AsyncIterator[Watcher]:
    """Open a live socket whose client reads only when it is told to `watch`."""
    options: dict[str, Any] = {"max_queue": 1, "ping_interval": None}
    line = narrow(live)
    line.setblocking(False)  # noqa: FBT003 - the library's own
    async with connect(
        live.url, sock=line, compression=None, proxy=None, **options
    ) as opened:
        yield Watcher(opened)


@pytest.mark.slow
async def test_200_sockets_end_up_with_the_read_model() -> None:
    async with live_house(socket_frames_s=0.02) as live, AsyncExitStack() as stack:
        watchers = [
            await stack.enter_async_context(watching(live.url)) for _ in range(SOCKETS)
        ]
        await sell_out(live, watchers, is_enough=lambda turn: turn >= TURNS)
        assert any(w.viewer.deltas for w in watchers)


@pytest.mark.slow
@pytest.mark.usefixtures("narrow_server")
async def test_whoever_reads_nothing_costs_nobody_and_is_shown_all_anew() -> None:
    async with (
        live_house(socket_frames_s=0.002, socket_queue_max=QUEUE) as live,
        AsyncExitStack() as stack,
    ):
        slow = [await stack.enter_async_context(dozing(live)) for _ in range(SLOW)]
        quick = [
            await stack.enter_async_context(watching(live.url)) for _ in range(QUICK)
        ]
        states = await sell_out(
            live, quick, is_enough=lambda _: quick[0].received > BACKLOG
        )
        seen = min(watcher.viewer.deltas for watcher in quick)
        for watcher in slow:
            waking = asyncio.create_task(watcher.watch())
            await watcher.until_shows(states)
            assert watcher.viewer.deltas < seen - QUEUE, "it was never too slow"
            await watcher.socket.close()
            await waking


async def test_deltas_are_merged_per_tick_and_every_frame_says_its_position() -> None:
    async with live_house(socket_frames_s=0.2) as live, watching(live.url) as watcher:
        buyers = [await live.buyer() for _ in range(10)]
        await asyncio.gather(
            *(live.hold(n, buyer=buyer) for n, buyer in enumerate(buyers, start=1))
        )
        await watcher.until_shows(await _settled(live, held=10))
        assert watcher.viewer.deltas <= 4
        assert watcher.last["position"] == watcher.viewer.shown


async def test_a_socket_that_comes_late_begins_where_the_others_are() -> None:
    async with live_house() as live, watching(live.url) as early:
        await live.hold(1, 2)
        states = await _settled(live, held=2)
        await early.until_shows(states)
        async with watching(live.url) as late:
            await late.until_shows(states)
            assert (late.viewer.snapshots, late.viewer.deltas) == (1, 0)


async def test_staff_see_the_board_change() -> None:
    async with live_house() as live:
        headers = live.house.staff()
        async with watching(live.staff_url, additional_headers=headers) as watcher:
            await _until_board(watcher.changed, lambda: watcher.last, held=0)
            await live.hold(1, 2, 3)
            await _until_board(watcher.changed, lambda: watcher.last, held=3)
            assert watcher.last["board"]["totals"]["free"] == 25


async def test_the_server_stops_quickly_though_sockets_are_open() -> None:
    async with AsyncExitStack() as stack:
        async with live_house() as live:
            with never_reading(live):
                watcher = await stack.enter_async_context(watching(live.url))
                await watcher.until_shows(await live.states())
                since = time.monotonic()
        assert time.monotonic() - since < DRAIN_S
        async with asyncio.timeout(LIMIT_S):
            await watcher.socket.wait_closed()
        assert watcher.socket.close_code in (1001, 1012)


async def test_no_more_sockets_are_let_in_than_there_are_places() -> None:
    async with live_house(sockets_max=2) as live:
        async with watching(live.url), watching(live.url):
            assert 503 == (await _refused(live.url)).status_code
        async with watching(live.url) as watcher:
            await watcher.until_shows(await live.states())


async def test_what_cannot_be_watched_is_refused_with_a_problem(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with live_house() as live:
        unknown = await _refused(live.url.replace(live.performance, "0" * 24))
        stranger = await _refused(live.staff_url)
    assert [404, 401] == [unknown.status_code, stranger.status_code]
    codes = [json.loads(answer.body)["type"] for answer in (unknown, stranger)]
    assert ["/problems/not-found", "/problems/unauthenticated"] == codes
    assert [one for one in caplog.records if one.name.startswith("uvicorn")] == []


async def _refused(url: str) -> Response:
    """Try to watch; give the answer that turns us away."""
    with pytest.raises(InvalidStatus) as refused:
        await watching(url).__aenter__()
    return refused.value.response


async def _settled(live: LiveHouse, *, held: int) -> dict[int, str]:
    """Wait until the read model shows so many held places."""

    async def shown() -> bool:
        return list((await live.states()).values()).count("h") == held

    await until(shown, f"{held} places are held")
    return await live.states()


async def _until_board(changed: asyncio.Event, last: Any, *, held: int) -> None:
    async with asyncio.timeout(LIMIT_S):
        while last().get("board", {}).get("totals", {}).get("held") != held:
            changed.clear()
            await changed.wait()

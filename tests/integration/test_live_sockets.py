"""Live sockets over a real server: many at once, some that never read, the end."""

from __future__ import annotations

import asyncio
import json
import random
import socket
import time
from contextlib import AsyncExitStack
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.http11 import Response

from boxoffice_api.role import DRAIN_S
from tests.integration.live_house import LIMIT_S, LiveHouse, live_house, watching
from tests.read_side import until
from tests.unit.api.serving import HOST

SOCKETS = 200
SILENT = 2
BUYERS = 12
TURNS = 6


async def buy_and_give_back(live: LiveHouse, number: int) -> None:
    """Hold and release places of one's own corner, again and again; keep the last."""
    dice, buyer = random.Random(number), await live.buyer()
    corner = (2 * number + 1, 2 * number + 2)
    for _ in range(TURNS):
        hold = await live.hold(*corner[: dice.randint(1, 2)], buyer=buyer)
        path = f"/v1/performances/{live.performance}/holds/{hold}"
        answer = await live.http.delete(path, headers=buyer)
        assert answer.status_code == 204
    await live.hold(*corner, buyer=buyer)


def never_reading(live: LiveHouse) -> socket.socket:
    """Open a live socket whose client takes nothing from the network."""
    silent = socket.create_connection((HOST, live.port))
    silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
    silent.sendall(
        f"GET /live/performances/{live.performance} HTTP/1.1\r\nHost: x\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    return silent


@pytest.mark.slow
async def test_200_sockets_end_up_with_the_read_model_whoever_does_not_read() -> None:
    async with live_house(socket_frames_s=0.02) as live, AsyncExitStack() as stack:
        silent = [stack.enter_context(never_reading(live)) for _ in range(SILENT)]
        watchers = [
            await stack.enter_async_context(watching(live.url))
            for _ in range(SOCKETS - SILENT)
        ]
        async with asyncio.TaskGroup() as buyers:
            for number in range(BUYERS):
                buyers.create_task(buy_and_give_back(live, number))
        wanted = dict.fromkeys(range(1, 2 * BUYERS + 1), "h")
        for watcher in watchers:
            await watcher.until_shows({**watcher.viewer.states, **wanted})
        states = await live.states()
        assert [w.viewer.states for w in watchers] == [states] * len(watchers)
        assert any(w.viewer.deltas for w in watchers)
        assert len(silent) == SILENT


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


async def test_what_cannot_be_watched_is_refused_with_a_problem() -> None:
    async with live_house() as live:
        unknown = await _refused(live.url.replace(live.performance, "0" * 24))
        stranger = await _refused(live.staff_url)
    assert [404, 401] == [unknown.status_code, stranger.status_code]
    codes = [json.loads(answer.body)["type"] for answer in (unknown, stranger)]
    assert ["/problems/not-found", "/problems/unauthenticated"] == codes


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

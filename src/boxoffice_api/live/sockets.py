"""The live sockets: `/live/performances/<id>` for all, `/live/staff/…` for staff.

A browser sends its cookies with a socket that any page opened, so a socket that comes
with cookies must come from our own page. Staff are checked again and again; while
nobody can tell who they are, they are sent away to try again later. What a client says
is not listened to; one that talks too much is sent away, and so is one that takes
nothing for `STALL_MAX_S`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import structlog
from litestar import WebSocket, websocket
from litestar.di import NamedDependency
from litestar.exceptions import WebSocketDisconnect
from litestar.params import FromPath

from boxoffice.errors import Forbidden, Unauthenticated, Unavailable
from boxoffice_api.edge import Edge
from boxoffice_api.head import Head, head_of
from boxoffice_api.live.frames import Bye, Frame, encode
from boxoffice_api.live.hub import Hub, Seat, View
from boxoffice_api.paths import performance_in_path
from boxoffice_api.problems import answer_error

BEAT_S = 15.0
STAFF_BEAT_S = 5.0
"""A revoked staff token stops being served within this and the door's own memory."""
STALL_MAX_S = 30.0
GOODBYE_S = 1.0
HEARD_MAX = 20
"""Frames of a client that are ignored before it is sent away."""
GOING_AWAY, POLICY_VIOLATION, TRY_AGAIN_LATER = 1001, 1008, 1013
BOARD_ROLES = ("manager", "finance", "till")

log = structlog.get_logger()

Socket = WebSocket[Any, Any, Any]
Check = Callable[[], Awaitable[object]]


@websocket("/live/performances/{performance:str}")
async def live_performance(
    socket: Socket,
    edge: NamedDependency[Edge],
    hub: NamedDependency[Hub],
    performance: FromPath[str],
) -> None:
    """Send the places of a performance: a snapshot, then what changes."""
    head = head_of(socket)

    async def check() -> None:
        check_origin(head)

    await _serve(socket, edge, hub, view="hall", performance=performance, check=check)


@websocket("/live/staff/performances/{performance:str}")
async def live_board(
    socket: Socket,
    edge: NamedDependency[Edge],
    hub: NamedDependency[Hub],
    performance: FromPath[str],
) -> None:
    """Send staff the sales board of a performance whenever it changes."""
    head = head_of(socket)

    async def check() -> None:
        check_origin(head)
        await edge.staff.required(head, *BOARD_ROLES)

    await _serve(socket, edge, hub, view="board", performance=performance, check=check)


def check_origin(head: Head) -> None:
    """Let a socket pass whose cookies were sent by our own page.

    Raises:
        Forbidden: another site's page may have opened it.
    """
    if b"cookie" not in head.headers:
        return
    scheme, _, host = head.headers.get(b"origin", b"").partition(b"://")
    schemes = (b"https",) if head.is_https else (b"http", b"https")
    if scheme not in schemes or host != head.headers.get(b"host"):
        raise Forbidden("Live sockets are for our own pages.")


async def _serve(
    socket: Socket,
    edge: Edge,
    hub: Hub,
    *,
    view: View,
    performance: str,
    check: Check,
) -> None:
    with suppress(WebSocketDisconnect, OSError):
        try:
            await check()
            entry = await edge.catalogue.scheduled(performance_in_path(performance))
            async with hub.seat(view, entry) as seat:
                await socket.accept()
                await _watch(socket, seat, view=view, check=check)
        except Exception as error:
            if socket.connection_state == "init":
                await refuse(socket, error)
            elif isinstance(error, TimeoutError):
                await close(socket, GOING_AWAY, last=encode(Bye()))
            else:
                raise


async def _watch(socket: Socket, seat: Seat, *, view: View, check: Check) -> None:
    """Send frames until the client leaves or is sent away."""
    beat_s = BEAT_S if view == "hall" else STAFF_BEAT_S
    sending = asyncio.create_task(_send(socket, seat, beat_s=beat_s, check=check))
    hearing = asyncio.create_task(hear(socket))
    both = (sending, hearing)
    try:
        done, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        for ended in done:
            code = ended.result()
            if code is not None:
                await close(socket, code)
    finally:
        for task in both:
            task.cancel()
        await asyncio.gather(*both, return_exceptions=True)


async def _send(socket: Socket, seat: Seat, *, beat_s: float, check: Check) -> int:
    """Send frames; give the code to close with."""
    loop = asyncio.get_running_loop()
    check_at = loop.time() + beat_s
    while True:
        try:
            frame = await seat.mailbox.get(timeout_s=beat_s)
        except Unavailable:
            seat.mailbox.drop()  # What waits is older than what is told now.
            frame = seat.room.snapshot()
        if loop.time() >= check_at:
            check_at = loop.time() + beat_s
            refused = await _refused(socket, check)
            if refused is not None:
                return refused
        try:
            async with asyncio.timeout(STALL_MAX_S):
                await send_frame(socket, frame or seat.room.beat())
        except TimeoutError:
            return TRY_AGAIN_LATER


async def _refused(socket: Socket, check: Check) -> int | None:
    """Check once more who listens; give the code to close with."""
    try:
        await check()
    except (Forbidden, Unauthenticated):
        return POLICY_VIOLATION
    except Unavailable as error:
        path = socket.scope["path"]
        log.warning("listener_unchecked", path=path, reason=str(error))
        return TRY_AGAIN_LATER
    return None


async def send_frame(socket: Socket, frame: Frame) -> None:
    await socket.send({"type": "websocket.send", "bytes": None, "text": frame.decode()})


async def hear(socket: Socket) -> int | None:
    """Wait for the client to leave; give a code when it is to be sent away."""
    for _ in range(HEARD_MAX):
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return None
    return POLICY_VIOLATION


async def close(socket: Socket, code: int, *, last: Frame | None = None) -> None:
    """Close without waiting long for a client that takes nothing."""
    with suppress(TimeoutError):
        async with asyncio.timeout(GOODBYE_S):
            if last is not None:
                await send_frame(socket, last)
            await socket.close(code)


async def refuse(socket: Socket, error: Exception) -> None:
    """Answer the handshake with the problem, as HTTP."""
    told = Unavailable() if isinstance(error, TimeoutError) else error
    answer = answer_error(told, path=socket.scope["path"])
    start: Any = {
        "type": "websocket.http.response.start",
        "status": answer.status,
        "headers": answer.fields(),
    }
    body: Any = {"type": "websocket.http.response.body", "body": answer.body}
    await socket.send(start)
    await socket.send(body)


HANDLERS = [live_performance, live_board]

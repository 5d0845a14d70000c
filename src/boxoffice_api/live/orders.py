"""The live socket of one order: its owner or staff sees each new state of it.

Every socket has its own task, which reads the order from the log whenever something
happened to it and sends what it is then. Changes that come while a client is slow are
one change to it, so a slow client costs nobody and nothing is queued.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import msgspec
from litestar import WebSocket, websocket
from litestar.di import NamedDependency
from litestar.exceptions import WebSocketDisconnect
from litestar.params import FromPath

from boxoffice.domain.ids import OrderCode
from boxoffice.errors import BoxOfficeError, Unavailable
from boxoffice_api.auth import ROLES
from boxoffice_api.edge import Edge
from boxoffice_api.head import head_of
from boxoffice_api.live.frames import Beat, Bye, StaleNotice, encode
from boxoffice_api.live.hub import AGE_MAX_S
from boxoffice_api.live.sockets import (
    BEAT_S,
    GOING_AWAY,
    POLICY_VIOLATION,
    STALL_MAX_S,
    TRY_AGAIN_LATER,
    check_origin,
    close,
    hear,
    refuse,
    send_frame,
)
from boxoffice_api.order_views import OrderView
from boxoffice_api.routes.orders import own_order, shown_order

RETRY_S = 1.0

Socket = WebSocket[Any, Any, Any]


class OrderFrame(msgspec.Struct, frozen=True, tag_field="type", tag="order"):
    """The order as it is now."""

    order: OrderView


@websocket("/v1/orders/{code:str}/live")
async def live_order(
    socket: Socket, edge: NamedDependency[Edge], code: FromPath[str]
) -> None:
    """Send an order as it is, and again whenever something happened to it."""
    with suppress(WebSocketDisconnect, OSError):
        try:
            known = await own_order(edge, await _caller(socket, edge), code)
            with edge.order_news.watch(known.code) as news:
                await socket.accept()
                await _serve(socket, edge, known.code, news=news)
        except BoxOfficeError as error:
            await refuse(socket, error)


async def _caller(socket: Socket, edge: Edge) -> Any:
    head = head_of(socket)
    check_origin(head)
    return await edge.buyer_or(head, *ROLES)


async def _serve(
    socket: Socket, edge: Edge, code: OrderCode, *, news: asyncio.Event
) -> None:
    """Send states until the client leaves or is sent away."""
    sending = asyncio.create_task(_send(socket, edge, code, news=news))
    hearing = asyncio.create_task(hear(socket))
    both = (sending, hearing)
    try:
        done, _ = await asyncio.wait(
            both, timeout=AGE_MAX_S, return_when=asyncio.FIRST_COMPLETED
        )
        if not done:
            await close(socket, GOING_AWAY, last=encode(Bye()))
        for ended in done:
            closing = ended.result()
            if closing is not None:
                last = encode(Bye()) if closing == GOING_AWAY else None
                await close(socket, closing, last=last)
    finally:
        for task in both:
            task.cancel()
        await asyncio.gather(*both, return_exceptions=True)


async def _send(
    socket: Socket, edge: Edge, code: OrderCode, *, news: asyncio.Event
) -> int:
    """Send each new state; give the code to close with."""
    sent = b""
    while not edge.order_news.is_closing:
        news.clear()
        try:
            frame = await _frame(socket, edge, code)
        except Unavailable:
            frame = encode(StaleNotice(edge.tail.position))
            await asyncio.sleep(RETRY_S)
            news.set()
        except BoxOfficeError:
            return POLICY_VIOLATION
        if frame == sent:
            frame = encode(Beat(edge.tail.position))
        else:
            sent = frame
        try:
            async with asyncio.timeout(STALL_MAX_S):
                await send_frame(socket, frame)
        except TimeoutError:
            return TRY_AGAIN_LATER
        with suppress(TimeoutError):
            async with asyncio.timeout(BEAT_S):
                await news.wait()
    return GOING_AWAY


async def _frame(socket: Socket, edge: Edge, code: OrderCode) -> bytes:
    """Read the order for who asks, who may have lost the right to by now."""
    caller = await _caller(socket, edge)
    return encode(OrderFrame(await shown_order(edge, caller, code)))


HANDLERS = [live_order]

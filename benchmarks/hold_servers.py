"""The servers that the hold benchmark compares, one process each.

    python -m benchmarks.hold_servers product|row-lock|optimistic|no-op PORT

Baselines write the same ticket streams and the same events as the product, and a stream
for every buyer, as box offices commonly do it: one transaction per request on a pool of
16 connections, with the show guarded by its row. They write no receipts, no guards and
no hash chain, which favours them.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import msgspec
import uvicorn
import uvloop
from litestar import Litestar, Response, post
from psycopg import AsyncConnection, errors
from psycopg_pool import AsyncConnectionPool

from benchmarks.hold_data import PERFORMANCE, PRICE, category_of
from boxoffice.application.codec import encode, tag_of
from boxoffice.bootstrap import open_container
from boxoffice.domain.ids import BuyerId, ticket_stream
from boxoffice.domain.inventory.events import CartHoldPlaced, HeldPlace, TicketHeld
from boxoffice.settings import Settings, load
from boxoffice_api.role import run

ATTEMPTS_MAX = 200
"""Of an optimistic request; then it fails, and the run with it."""
POOL = 16
DEFAULTS = Settings()
INSERT = """
    insert into plain_events (stream, version, tag, data)
    select * from unnest(%b::bytea[], %b::bigint[], %b::text[], %b::bytea[])
"""


class HoldBody(msgspec.Struct, forbid_unknown_fields=True):
    """The product's request body."""

    places: list[int]


class HoldReply(msgspec.Struct):
    """About what the product answers."""

    hold: str
    places: list[int]
    until: datetime
    total: int


Columns = tuple[list[bytes], list[int], list[str], list[bytes]]


def facts(body: HoldBody, buyer: BuyerId, hold: str) -> tuple[Columns, HoldReply]:
    """Build the two kinds of events that a hold writes, and the reply."""
    now = datetime.now(UTC)
    until = now + timedelta(seconds=DEFAULTS.hold_ttl_s)
    places = tuple(
        HeldPlace(o, 0, category_of(o), f"Stalls {o}", PRICE) for o in body.places
    )
    events = [
        TicketHeld(hold=hold, section=0, category=p.category, price=PRICE, until=until)
        for p in places
    ]
    placed = CartHoldPlaced(
        hold=hold,
        buyer=buyer,
        performance=PERFORMANCE,
        places=places,
        until=until,
        cap=now + timedelta(seconds=DEFAULTS.hold_cap_s),
    )
    streams: list[bytes] = [ticket_stream(PERFORMANCE, o) for o in body.places]
    columns = (
        [*streams, bytes.fromhex(buyer)],
        [0] * (len(streams) + 1),
        [tag_of(event) for event in (*events, placed)],
        [encode(event) for event in (*events, placed)],
    )
    reply = HoldReply(hold, body.places, until, PRICE.minor * len(places))
    return columns, reply


async def row_lock(connection: AsyncConnection, columns: Columns) -> bool:
    """Take the show's row, look, write, let go."""
    async with connection.transaction():
        await connection.execute("select version from plain_shows for update")
        if await _taken(connection, columns):
            return False
        await connection.execute("update plain_shows set version = version + 1")
        await connection.execute(INSERT, columns)
    return True


async def optimistic(connection: AsyncConnection, columns: Columns) -> bool:
    """Look, write, and start again if the show moved on meanwhile."""
    for attempt in range(ATTEMPTS_MAX):
        try:
            return await _optimistic_once(connection, columns)
        except (LookupError, errors.SerializationFailure):
            await asyncio.sleep(random.random() * 0.001 * min(attempt + 1, 10))
    raise TimeoutError


async def _optimistic_once(connection: AsyncConnection, columns: Columns) -> bool:
    async with connection.transaction():
        cursor = await connection.execute("select version from plain_shows")
        seen = await cursor.fetchone()
        if await _taken(connection, columns):
            return False
        await connection.execute(INSERT, columns)
        cursor = await connection.execute(
            "update plain_shows set version = version + 1 where version = %b", seen
        )
        if cursor.rowcount == 0:
            raise LookupError
    return True


async def _taken(connection: AsyncConnection, columns: Columns) -> bool:
    cursor = await connection.execute(
        "select 1 from plain_events where stream = any(%b::bytea[]) limit 1",
        (columns[0],),
    )
    return await cursor.fetchone() is not None


def baseline(case: str) -> Litestar:
    """Build a baseline; `no-op` decodes, encodes and stores nothing."""
    write = {"row-lock": row_lock, "optimistic": optimistic}.get(case)
    pool: AsyncConnectionPool[AsyncConnection] = AsyncConnectionPool(
        os.environ["BOXOFFICE_LOG_URL"], min_size=POOL, max_size=POOL, open=False
    )

    @post("/v1/performances/{performance:str}/holds", status_code=201)
    async def hold(performance: str, data: HoldBody) -> Response[HoldReply]:
        assert performance == PERFORMANCE
        entropy = os.urandom(16).hex()
        columns, reply = facts(data, BuyerId(entropy), entropy)
        if write is None:
            return Response(reply)
        async with pool.connection() as connection:
            stored = await write(connection, columns)
        return Response(reply, status_code=201 if stored else 409)

    @asynccontextmanager
    async def with_pool(_: Litestar) -> AsyncIterator[None]:
        async with pool:
            yield

    return Litestar(
        [hold],
        lifespan=[] if write is None else [with_pool],
        openapi_config=None,
        logging_config=None,
    )


def main(case: str, port: int) -> None:
    """Serve one case until terminated."""
    if case == "product":
        uvloop.run(product(port))
        return
    uvicorn.run(
        baseline(case),
        host="127.0.0.1",
        port=port,
        log_level="warning",
        access_log=False,
        loop="uvloop",
        http="httptools",
    )


async def product(port: int) -> None:
    """Serve the product as `boxoffice serve --role api` does."""
    async with open_container(load(os.environ)) as container:
        await run(container, host="127.0.0.1", port=port, started=lambda *_: None)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

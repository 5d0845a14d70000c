"""Is this process fit to serve?

Only what a sale needs decides: the log, the writer, the clock and the programme, which
a process that starts reads from the log while its port is already open. When the bus or
a store of read models is away, places are still held and sold, so the process says that
it is `degraded` and stays in service. A log in another epoch than at start was set back
behind this process's memory, so the process must be started anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Literal

import msgspec

from boxoffice.application.ports.log import EventStore
from boxoffice.application.queries.tail import Tail
from boxoffice.bootstrap import Container
from boxoffice.errors import Conflict, Unavailable

PING_LIMIT_S = 2.0
NEEDED = frozenset({"log", "writer", "clock", "programme"})


class Check(msgspec.Struct, frozen=True):
    """One thing that was looked at."""

    ok: bool
    detail: str = ""


class Health(msgspec.Struct, frozen=True):
    """Whether this process is fit to serve, and why not."""

    status: Literal["ready", "degraded", "unready"]
    checks: dict[str, Check]


async def health_of(container: Container, *, epoch: int, tail: Tail) -> Health:
    """Look at everything at once; no look takes longer than `PING_LIMIT_S`.

    `epoch` is the log's, as this process knows it, and `tail` how far it has read.
    """
    pings: dict[str, Awaitable[object]] = {
        "log": _check_log(container.store, epoch),
        "programme": tail.catch_up(),
        "bus": container.bus.ping(),
        "documents": container.documents.ping(),
        "cache": container.cache.ping(),
    }
    answers = await asyncio.gather(*(_answered(ping) for ping in pings.values()))
    checks = dict(zip(pings, answers, strict=True))
    if not tail.knows_past:
        read = f"has read {tail.position:,} of {tail.past:,} events"
        checks["programme"] = Check(ok=False, detail=read)
    checks["clock"] = _clock(container)
    checks["writer"] = _writer(container)
    failed = {name for name, check in checks.items() if not check.ok}
    if failed & NEEDED:
        return Health("unready", checks)
    return Health("degraded" if failed else "ready", checks)


async def _check_log(store: EventStore, epoch: int) -> None:
    head = await asyncio.to_thread(store.head)
    if head.epoch != epoch:
        raise Conflict


async def _answered(ping: Awaitable[object]) -> Check:
    try:
        async with asyncio.timeout(PING_LIMIT_S):
            await ping
    except TimeoutError:
        return Check(ok=False, detail=f"no answer within {PING_LIMIT_S:g} s")
    except Unavailable as error:
        return Check(ok=False, detail=type(error).code)
    except Conflict:
        return Check(ok=False, detail="it was set back; start this process anew")
    return Check(ok=True)


def _clock(container: Container) -> Check:
    offset_s = container.clock.offset_s()
    most = container.settings.clock_offset_max_s
    if abs(offset_s) <= most:
        return Check(ok=True)
    return Check(ok=False, detail=f"{offset_s:+.3f} s off; at most {most:g} s")


def _writer(container: Container) -> Check:
    alive = container.writer.alive
    return Check(ok=alive, detail="" if alive else "takes no more commands")

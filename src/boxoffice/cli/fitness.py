"""A process whose memory no longer fits the log ends itself, to be started anew.

A writer remembers what it read. When the log was set back, it remembers what never
happened; when its thread is gone, nobody answers. Nothing in the process can mend
either, and whoever watches over it starts a new one: Kubernetes, systemd, a person.
Relay and projectors begin again by themselves and need none of this.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from boxoffice.errors import Unavailable

if TYPE_CHECKING:
    from boxoffice.application.ports.log import Head
    from boxoffice.bootstrap import Container

LOOK_S = 2.0
WRITING = frozenset({"api", "reactors"})
"""Roles with a memory of their own."""

log = structlog.get_logger()


async def end_when_unfit(container: Container) -> None:
    """Run until this process must end.

    Raises:
        Unavailable: it must; the sentence says why.
    """
    known = await asyncio.to_thread(container.store.head)
    reason = ""
    while not reason:
        await asyncio.sleep(LOOK_S)
        if not container.writer.alive:
            reason = "The writer's thread is gone."
            break
        known, reason = await asyncio.to_thread(_look, container, known)
    log.error("process_ends", reason=reason)
    raise Unavailable(f"{reason} Start this process anew.")


def _look(container: Container, known: Head) -> tuple[Head, str]:
    """Give the end of the log, and what is wrong with it.

    What the process read or stored between two looks counts as well. While the log is
    away nothing is known to be wrong.
    """
    seen = container.reach.position
    try:
        now = container.store.head()
        last = known.position - 1
        there = container.store.read(after=last, limit=1) if last >= 0 else ()
    except Unavailable:
        return known, ""
    if now.epoch != known.epoch:
        detail = f"The log is in epoch {now.epoch}; this process knows {known.epoch}."
        return now, detail
    reached = max(known.position, seen)
    if now.position < reached:
        return now, _set_back(reached, f"to {now.position:,}")
    if any(record.hash != known.hash for record in there):
        return now, _set_back(reached, "and went on otherwise")
    return now, ""


def _set_back(reached: int, how: str) -> str:
    return (
        f"The log was set back from position {reached:,} {how};"
        " run `boxoffice new-epoch`."
    )

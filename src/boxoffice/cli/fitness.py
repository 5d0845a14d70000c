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
        now = await _head(container) or known
        alive = container.writer.alive
        reason = _set_back(known, now) if alive else "The writer's thread is gone."
        known = now
    log.error("process_ends", reason=reason)
    raise Unavailable(f"{reason} Start this process anew.")


async def _head(container: Container) -> Head | None:
    """While the log is away nothing is known to be wrong with it."""
    try:
        return await asyncio.to_thread(container.store.head)
    except Unavailable:
        return None


def _set_back(known: Head, now: Head) -> str:
    if now.epoch != known.epoch:
        return f"The log is in epoch {now.epoch}; this process knows {known.epoch}."
    if now.position < known.position:
        return (
            f"The log was set back from position {known.position:,} to"
            f" {now.position:,}; run `boxoffice new-epoch`."
        )
    return ""

"""Running the roles of the deployables, found by their entry points.

All roles of a process share one container and end together: at a signal, or when one
of them ends. The first signal drains, a later one ends the process at once.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine, Sequence
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from boxoffice.errors import Misconfigured, Unavailable

if TYPE_CHECKING:
    from boxoffice.bootstrap import Container

GROUP = "boxoffice.roles"
ENDINGS = (signal.SIGINT, signal.SIGTERM)
KILLED = 128
"""The shell's custom for an exit code by signal: this and the signal's number."""
SAME_GESTURE_S = 1.0
"""One Ctrl-C may arrive twice, from the terminal and from a parent."""
STOP_LIMIT_S = 8.0
"""For all roles to end; the writer's drain and the closing come after."""

Role = Callable[..., Coroutine[Any, Any, None]]
Running = Callable[["Container"], Coroutine[Any, Any, None]]


def role(name: str) -> Role:
    """Find a role.

    Raises:
        Misconfigured: no installed package offers it.
    """
    for found in entry_points(group=GROUP, name=name):
        loaded: Role = found.load()
        return loaded
    raise Misconfigured(f"No installed package offers the role {name!r}.")


async def run_together(container: Container, roles: Sequence[Running]) -> None:
    """Run roles until a signal comes or one of them ends, then end them all.

    Raises:
        Unavailable: a role could not be ended in time.
        Exception: whatever ended a role.
    """
    stop = asyncio.Event()
    _end_at_signal(stop)
    tasks = [asyncio.create_task(run(container)) for run in roles]
    ending = asyncio.create_task(stop.wait())
    await asyncio.wait([ending, *tasks], return_when=asyncio.FIRST_COMPLETED)
    ending.cancel()
    ended = [task for task in tasks if task.done()]
    for task in tasks:
        task.cancel()
    _, late = await asyncio.wait(tasks, timeout=STOP_LIMIT_S)
    for task in ended:
        task.result()
    if late:
        raise Unavailable(f"Not everything ended within {STOP_LIMIT_S:.0f} s.")


def _end_at_signal(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    first: list[float] = []

    def end(number: int) -> None:
        if not first:
            first.append(loop.time())
            stop.set()
        elif loop.time() - first[0] > SAME_GESTURE_S:
            os._exit(KILLED + number)

    for number in ENDINGS:
        loop.add_signal_handler(number, end, number)

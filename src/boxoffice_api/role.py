"""The role `api`: the application behind uvicorn, until it is cancelled.

The port is bound before anything else, so a taken one is known at once; `started` is
called when requests are answered. On cancellation no new connection is taken, requests
under way get `DRAIN_S` to finish, and then the role ends. Signals are the process's
own affair.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, cast

import uvicorn

from boxoffice.bootstrap import Container
from boxoffice.errors import Misconfigured
from boxoffice_api.app import create_app
from boxoffice_api.asgi import App
from boxoffice_api.guarded_http import Door, GuardedHttpProtocol
from boxoffice_api.refusing_sockets import RefusingSocketProtocol

BACKLOG = 2_048
KEEP_ALIVE_S = 75
"""Longer than load balancers keep an idle connection, so they close it first."""
DRAIN_S = 5
SOCKET_BYTES_MAX = 64 * 1024
SWITCH_S = 0.0005
"""How long a thread may keep the interpreter from another. With Python's 5 ms the
writer, back from its commit, waits for the handlers longer than the commit took; with
this, holds a second rose by a third when measured (benchmarks/holds.py)."""
CONTAINERS_MAX = 50_000
"""How many more containers than at its last search there may be until Python searches
for cycles again. With its 700, the ups and downs of 64 holds under way had it search
three times a batch, and through all of memory every few thousand holds; answers and
refusals leave nothing to be found."""


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers, telling when it listens."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_start = started

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_start()


async def run(
    container: Container,
    *,
    host: str,
    port: int,
    started: Callable[[], None] = lambda: None,
) -> None:
    """Serve until cancelled.

    Raises:
        Misconfigured: the address cannot be listened on.
    """
    sys.setswitchinterval(SWITCH_S)
    gc.set_threshold(CONTAINERS_MAX)
    app = await asyncio.to_thread(create_app, container)
    with _listening(host, port) as bound:
        server = _Server(_config(app, container), started)
        serving = asyncio.create_task(server.serve([bound]))
        try:
            await asyncio.shield(serving)
        except asyncio.CancelledError:
            server.should_exit = True
            await serving
            raise


def _config(app: App, container: Container) -> uvicorn.Config:
    door = Door(connections_max=container.settings.connections_max)
    return uvicorn.Config(
        app,
        http=cast("Any", partial(GuardedHttpProtocol, door=door)),
        ws=RefusingSocketProtocol,
        # Frames are small and shared; deflating each costs ten times the sending.
        ws_per_message_deflate=False,
        ws_max_size=SOCKET_BYTES_MAX,
        lifespan="on",
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=min(DRAIN_S, int(container.settings.drain_s)),
    )


@contextlib.contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        bound = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        detail = f"Cannot listen on {host} port {port}: {error.strerror}."
        raise Misconfigured(detail) from error
    with bound:
        yield bound

"""Running a sandbox: on a port of its own, in this event loop."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import uvicorn
from litestar import Litestar

from boxoffice.sandbox.app import Sandbox, make_app
from boxoffice.sandbox.desk import Desk
from boxoffice.sandbox.faults import Mischief
from boxoffice.sandbox.hooks import Hooks
from boxoffice.sandbox.intents import Till
from boxoffice.sandbox.ledger import Ledger

API_KEY = "sk_test_boxoffice"
SECRET = "whsec_boxoffice"  # noqa: S105 - of a sandbox that moves no money
MEMORY = ":memory:"
ID_BYTES = 12
LATE_POLL_S = 0.1
STARTED_S = 20.0


def _name(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(ID_BYTES)}"


class Opened:
    """A sandbox with its books; `home` is where browsers find it."""

    def __init__(
        self,
        *,
        data: str = MEMORY,
        webhooks: Sequence[str] = (),
        secret: str = SECRET,
        api_key: str = API_KEY,
    ) -> None:
        self.home = ""
        self.ledger = Ledger(data)
        self.mischief = Mischief()
        self.hooks = Hooks(
            self.ledger,
            self.mischief,
            endpoints=webhooks,
            secret=secret,
            name=_name,
            now=time.time,
        )
        self.till = Till(
            self.ledger,
            name=_name,
            now=time.time,
            note=self.hooks.note,
            home=lambda: self.home,
        )
        desk = Desk(self.ledger, self.till, self.mischief)
        box = Sandbox(self.ledger, self.till, desk, self.mischief, api_key)
        self.app: Litestar = make_app(box)

    async def work(self) -> None:
        """Send webhooks and let late money come, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.hooks.deliver())
            group.create_task(self._come_late())

    async def _come_late(self) -> None:
        while True:
            await asyncio.sleep(LATE_POLL_S)
            with self.ledger.together():
                for intent in self.till.overdue():
                    self.till.settle(intent, succeeds=True)


@asynccontextmanager
async def running_sandbox(
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    data: str = MEMORY,
    webhooks: Sequence[str] = (),
    secret: str = SECRET,
    api_key: str = API_KEY,
) -> AsyncIterator[str]:
    """Run a sandbox inside; give its address. Port 0 is any free one.

    Raises:
        OSError: the port is taken, or the file cannot be opened.
    """
    opened = Opened(data=data, webhooks=webhooks, secret=secret, api_key=api_key)
    listening = socket.create_server((host, port))
    opened.home = f"http://{host}:{listening.getsockname()[1]}"
    config = uvicorn.Config(
        opened.app, log_level="warning", access_log=False, lifespan="off"
    )
    server = _Inside(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    working = asyncio.create_task(opened.work())
    try:
        async with asyncio.timeout(STARTED_S):
            while not server.started:  # noqa: ASYNC110 - the server has no event
                await asyncio.sleep(0.01)
        yield opened.home
    finally:
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working
        server.should_exit = server.force_exit = True
        await serving
        opened.ledger.close()


class _Inside(uvicorn.Server):
    """A server inside somebody else's process: signals are not its business."""

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]  # noqa: ANN202 - uvicorn's
        yield

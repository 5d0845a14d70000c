"""Running a sandbox: on a port of its own, in this event loop."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import structlog
import uvicorn
from litestar import Litestar

from boxoffice.sandbox.app import Sandbox, make_app
from boxoffice.sandbox.desk import Desk
from boxoffice.sandbox.faults import Mischief
from boxoffice.sandbox.hooks import Hooks
from boxoffice.sandbox.intents import Till
from boxoffice.sandbox.ledger import Ledger
from boxoffice.sandbox.refunds import Refunds

API_KEY = "sk_test_boxoffice"
SECRET = "whsec_boxoffice"  # noqa: S105 - of a sandbox that moves no money
HERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with only
MEMORY = ":memory:"
ID_BYTES = 12
LATE_POLL_S = 0.1
STARTED_S = 20.0
STALL_S = 10.0
"""How long a token that times out keeps its caller waiting."""

log = structlog.get_logger()


def _name(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(ID_BYTES)}"


class Opened:
    """A sandbox with its books; `home` is where browsers find it.

    `stall_s` is how long a token that times out keeps its caller waiting.
    """

    def __init__(
        self,
        *,
        data: str = MEMORY,
        webhooks: Sequence[str] = (),
        secret: str = SECRET,
        api_key: str = API_KEY,
        seed: int = 1,
        stall_s: float = STALL_S,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.home = ""
        self.ledger = Ledger(data)
        self.mischief = Mischief(seed)
        self.hooks = Hooks(
            self.ledger,
            self.mischief,
            endpoints=webhooks,
            secret=secret,
            name=_name,
            now=now,
        )
        self.till = Till(
            self.ledger,
            name=_name,
            now=now,
            note=self.hooks.note,
            home=lambda: self.home,
        )
        self.refunds = Refunds(
            self.ledger, self.till, name=_name, now=now, note=self.hooks.note
        )
        desk = Desk(self.ledger, self.till, self.refunds, self.mischief)
        box = Sandbox(
            self.ledger,
            self.till,
            desk,
            self.mischief,
            api_key=api_key,
            stall_s=stall_s,
            now=now,
        )
        self.app: Litestar = make_app(box)

    async def work(self) -> None:
        """Send webhooks and let late money come, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.hooks.deliver())
            group.create_task(self._come_late())

    async def _come_late(self) -> None:
        while True:
            await asyncio.sleep(LATE_POLL_S)
            try:
                self.come_late()
            except Exception:
                # What nobody expected of one payment holds up the others no longer.
                log.exception("late_money_failed")

    def come_late(self) -> None:
        """Let all money come whose time has come."""
        with self.ledger.together():
            for intent in self.till.overdue():
                self.till.settle(intent, succeeds=True)
            self.refunds.arrive()


@asynccontextmanager
async def running_sandbox(
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    data: str = MEMORY,
    webhooks: Sequence[str] = (),
    secret: str = SECRET,
    api_key: str = API_KEY,
    seed: int = 1,
    public: str = "",
) -> AsyncIterator[str]:
    """Run a sandbox inside; give its address. Port 0 is any free one.

    `public` is the address that browsers know it by, where that is another.

    Raises:
        OSError: the port is taken, or the file cannot be opened.
    """
    listening = _listening(host, port)
    with contextlib.ExitStack() as undo:
        undo.callback(listening.close)
        opened = Opened(
            data=data, webhooks=webhooks, secret=secret, api_key=api_key, seed=seed
        )
        undo.callback(opened.ledger.close)
        address = _address(host, listening.getsockname()[1])
        opened.home = public.rstrip("/") or address
        async with _serving(opened, listening):
            yield address


@asynccontextmanager
async def _serving(opened: Opened, listening: socket.socket) -> AsyncIterator[None]:
    config = uvicorn.Config(
        opened.app,
        log_config=None,
        log_level="warning",
        access_log=False,
        lifespan="off",
    )
    server = _Inside(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    working = asyncio.create_task(opened.work())
    try:
        async with asyncio.timeout(STARTED_S):
            while not server.started:  # noqa: ASYNC110 - the server has no event
                await asyncio.sleep(0.01)
        yield
    finally:
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working
        server.should_exit = server.force_exit = True
        await serving


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family)


def _address(host: str, port: int) -> str:
    """Give the address for a browser on this machine."""
    name = HERE.get(host, host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


class _Inside(uvicorn.Server):
    """A server inside somebody else's process: signals are not its business."""

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]  # noqa: ANN202 - uvicorn's
        yield

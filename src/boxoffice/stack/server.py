"""One server of the stack as a handle: start, ready, stop, kill, start again.

A handle starts the same command on the same port and folder every time, so a test may
kill a broker and bring it back. Start servers from a thread that outlives them (see
`launch`). `stop(hard=True)` kills the server and its children as a power cut would.
"""

from __future__ import annotations

import asyncio
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from boxoffice.stack.account import Account
from boxoffice.stack.errors import PortTaken, StackError, StartFailed
from boxoffice.stack.listeners import listens
from boxoffice.stack.processes import (
    LOG,
    children_of,
    complained,
    end_orphans,
    last_words,
    spawn,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

READY_LIMIT_S = 180
"""Ten times what a start takes on two cores that ten others want as well."""
READY_POLL_S = 0.02
STARTS_MAX = 5
"""How often a server is started whose ports others keep taking."""
GRACE_S = 10
"""How long a server may take to close its files before it is killed."""
PORT_TAKEN = "address already in use"
"""What the kernel calls it, and each of the servers repeats in its log."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that decides how one server runs."""

    name: str
    argv: tuple[str, ...]
    folder: Path
    port: int
    url: str
    check: Callable[[], Awaitable[str]]
    """Says which version answers; raises anything while the server is not ready."""
    account: Account | None = None
    stop_signal: int = signal.SIGTERM
    drop_signal: int = signal.SIGKILL
    """When nobody will want the data, or nobody is left to wait for a clean end."""


class Server:
    """The handle; not started until `start`."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where clients find it; the same after every start."""
        return self.plan.url

    @property
    def pid(self) -> int:
        """The server's own process id, as `kill` wants it."""
        if self._process is None or self._process.poll() is not None:
            raise StackError(f"{self.plan.name} is not running.")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process lives; see `ready` for whether it answers."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the process; wait for it with `ready`."""
        if self.running:
            raise StackError(f"{self.plan.name} is already running.")
        self._process = spawn(
            self.plan.argv,
            folder=self.plan.folder,
            account=self.plan.account,
            death_signal=self.plan.drop_signal,
        )

    def move(self, plan: Plan) -> None:
        """Run by another plan from the next start on, as on another port."""
        if self.running:
            raise StackError(f"{self.plan.name} cannot be moved while it runs.")
        (self.plan.folder / LOG).unlink(missing_ok=True)
        self.plan = plan

    async def ready(self) -> str:
        """Wait until the server answers a real client, and say its version.

        Raises: PortTaken, when it ended because its port was not free any more;
        StartFailed, when it ended otherwise or does not answer within the limit.
        """
        deadline = time.monotonic() + READY_LIMIT_S
        await self._until_it_listens(deadline)
        while True:
            try:
                version = await asyncio.wait_for(self.plan.check(), READY_LIMIT_S)
            except Exception as error:  # noqa: BLE001 -- whatever its driver raises
                self._fail_if_over(deadline, cause=error)
            else:
                if self.running:
                    return version
                self._fail_if_over(deadline)
            await asyncio.sleep(READY_POLL_S)

    def stop(self, *, hard: bool = False) -> None:
        """End the server cleanly, or kill it and its children at once."""
        self._end(signal.SIGKILL if hard else self.plan.stop_signal)

    def drop(self) -> None:
        """End the server fast; its data is of no more use."""
        self._end(self.plan.drop_signal)

    def last_words(self) -> str:
        """The end of its log, on one line."""
        return last_words(self.plan.folder)

    async def _until_it_listens(self, deadline: float) -> None:
        """The process itself, not a stranger that took the port before it."""
        while self._process is None or not listens(self._process.pid, self.plan.port):
            self._fail_if_over(deadline)
            await asyncio.sleep(READY_POLL_S)

    def _fail_if_over(self, deadline: float, *, cause: Exception | None = None) -> None:
        if not self.running:
            taken = complained(self.plan.folder, PORT_TAKEN)
            sentence = f"{self.plan.name} ended at its start: {self.last_words()}"
            raise (PortTaken if taken else StartFailed)(sentence) from cause
        if time.monotonic() > deadline:
            raise StartFailed(
                f"{self.plan.name} did not answer within {READY_LIMIT_S} s "
                f"({cause!r}): {self.last_words()}"
            ) from cause

    def _end(self, how: int) -> None:
        process = self._process
        if process is None or process.poll() is not None:
            return
        children = children_of(process.pid)
        process.send_signal(how)
        try:
            process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        end_orphans(children)

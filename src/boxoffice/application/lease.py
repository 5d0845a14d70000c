"""Being the one that does a job, for as long as the lease lasts.

The lease is renewed in the background. Losing it does not interrupt the job: saves of
checkpoints are fenced, and whoever does something that must happen once asks `check`
right before.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import structlog

from boxoffice.application.ports.checkpoints import Checkpoints, Lease
from boxoffice.errors import BoxOfficeError, Conflict, Unavailable

log = structlog.get_logger()

RENEWALS_PER_TTL = 3


_contenders = itertools.count(1)


def contender() -> str:
    """Give a new name for one that competes for leases, unlike all others."""
    return f"{socket.gethostname()}/{os.getpid()}/{next(_contenders)}"


class Leadership:
    """A lease that was won; `lost` once somebody else has it."""

    def __init__(self, lease: Lease) -> None:
        self.lease = lease
        self.lost = False
        self.problem: Exception | None = None
        """What nobody expected, when the lease was to be renewed."""

    def check(self) -> None:
        """Make sure of the lease.

        Raises:
            Conflict: it is lost; stop at once.
            Unavailable: it could not be renewed, and nobody knows why.
        """
        if self.problem is not None:
            problem = f"The lease {self.lease.name} could not be renewed."
            raise Unavailable(problem) from self.problem
        if self.lost:
            raise Conflict(f"Somebody else is the {self.lease.name} now.")


def _patiently() -> None:
    """Say nothing while another has the lease."""


@asynccontextmanager
async def leading(
    checkpoints: Checkpoints,
    name: str,
    *,
    owner: str,
    ttl_s: float,
    waiting: Callable[[], None] = _patiently,
) -> AsyncIterator[Leadership]:
    """Wait for the lease, keep it inside the block and give it back.

    `waiting` is told every time that another still has it.

    Raises:
        Unavailable: nobody can say who has the lease.
    """
    while (lease := await _asked(checkpoints, name, owner=owner, ttl_s=ttl_s)) is None:
        waiting()
        await asyncio.sleep(ttl_s / RENEWALS_PER_TTL)
    leadership = Leadership(lease)
    renewing = asyncio.create_task(_renew(checkpoints, leadership, ttl_s))
    try:
        yield leadership
    finally:
        renewing.cancel()
        with suppress(asyncio.CancelledError):
            await renewing
        with suppress(BoxOfficeError):
            await asyncio.to_thread(checkpoints.release, leadership.lease)


async def _asked(
    checkpoints: Checkpoints, name: str, *, owner: str, ttl_s: float
) -> Lease | None:
    return await asyncio.to_thread(checkpoints.acquire, name, owner, ttl_s=ttl_s)


async def _renew(
    checkpoints: Checkpoints, leadership: Leadership, ttl_s: float
) -> None:
    lease = leadership.lease
    while not leadership.lost:
        await asyncio.sleep(ttl_s / RENEWALS_PER_TTL)
        try:
            name, owner = lease.name, lease.owner
            renewed = await _asked(checkpoints, name, owner=owner, ttl_s=ttl_s)
            leadership.lost = renewed != lease
        except Unavailable:
            continue
        except Exception as error:
            log.exception("lease_not_renewed", lease=lease.name)
            leadership.problem, leadership.lost = error, True

"""Work that one process does at a time: whoever holds the lease does it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from boxoffice.application.lease import Leadership, contender, leading
from boxoffice.errors import BoxOfficeError
from boxoffice_projectors import metrics
from boxoffice_projectors.container import Container
from boxoffice_projectors.health import Health

RETRY_S = 0.5
"""Before the lease is tried for again, when it or the log was lost."""
FAULT_S = 5.0
"""Before a term is begun anew that something unexpected has ended."""

log = structlog.get_logger()

Term = Callable[[Leadership], Awaitable[None]]
"""The work of one term: it goes on until the lease or the log is lost."""


async def while_leading(
    container: Container, health: Health, lease: str, work: Term
) -> None:
    """Work until cancelled, whenever this process holds the lease.

    Who waits for the lease is healthy: it stands by.
    """
    while True:
        try:
            async with leading(
                container.checkpoints,
                lease,
                owner=contender(),
                ttl_s=container.settings.relay_lease_s,
                waiting=lambda: health.report(lease, ""),
            ) as leadership:
                await work(leadership)
        except BoxOfficeError as error:
            health.report(lease, error.detail)
            await asyncio.sleep(RETRY_S)
        except Exception:
            # A role is more than one job: what nobody expected of this one ends its
            # term, and is tried again for as long as it lasts.
            log.exception("term_failed", lease=lease)
            metrics.reactor_faults.labels(lease).inc()
            health.report(lease, "Something that nobody expected; see the log.")
            await asyncio.sleep(FAULT_S)

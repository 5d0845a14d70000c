"""Forgetting the receipts of requests, once an hour, by one process at a time.

Nothing waits for it: a receipt that lives longer does no harm. After a restart the
log is looked at once more, from its first record on; what is gone already costs little.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog

from boxoffice.application.forgetting import forgettable_before
from boxoffice.application.lease import Leadership
from boxoffice_projectors import metrics
from boxoffice_projectors.container import Container
from boxoffice_projectors.health import Health
from boxoffice_projectors.leased import while_leading

LEASE = "reactor-receipts"
EVERY_S = 3_600.0
PAGE_MAX = 1_000
"""Events that one call looks at: about 20 ms of the log's database."""
PAUSE_S = 0.05
"""Between two pages, so that buyers come first."""

log = structlog.get_logger()


@dataclass(frozen=True)
class ReceiptForgetting:
    """The periodic task; it has no state but how far it has come."""

    container: Container
    health: Health

    async def run(self) -> None:
        """Forget until cancelled, whenever this process holds the lease."""
        await while_leading(self.container, self.health, LEASE, self._keep_forgetting)

    async def _keep_forgetting(self, leadership: Leadership) -> None:
        reached = 0
        while True:
            reached = await self._forget_all(leadership, after=reached)
            self.health.report(LEASE, "")
            await asyncio.sleep(EVERY_S)

    async def _forget_all(self, leadership: Leadership, *, after: int) -> int:
        """Forget everything that is old enough now; give how far that reaches."""
        container = self.container
        days = container.settings.receipts_days
        before = forgettable_before(container.clock.now(), days=days)
        forgotten = 0
        while True:
            leadership.check()
            page = await asyncio.to_thread(
                container.store.forget_receipts,
                after=after,
                before=before,
                limit=PAGE_MAX,
            )
            metrics.receipts_forgotten.inc(page.receipts)
            forgotten += page.receipts
            if page.reached == after:
                break
            after = page.reached
            await asyncio.sleep(PAUSE_S)
        if forgotten:
            log.info("receipts_forgotten", receipts=forgotten)
        return after

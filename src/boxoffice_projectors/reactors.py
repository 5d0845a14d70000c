"""Running processes over the log: read what is new, then do what is due.

A reactor folds the log from its first record and issues commands only from where the
log ended when it started, so that no restart fires history again; what was due then
and is not done is still open in its state, and is issued. Commands go through the one
write path, under ids that follow from their cause.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog

from boxoffice.application.lease import Leadership
from boxoffice.application.ports.log import LogRecord
from boxoffice.application.processes.hold_expiry import (
    TAGS,
    Deadlines,
    again,
    due,
    react,
    request,
)
from boxoffice.application.replay import pages
from boxoffice.application.topics import fact_of
from boxoffice.application.writer import ask
from boxoffice.domain.inventory.commands import ExpireHold
from boxoffice.errors import BoxOfficeError, Unavailable
from boxoffice_projectors import metrics
from boxoffice_projectors.container import Container
from boxoffice_projectors.health import Health
from boxoffice_projectors.leased import while_leading

LEASE = "reactor-hold-expiry"
COMMANDS_MAX = 64
"""Commands that are under way at once."""
TICK_S = 0.5
RETRY_S = 0.5

log = structlog.get_logger()


@dataclass(frozen=True)
class HoldExpiry:
    """The reactor that tidies up overdue holds."""

    container: Container
    health: Health

    async def run(self) -> None:
        """React until cancelled, whenever this process holds the lease."""
        await while_leading(self.container, self.health, LEASE, self._react)

    async def _react(self, leadership: Leadership) -> None:
        state = Deadlines()
        position = 0
        store = self.container.store
        while True:
            async for page in pages(store, after=position):
                _note(state, page)
                position = page[-1].position
            leadership.check()
            self.health.report(LEASE, "")
            commands = due(state, self.container.clock.now(), commands_max=COMMANDS_MAX)
            await asyncio.gather(*(self._issue(state, c) for c in commands))
            if not commands:
                await asyncio.to_thread(store.wait, after=position, timeout_s=TICK_S)

    async def _issue(self, state: Deadlines, command: ExpireHold) -> None:
        container = self.container
        asked = request(command, venue=container.settings.venue)
        try:
            await ask(container.writer, asked)
            metrics.expired.inc()
        except Unavailable as error:
            again(state, command)
            self.health.report(LEASE, error.detail)
            await asyncio.sleep(RETRY_S)
        except BoxOfficeError as error:
            log.warning("hold_not_expired", hold=command.hold, code=error.code)


def _note(state: Deadlines, page: list[LogRecord]) -> None:
    for record in page:
        if record.tag in TAGS:
            react(state, fact_of(record))

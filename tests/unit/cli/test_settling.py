"""A command whose outcome nobody knows is asked again under the same id."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from boxoffice.application.ports.log import Append, Receipt, Repeated, Stale, Stored
from boxoffice.application.write_path import WritePath
from boxoffice.application.writer import Writer
from boxoffice.bootstrap import Container, open_container
from boxoffice.cli import house
from boxoffice.cli.house import UNSETTLED, tell
from boxoffice.domain.catalogue.commands import CreateProduction
from boxoffice.domain.ids import ProductionId
from boxoffice.errors import OutcomeUnknown, Unavailable
from boxoffice.infrastructure.clock import utc_now
from boxoffice.infrastructure.memory.event_store import MemoryEventStore
from boxoffice.settings import Settings
from boxoffice.testing import NOON

SHOW = CreateProduction(now=NOON, production=ProductionId("a" * 24), title="Rain")


class LosesReplies(MemoryEventStore):
    """A log that stores the first command, does not say so, and is away for a while."""

    def __init__(self, *, away: int) -> None:
        super().__init__(now=utc_now, log_name="main")
        self.away = away
        self._lost = False

    def append(self, batch: Append) -> Stored | Stale | Repeated:
        outcome = super().append(batch)
        if self._lost:
            return outcome
        self._lost = True
        raise OutcomeUnknown

    def receipts(self, command_ids: Sequence[bytes]) -> list[Receipt]:
        self.away -= 1
        if self.away >= 0:
            raise Unavailable
        return super().receipts(command_ids)


@asynccontextmanager
async def house_on(store: LosesReplies) -> AsyncIterator[Container]:
    path = WritePath(store, families_max=8)
    writer = Writer(path, queue_max=8, batch_max=8, timeout_s=5.0)
    async with open_container(Settings(log_url="memory://")) as opened:
        yield replace(opened, store=store, writer=writer)
    writer.drain(5.0)


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house, "SETTLE_PAUSES_S", (0.01,) * 6)


@pytest.mark.parametrize("away", [1, 2])
async def test_the_receipt_answers_once_the_log_is_back(away: int) -> None:
    store = LosesReplies(away=away)
    async with house_on(store) as container:
        accepted = await tell(container, SHOW)
    assert accepted.repeated
    assert [fact.position for fact in accepted.facts] == [1]
    assert store.head().position == 1


async def test_what_stays_unknown_is_called_so_and_never_done_twice() -> None:
    store = LosesReplies(away=100)
    async with house_on(store) as container:
        with pytest.raises(OutcomeUnknown, match=UNSETTLED):
            await tell(container, SHOW)
    assert store.head().position == 1

"""A process that no longer fits the log ends, and says why."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import count

import pytest
import structlog

from boxoffice.application.ports.log import EventStore, Head
from boxoffice.application.queries.tail import Tail
from boxoffice.bootstrap import Container, open_container
from boxoffice.cli import fitness
from boxoffice.cli.fitness import end_when_unfit
from boxoffice.cli.house import tell
from boxoffice.domain.catalogue.commands import CreateProduction
from boxoffice.domain.ids import PerformanceId, ProductionId
from boxoffice.errors import Unavailable
from boxoffice.infrastructure.memory.event_store import MemoryEventStore
from boxoffice.settings import Settings
from boxoffice.testing import NOON, on_sale, store_facts

LIMIT_S = 5.0


@pytest.fixture
async def container(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Container]:
    monkeypatch.setattr(fitness, "LOOK_S", 0.0)
    async with open_container(Settings(log_url="memory://")) as container:
        store_facts(container.store, on_sale())
        yield container


async def ended(container: Container) -> str:
    """Wait for the end; give what was logged."""
    with structlog.testing.capture_logs() as logs:
        async with asyncio.timeout(LIMIT_S):
            with pytest.raises(Unavailable, match="Start this process anew"):
                await end_when_unfit(container)
    (line,) = logs
    assert (line["event"], line["log_level"]) == ("process_ends", "error")
    reason: str = line["reason"]
    return reason


def let(
    store: EventStore, monkeypatch: pytest.MonkeyPatch, **at: Callable[[], object]
) -> Iterator[int]:
    """Do things before the log is looked at for the n-th time; count the looks."""
    looks = count(1)
    head = store.head

    def look() -> Head:
        at.get(f"look_{next(looks)}", lambda: None)()
        return head()

    monkeypatch.setattr(store, "head", look)
    return looks


def away() -> None:
    raise Unavailable


async def test_a_log_in_another_epoch_ends_the_process(
    container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    let(container.store, monkeypatch, look_3=container.store.new_epoch)
    assert "epoch 2" in await ended(container)


async def test_a_log_that_became_shorter_ends_the_process(
    container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = container.store
    assert isinstance(store, MemoryEventStore)
    length = store.head().position
    let(store, monkeypatch, look_3=lambda: store._cut(length - 1))
    assert f"from position {length} to {length - 1}" in await ended(container)


@pytest.mark.parametrize("how", ["stored", "read"])
async def test_what_was_seen_and_lost_between_two_looks_ends_the_process(
    container: Container, how: str
) -> None:
    store = container.store
    assert isinstance(store, MemoryEventStore)
    length = store.head().position
    if how == "stored":
        await tell(
            container,
            CreateProduction(production=ProductionId("b" * 24), now=NOON, title="Two"),
        )
    else:
        store_facts(store, on_sale(PerformanceId("a" * 24)))
        await Tail(store, reach=container.reach).catch_up()
    reached = store.head().position
    store._cut(length)
    assert f"from position {reached:,} to {length}" in await ended(container)


async def test_a_log_that_was_set_back_and_grew_again_ends_the_process(
    container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = container.store
    assert isinstance(store, MemoryEventStore)
    length = store.head().position

    def grow_otherwise() -> None:
        store._cut(length - 1)
        store_facts(store, on_sale(PerformanceId("a" * 24)))

    let(store, monkeypatch, look_3=grow_otherwise)
    assert "went on otherwise" in await ended(container)


async def test_a_writer_that_is_gone_ends_the_process(container: Container) -> None:
    assert await asyncio.to_thread(container.writer.drain, LIMIT_S)
    assert "writer" in await ended(container)


async def test_a_log_that_is_away_or_grows_ends_nothing(
    container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = container.store
    more = on_sale(PerformanceId("a" * 24))
    looks = let(
        store,
        monkeypatch,
        look_2=away,
        look_3=away,
        look_4=lambda: store_facts(store, more),
        look_6=store.new_epoch,
    )
    assert "epoch 2" in await ended(container)
    assert next(looks) == 7

"""What the writer did can be read by Prometheus at /metrics."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

import pytest

from boxoffice.application.ports.log import (
    Append,
    EventStore,
    Repeated,
    Stale,
    Stored,
)
from boxoffice.application.requests import Accepted, Request
from boxoffice.application.writer import ask
from boxoffice.domain.catalogue.events import SaleOpened
from boxoffice.domain.ids import BuyerId, HoldId, PerformanceId, performance_stream
from boxoffice.domain.message import Meta
from boxoffice.errors import Unstorable
from boxoffice.testing import hold_places, store_facts
from tests.unit.api.house import House

PATIENCE_S = 60.0
"""A machine under load may take its time."""
META = Meta(command="c", correlation="c", actor="buyer:a", venue="main")


async def figures(house: House) -> dict[str, float]:
    """Scrape; the process's other tests have left their counts there."""
    text = (await house.client.get("/metrics")).text
    lines = [line.split(" ") for line in text.splitlines() if line[0] != "#"]
    return {name: float(value) for name, value in lines if "_writer_" in name}


async def grown(house: House, before: dict[str, float], name: str) -> float:
    full = f"boxoffice_writer_{name}"
    return (await figures(house))[full] - before[full]


def hold(house: House, performance: str, number: int) -> asyncio.Future[Accepted]:
    """Ask for a place of one's own; do not wait."""
    command = hold_places(
        number,
        performance=PerformanceId(performance),
        buyer=BuyerId(f"{number:032x}"),
        hold=HoldId(f"{number:032x}"),
        now=house.clock.now(),
    )
    request = Request(number.to_bytes(16, "big"), b"", command, META)
    return asyncio.ensure_future(ask(house.container.writer, request))


@contextmanager
def held_up(store: EventStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[Event]:
    """Let the log store nothing before the block ends; give when it was first asked.

    A log that is locked would not do: whoever waits for its lock gives up in time.
    """
    plain, asked, let_go = store.append, Event(), Event()

    def append(batch: Append) -> Stored | Stale | Repeated:
        asked.set()
        let_go.wait(PATIENCE_S)
        return plain(batch)

    monkeypatch.setattr(store, "append", append)
    try:
        yield asked
    finally:
        let_go.set()


async def _handed_over() -> None:
    """Let commands begin, and let the turn end at which the writer gets them."""
    for _ in range(2):
        await asyncio.sleep(0)


async def test_batches_and_their_times_are_counted(
    house: House, performance: str
) -> None:
    before = await figures(house)
    await asyncio.gather(*(hold(house, performance, number) for number in range(1, 6)))
    assert 5 == await grown(house, before, "batch_commands_sum")
    batches = await grown(house, before, "batch_commands_count")
    assert 1 <= batches <= 5
    assert batches == await grown(house, before, "commit_seconds_count")
    assert 0 < await grown(house, before, "commit_seconds_sum")


async def test_commands_that_wait_are_shown(
    house: House, performance: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = house.container.writer
    monkeypatch.setattr(writer, "timeout_s", PATIENCE_S)
    with held_up(house.container.store, monkeypatch) as at_the_log:
        first = hold(house, performance, 1)
        assert await asyncio.to_thread(at_the_log.wait, PATIENCE_S)
        others = [hold(house, performance, number) for number in range(2, 6)]
        await _handed_over()
        shown = await figures(house)
    assert 4 == shown["boxoffice_writer_queue_depth"]
    await asyncio.gather(first, *others)
    assert 0 == (await figures(house))["boxoffice_writer_queue_depth"]


async def test_a_conflict_is_counted(house: House, performance: str) -> None:
    await hold(house, performance, 1)
    before = await figures(house)
    stream = performance_stream(PerformanceId(performance))
    last = [f.version for f in await house.facts() if f.stream == stream][-1]
    store_facts(house.container.store, [(stream, SaleOpened())], version=last)
    await hold(house, performance, 2)
    assert 1 == await grown(house, before, "conflicts_total")


async def test_a_split_is_counted(
    house: House, performance: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = house.container.store
    plain = store.append

    def one_at_a_time(batch: Append) -> Stored | Stale | Repeated:
        if len(batch.command_ids) > 1:
            raise Unstorable
        return plain(batch)

    monkeypatch.setattr(store, "append", one_at_a_time)
    before = await figures(house)
    await asyncio.gather(hold(house, performance, 1), hold(house, performance, 2))
    assert 1 == await grown(house, before, "halvings_total")

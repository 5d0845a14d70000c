"""The demo, loaded through the one write path."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from boxoffice.application.queries.catalogue import Catalogue, PerformanceEntry
from boxoffice.application.queries.tail import Tail
from boxoffice.application.requests import Request
from boxoffice.application.write_path import WritePath
from boxoffice.application.writer import Writer, ask
from boxoffice.demo.load import Demo, load_demo, saturday_evening
from boxoffice.domain.catalogue.commands import CloseSale
from boxoffice.domain.message import Meta
from boxoffice.infrastructure.memory.event_store import MemoryEventStore
from boxoffice.testing import NOON

Store = MemoryEventStore


@pytest.fixture
def store() -> Store:
    return MemoryEventStore(now=lambda: NOON, log_name="main")


@pytest.fixture
def writer(store: Store) -> Iterator[Writer]:
    path = WritePath(store, families_max=8)
    writer = Writer(path, queue_max=100, batch_max=10, timeout_s=30)
    yield writer
    assert writer.drain(10)


async def shown(store: Store, demo: Demo) -> tuple[PerformanceEntry, PerformanceEntry]:
    catalogue = Catalogue(store, Tail(store))
    return (
        await catalogue.performance(demo.on_sale),
        await catalogue.performance(demo.upcoming),
    )


async def test_one_performance_is_on_sale_and_one_will_be(
    store: Store, writer: Writer
) -> None:
    demo = await load_demo(writer, now=NOON, venue="main")
    on_sale, upcoming = await shown(store, demo)
    assert on_sale.open
    assert upcoming.open
    assert on_sale.sale_from <= NOON < upcoming.sale_from < upcoming.starts_at
    for entry in (on_sale, upcoming):
        assert entry.title == "Neon Nights"
        assert sum(section.places for section in entry.sections) == 1_203
        assert set(entry.prices) == set(range(len(entry.categories)))


async def test_loading_it_again_changes_nothing(store: Store, writer: Writer) -> None:
    first = await load_demo(writer, now=NOON, venue="main")
    head = store.head().position
    later = NOON + timedelta(days=3)
    assert await load_demo(writer, now=later, venue="main") == first
    assert store.head().position == head


async def test_what_people_did_to_it_is_left_alone(
    store: Store, writer: Writer
) -> None:
    demo = await load_demo(writer, now=NOON, venue="main")
    meta = Meta(command="c", correlation="c", actor="staff:ann", venue="main")
    close = CloseSale(now=NOON, performance=demo.on_sale, reason="Fire drill")
    await ask(writer, Request(bytes(16), b"", close, meta))
    await load_demo(writer, now=NOON, venue="main")
    on_sale, _ = await shown(store, demo)
    assert not on_sale.open


async def test_two_venues_of_one_log_have_demos_of_their_own(
    store: Store, writer: Writer
) -> None:
    here = await load_demo(writer, now=NOON, venue="main")
    there = await load_demo(writer, now=NOON, venue="annexe")
    assert {here.on_sale, here.upcoming}.isdisjoint({there.on_sale, there.upcoming})
    assert (await shown(store, there))[0].open


@pytest.mark.parametrize("days", range(8))
def test_the_show_is_on_a_saturday_evening_where_the_hall_stands(days: int) -> None:
    evening = saturday_evening(NOON + timedelta(days=days))
    local = evening.astimezone(ZoneInfo("America/Los_Angeles"))
    assert (local.weekday(), local.hour) == (5, 20)
    assert timedelta(0) <= evening - (NOON + timedelta(days=days)) < timedelta(days=8)
    assert isinstance(evening, datetime)

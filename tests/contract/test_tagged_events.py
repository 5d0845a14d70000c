"""Every event store finds the events of some kinds in a span of its log."""

from __future__ import annotations

import pytest

from boxoffice.application.ports.log import EventStore
from tests.contract.event_log import Log, batch, stored, ticket

KINDS = ("a.v1", "b.v1", "a.v1", "c.v1", "b.v1", "a.v1")


@pytest.fixture
def store(log: Log) -> EventStore:
    store = log.open()
    for number, kind in enumerate(KINDS):
        call = batch([(ticket(number), 0)], first_id=number, tag=kind)
        stored(store, call)
    return store


def found(store: EventStore, *tags: str, after: int = 0, upto: int = 6) -> list[int]:
    return [record.position for record in store.tagged(tags, after=after, upto=upto)]


def test_events_of_one_kind_come_in_order(store: EventStore) -> None:
    assert found(store, "a.v1") == [1, 3, 6]


def test_events_of_several_kinds_come_in_one_order(store: EventStore) -> None:
    assert found(store, "c.v1", "b.v1") == [2, 4, 5]


def test_a_span_begins_above_one_position_and_ends_at_the_other(
    store: EventStore,
) -> None:
    assert found(store, "a.v1", after=1, upto=3) == [3]
    assert found(store, "a.v1", after=3, upto=5) == []


def test_a_span_may_reach_past_the_end(store: EventStore) -> None:
    assert found(store, "a.v1", after=5, upto=1_000_000) == [6]


def test_a_kind_that_never_was_and_no_kind_at_all_are_nothing(
    store: EventStore,
) -> None:
    assert found(store, "z.v1") == []
    assert found(store) == []


def test_a_record_is_the_one_that_reading_gives(store: EventStore) -> None:
    assert store.tagged(["c.v1"], after=0, upto=6) == store.read(after=3, limit=1)

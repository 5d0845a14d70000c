"""What the benchmarks write: an event that changes breaks a test, not a benchmark."""

from datetime import UTC, datetime

import pytest

from benchmarks.append_calls import PATTERNS, Calls, Pattern
from benchmarks.hold_data import PERFORMANCE, PRICE, arena
from benchmarks.hold_servers import HoldBody, facts
from boxoffice.application.codec import decode
from boxoffice.application.ports.log import Stored
from boxoffice.domain.ids import BuyerId, ticket_stream
from boxoffice.domain.inventory.events import CartHoldPlaced, TicketHeld
from boxoffice.infrastructure.memory.event_store import MemoryEventStore
from boxoffice.testing import store_facts

BUYER, HOLD = BuyerId("ab" * 16), "cd" * 16


def test_baselines_write_the_events_of_a_hold() -> None:
    columns, reply = facts(HoldBody([7, 12]), BUYER, HOLD)
    streams, versions, tags, bodies = columns
    events = [
        decode(tag, data, position=1) for tag, data in zip(tags, bodies, strict=True)
    ]
    until = reply.until
    assert events[:2] == [
        TicketHeld(hold=HOLD, section=0, category=c, price=PRICE, until=until)
        for c in (3, 0)
    ]
    assert isinstance(events[2], CartHoldPlaced)
    assert [place.ordinal for place in events[2].places] == [7, 12]
    assert events[2].cap > events[2].until == until
    assert streams == [
        ticket_stream(PERFORMANCE, 7),
        ticket_stream(PERFORMANCE, 12),
        bytes.fromhex(BUYER),
    ]
    assert versions == [0, 0, 0]
    assert reply.total == 2 * PRICE.minor


def test_arena_can_be_stored() -> None:
    store = MemoryEventStore(now=lambda: datetime.now(UTC))
    told = arena()
    store_facts(store, told)
    stored = [
        decode(record.tag, record.data, position=record.position)
        for record in store.read(after=0, limit=1_000)
    ]
    assert stored == [event for _, event in told]


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.name)
def test_calls_of_the_append_benchmark_are_stored(pattern: Pattern) -> None:
    store, calls = MemoryEventStore(now=lambda: datetime.now(UTC)), Calls()
    calls.prepare(store)
    before = store.head().position
    for commands in (1, 8):
        assert isinstance(store.append(calls.call(pattern, commands)), Stored)
    assert store.head().position - before == 9 * pattern.events

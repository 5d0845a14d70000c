from __future__ import annotations

import pytest

from boxoffice.application.partitioning import partition_of
from boxoffice.application.ports.checkpoints import Checkpoint
from boxoffice.application.ports.log import LogRecord
from boxoffice.application.relay import marked, plan
from boxoffice.domain.ids import PerformanceId, ticket_stream
from boxoffice.errors import Corrupt
from boxoffice.testing import NOON

PARTITIONS = 4
TOPICS = {"performance": PARTITIONS, "order": 2}
START = Checkpoint(1, 0, b"")


def performance_in(partition: int) -> PerformanceId:
    """Find a performance whose messages go to a partition."""
    candidates = (PerformanceId(f"{n:024x}") for n in range(1_000))
    return next(p for p in candidates if partition_of(p, PARTITIONS) == partition)


def record(position: int, partition: int = 0, tag: str = "ticket-held.v1") -> LogRecord:
    stream = ticket_stream(performance_in(partition), 1)
    link = position.to_bytes(32, "big")
    return LogRecord(position, stream, 0, tag, b"{}", b"[]", NOON, link)


def chain(records: list[LogRecord], after: Checkpoint = START) -> list[tuple[int, ...]]:
    """Plan, and give (partition, position, prev) of every message."""
    planned = plan(records, after, TOPICS)
    return [(o.partition, o.message.position, o.message.prev) for o in planned.outgoing]


def test_prev_links_the_messages_of_each_partition() -> None:
    found = chain([record(1, 0), record(2, 1), record(3, 0), record(4, 1)])
    assert found == [(0, 1, 0), (1, 2, 0), (0, 3, 1), (1, 4, 2), (0, 4, 3)]


def test_a_message_carries_the_record_as_it_is_stored() -> None:
    one = record(1)
    (outgoing,) = plan([one], START, TOPICS).outgoing
    message = outgoing.message
    assert (message.key, message.epoch) == (performance_in(0), 1)
    assert (message.tag, message.stream, message.version) == (
        one.tag,
        one.stream,
        one.version,
    )
    assert (message.data, message.meta) == (one.data, one.meta)
    assert (message.hash, message.recorded_at) == (one.hash, one.recorded_at)


def test_partitions_that_got_messages_are_marked_at_once() -> None:
    planned = plan(
        [record(1, 2), record(2, 2, "cart-hold-placed.v1")],
        START,
        TOPICS,
    )
    mark = planned.outgoing[-1]
    assert (mark.partition, mark.message.tag) == (2, "")
    assert (mark.message.position, mark.message.prev) == (2, 1)
    assert mark.message.hash == record(2).hash
    assert planned.checkpoint.sent == {"performance/2": 2}


def test_what_nobody_reads_moves_the_checkpoint_alone() -> None:
    planned = plan([record(1, tag="cart-hold-converted.v1")], START, TOPICS)
    assert planned.outgoing == []
    assert planned.checkpoint.position == 1
    assert planned.checkpoint.hash == record(1).hash


def test_planning_goes_on_from_the_checkpoint() -> None:
    first = plan([record(1, 0)], START, TOPICS)
    assert chain([record(2, 0)], first.checkpoint) == [(0, 2, 1)]


def test_the_same_page_planned_again_is_the_same() -> None:
    page = [record(1, 0), record(2, 3)]
    again = plan(page, START, TOPICS)
    assert plan(page, START, TOPICS) == again
    assert START.sent == {}


def test_idle_partitions_are_marked_up_to_the_checkpoint() -> None:
    after = Checkpoint(1, 9, b"", {"performance/0": 9, "performance/1": 4})
    planned = marked(after, [("performance", n) for n in range(3)])
    found = [
        (o.partition, o.message.position, o.message.prev) for o in planned.outgoing
    ]
    assert found == [(1, 9, 4), (2, 9, 0)]
    assert marked(planned.checkpoint, [("performance", 1)]).outgoing == []


def test_a_hole_in_the_log_stops_the_relay() -> None:
    with pytest.raises(Corrupt) as error:
        chain([record(1), record(3)])
    assert error.value.data["position"] == 2


def test_every_topic_has_a_chain_of_its_own() -> None:
    page = [record(1, 0), record(2, 0, "order-placed.v1"), record(3, 0)]
    planned = plan(page, START, {"performance": 1, "order": 1})
    assert [
        (o.family, o.message.position, o.message.prev) for o in planned.outgoing
    ] == [
        ("performance", 1, 0),
        ("order", 2, 0),
        ("performance", 3, 1),
        ("order", 3, 2),
    ]
    assert planned.checkpoint.sent == {"performance/0": 3, "order/0": 3}

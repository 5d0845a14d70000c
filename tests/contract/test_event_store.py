"""What every event store answers to the same calls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest

from boxoffice.application.chain import GENESIS, verify_chain
from boxoffice.application.ports.log import Append, EventStore, Head, Repeated, Stale
from boxoffice.domain.ids import StreamId
from boxoffice.errors import Unavailable, Unstorable
from tests.contract.event_log import (
    ELSEWHERE,
    HOUSE,
    Log,
    batch,
    command_id,
    receipt,
    stored,
    ticket,
)


@pytest.fixture
def store(log: Log) -> EventStore:
    return log.open()


def test_empty_log_has_position_zero_and_a_zero_hash(store: EventStore) -> None:
    assert store.head() == Head("trial", 1, 0, GENESIS)
    assert store.read(after=0, limit=10) == []


def test_positions_count_from_one_without_gaps(store: EventStore) -> None:
    first = stored(store, batch([(ticket(1), 0), (ticket(1), 1)], [(ticket(2), 0)]))
    second = stored(store, batch([(ticket(1), 2)], first_id=3))

    assert (first.first, first.head, second.first, second.head) == (1, 3, 4, 4)
    assert [r.position for r in store.read(after=0, limit=10)] == [1, 2, 3, 4]
    assert store.head().position == 4


def test_record_is_read_as_it_was_appended(store: EventStore) -> None:
    data = bytes(range(256))
    outcome = stored(store, batch([(ticket(1), 0)], tag="Ünïcode.v1", data=data))

    (record,) = store.read(after=0, limit=1)

    assert record.stream == ticket(1)
    assert type(record.stream) is bytes
    assert (record.version, record.tag, record.data) == (0, "Ünïcode.v1", data)
    assert record.meta == b'{"actor":"staff:ana"}'
    assert record.recorded_at == outcome.recorded_at
    assert record.recorded_at.utcoffset() == timedelta(0)
    assert store.head().hash == record.hash


def test_reading_is_paged_above_a_position(store: EventStore) -> None:
    stored(store, batch([(ticket(1), version) for version in range(5)]))

    assert [r.position for r in store.read(after=1, limit=2)] == [2, 3]
    assert [r.position for r in store.read(after=3, limit=100)] == [4, 5]
    assert store.read(after=5, limit=100) == []


def test_families_give_whole_houses_in_order_of_position(store: EventStore) -> None:
    last = StreamId(HOUSE + b"\xff\xff\xff\xff")
    strange = ticket(0, ELSEWHERE)
    stored(store, batch([(last, 0), (strange, 0), (ticket(0), 0), (ticket(9), 0)]))
    stored(store, batch([(last, 1)], first_id=2))

    mine = store.families([HOUSE])
    both = store.families([ELSEWHERE, HOUSE])

    assert [(r.position, r.stream) for r in mine] == [
        (1, last),
        (3, ticket(0)),
        (4, ticket(9)),
        (5, last),
    ]
    assert [r.position for r in both] == [1, 2, 3, 4, 5]
    assert store.families([]) == []


def test_recorded_at_never_decreases(store: EventStore) -> None:
    for number in range(20):
        stored(store, batch([(ticket(number), 0)], first_id=number + 1))

    times = [r.recorded_at for r in store.read(after=0, limit=100)]

    assert times == sorted(times)
    assert abs(datetime.now(UTC) - times[-1]) < timedelta(seconds=5)


def test_every_record_is_linked_to_the_one_before(store: EventStore) -> None:
    stored(store, batch([(ticket(1), 0), (ticket(2), 0)], [(ticket(3), 0)]))
    stored(store, batch([(ticket(1), 1)], first_id=3, data=b""))

    assert verify_chain(store.read(after=0, limit=10)) is None


def test_stale_guards_store_nothing_and_are_all_named(store: EventStore) -> None:
    stored(store, batch([(ticket(1), 0), (ticket(2), 0), (ticket(3), 0)]))
    call = batch([(ticket(2), 1)], [(ticket(1), 0)], [(ticket(4), 1)], first_id=2)

    outcome = store.append(call)

    assert isinstance(outcome, Stale)
    assert set(outcome.streams) == {ticket(1), ticket(4)}
    assert outcome.head == 3
    assert store.head().position == 3
    assert store.receipts([command_id(2), command_id(3)]) == []


def test_stream_that_was_only_read_is_guarded_too(store: EventStore) -> None:
    stored(store, batch([(ticket(0), 0)]))
    call = batch([(ticket(5), 0)], first_id=2)
    call.guards[ticket(0)] = -1
    call.guards[ticket(6)] = 3

    outcome = store.append(call)

    assert isinstance(outcome, Stale)
    assert set(outcome.streams) == {ticket(0), ticket(6)}


def test_decision_on_an_old_version_is_refused_as_a_whole(store: EventStore) -> None:
    stored(store, batch([(ticket(1), 0), (ticket(1), 1)]))
    stored(store, batch([(ticket(1), 2)], first_id=2, tag="ticket-sold.v1"))

    outcome = store.append(
        batch([(ticket(1), 2)], [(ticket(1), 3)], [(ticket(8), 0)], first_id=3)
    )

    assert outcome == Stale((ticket(1),), 3)
    assert [r.tag for r in store.read(after=2, limit=10)] == ["ticket-sold.v1"]


def test_receipt_names_the_events_of_its_command(store: EventStore) -> None:
    stored(store, batch([(ticket(1), 0), (ticket(2), 0)], [(ticket(3), 0)]))

    found = store.receipts([command_id(2), command_id(9), command_id(1)])

    assert sorted(found, key=lambda r: r.first) == [receipt(1, 1, 2), receipt(2, 3, 3)]
    assert store.receipts([]) == []


def test_last_receipt_is_the_one_that_reaches_furthest(store: EventStore) -> None:
    assert store.last_receipt() is None

    stored(store, batch([(ticket(1), 0)], [(ticket(2), 0), (ticket(3), 0)], first_id=8))
    stored(store, batch([(ticket(1), 1)], first_id=2))

    assert store.last_receipt() == receipt(2, 4, 4)


def test_receipt_keeps_the_renderer(store: EventStore) -> None:
    call = batch([(ticket(1), 0)])
    call.renderer = 7
    stored(store, call)

    assert [r.renderer for r in store.receipts([command_id(1)])] == [7]


def test_repeated_command_stores_nothing_and_wins_over_stale(store: EventStore) -> None:
    stored(store, batch([(ticket(1), 0)]))

    outcome = store.append(batch([(ticket(1), 0)], [(ticket(2), 0)]))

    assert outcome == Repeated((command_id(1),), 1)
    assert store.head().position == 1
    assert store.receipts([command_id(2)]) == []


def test_refused_command_finds_the_receipt_of_its_own_success(
    store: EventStore,
) -> None:
    stored(store, batch([(ticket(1), 0)]))
    call = Append(asked_ids=[command_id(5), command_id(1)], guards={ticket(1): -1})

    assert store.append(call) == Repeated((command_id(1),), 1)


def test_asking_alone_stores_nothing(store: EventStore) -> None:
    stored(store, batch([(ticket(1), 0)]))
    call = Append(asked_ids=[command_id(5)], guards={ticket(1): 0})

    outcome = stored(store, call)

    assert (outcome.first, outcome.head) == (2, 1)
    assert store.receipts([command_id(5)]) == []
    assert store.append(
        Append(asked_ids=[command_id(5)], guards={ticket(1): 3})
    ) == Stale((ticket(1),), 1)


def test_empty_call_to_an_empty_log_tells_the_head(store: EventStore) -> None:
    outcome = stored(store, Append())

    assert (outcome.first, outcome.head) == (1, 0)


def _unguarded() -> Append:
    call = batch([(ticket(1), 0), (ticket(2), 0)])
    del call.guards[ticket(2)]
    return call


def _skipping() -> Append:
    return batch([(ticket(1), 0), (ticket(1), 2)])


def _backwards() -> Append:
    call = batch([(ticket(1), 0), (ticket(1), 1)])
    call.event_versions.reverse()
    return call


def _same_version_twice() -> Append:
    return batch([(ticket(1), 0), (ticket(1), 0)])


def _twice_one_command() -> Append:
    call = batch([(ticket(1), 0)], [(ticket(2), 0)])
    call.command_ids[1] = call.command_ids[0]
    return call


def _command_without_events() -> Append:
    return batch([(ticket(1), 0)], [])


def _scattered_command() -> Append:
    call = batch([(ticket(1), 0), (ticket(2), 0)], [(ticket(3), 0)])
    call.event_commands[:] = [0, 1, 0]
    return call


def _unknown_command() -> Append:
    call = batch([(ticket(1), 0)])
    call.event_commands[:] = [4]
    return call


def _shorter_column() -> Append:
    call = batch([(ticket(1), 0), (ticket(2), 0)])
    call.event_datas.pop()
    return call


def _missing_request_hash() -> Append:
    call = batch([(ticket(1), 0)])
    call.request_hashes.clear()
    return call


def _nul_in_tag() -> Append:
    return batch([(ticket(1), 0)], tag="ticket\0held")


def _surrogate_in_tag() -> Append:
    return batch([(ticket(1), 0)], tag="ticket-\udc80")


def _empty_tag() -> Append:
    return batch([(ticket(1), 0)], tag="")


def _short_stream() -> Append:
    return batch([(StreamId(b"short"), 0)])


@pytest.mark.parametrize(
    "build",
    [
        _unguarded,
        _skipping,
        _backwards,
        _same_version_twice,
        _twice_one_command,
        _command_without_events,
        _scattered_command,
        _unknown_command,
        _shorter_column,
        _missing_request_hash,
        _nul_in_tag,
        _surrogate_in_tag,
        _empty_tag,
        _short_stream,
    ],
)
def test_malformed_call_is_unstorable_and_harms_nothing(
    store: EventStore, build: type[Append]
) -> None:
    stored(store, batch([(ticket(77), 0)], first_id=77))

    with pytest.raises(Unstorable):
        store.append(build())

    assert store.head().position == 1
    assert stored(store, batch([(ticket(1), 0)])).first == 2


def test_exclusive_block_becomes_durable_at_its_end(log: Log) -> None:
    store = log.open()
    with store.exclusive() as writer:
        assert writer.read(after=0, limit=10) == []
        assert stored(writer, batch([(ticket(1), 0)])).head == 1
        assert [r.position for r in writer.families([HOUSE])] == [1]

    assert log.open().head().position == 1
    assert log.open().receipts([command_id(1)]) == [receipt(1, 1, 1)]


def test_failed_exclusive_block_leaves_nothing(log: Log) -> None:
    store = log.open()
    stored(store, batch([(ticket(1), 0)]))
    with pytest.raises(ZeroDivisionError):
        append_and_fail(store, batch([(ticket(1), 1), (ticket(2), 0)], first_id=2))

    assert store.head().position == 1
    assert store.receipts([command_id(2)]) == []
    again = batch([(ticket(1), 1), (ticket(2), 0)], first_id=2)
    assert stored(store, again).head == 3
    assert verify_chain(store.read(after=0, limit=10)) is None


def test_others_cannot_append_while_a_block_is_exclusive(log: Log) -> None:
    store, other = log.open(), log.open()
    raised: list[BaseException] = []

    def intrude() -> None:
        try:
            other.append(batch([(ticket(1), 0)], first_id=9))
        except Unavailable as error:
            raised.append(error)

    with store.exclusive() as writer:
        thread = Thread(target=intrude)
        thread.start()
        thread.join(timeout=10)
        stored(writer, batch([(ticket(1), 0)]))

    assert len(raised) == 1
    assert store.receipts([command_id(9)]) == []


def test_unstorable_inside_an_exclusive_block_ends_it(store: EventStore) -> None:
    with pytest.raises(Unstorable), store.exclusive() as writer:
        writer.append(_nul_in_tag())

    assert stored(store, batch([(ticket(2), 0)])).head == 1


def test_waiting_ends_when_the_log_is_longer(log: Log) -> None:
    store, other = log.open(), log.open()
    stored(store, batch([(ticket(1), 0)]))
    assert store.wait(after=0, timeout_s=0.0)
    answers: list[bool] = []
    waiter = Thread(target=lambda: answers.append(other.wait(after=1, timeout_s=20)))
    waiter.start()
    stored(store, batch([(ticket(1), 1)], first_id=2))
    waiter.join(timeout=20)

    assert answers == [True]


def test_waiting_is_bounded(store: EventStore) -> None:
    assert not store.wait(after=0, timeout_s=0.05)


def test_new_epoch_counts_up_for_everybody(log: Log) -> None:
    store = log.open()

    assert store.new_epoch() == 2
    assert store.new_epoch() == 3
    assert log.open().head().epoch == 3


def test_time_is_utc(store: EventStore) -> None:
    assert abs(store.now() - datetime.now(UTC)) < timedelta(seconds=5)
    store.ping()


def append_and_fail(store: EventStore, call: Append) -> None:
    with store.exclusive() as writer:
        stored(writer, call)
        raise ZeroDivisionError

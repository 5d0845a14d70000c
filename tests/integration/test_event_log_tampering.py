"""Whatever is altered behind the log's back is found, and its position named."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import datetime

import psycopg
import pytest

from boxoffice.application.chain import verify_chain
from boxoffice.application.ports.log import LogRecord
from boxoffice.infrastructure.memory.event_store import MemoryEventStore
from boxoffice.infrastructure.sqlite.event_store import SqliteEventStore
from tests.contract.event_log import batch, stored, ticket
from tests.integration.event_log_database import new_log, opened, whole_log

LENGTH = 60
ROUNDS = 60

ALTERATIONS = {
    "a byte of data": "data = set_byte(data, {pick} % octet_length(data),"
    " 255 - get_byte(data, {pick} % octet_length(data)))",
    "a byte of meta": "meta = set_byte(meta, {pick} % octet_length(meta),"
    " 255 - get_byte(meta, {pick} % octet_length(meta)))",
    "a byte of the hash": "hash = set_byte(hash, {pick} % 32,"
    " 255 - get_byte(hash, {pick} % 32))",
    "the tag": "tag = 'ticket-sold.v1'",
    "a byte from tag to data": "tag = left(tag, -1),"
    " data = convert_to(right(tag, 1), 'UTF8') || data",
    "a byte from data to meta": "data = substr(data, 1, octet_length(data) - 1),"
    " meta = substr(data, octet_length(data)) || meta",
    "the stream": "stream = gen_random_uuid()",
    "the version": "version = version + 1000",
    "the time": "recorded_at = recorded_at + interval '1 microsecond'",
}


@pytest.fixture
def log_url(postgres_url: str) -> str:
    """A log of appends of one to five records."""
    url = new_log(postgres_url)
    picks = random.Random(5)
    with opened(url) as store:
        length = 0
        while length < LENGTH:
            size = min(picks.randint(1, 5), LENGTH - length)
            data = b'{"place":%d,"buyer":"%d"}' % (length, picks.randrange(10**9))
            events = [(ticket(length + n), 0) for n in range(size)]
            length = stored(store, batch(events, first_id=length + 1, data=data)).head
    return url


@pytest.fixture
def tampering(log_url: str) -> Iterator[psycopg.Connection]:
    """The owner in a transaction with every guard taken off."""
    with psycopg.connect(log_url) as owner:
        owner.execute("alter table boxoffice.events disable trigger all")
        owner.execute("alter table boxoffice.events drop constraint events_pkey")
        yield owner
        owner.rollback()


def as_altered(owner: psycopg.Connection) -> list[LogRecord]:
    rows = owner.execute(
        "select position, uuid_send(stream), version, tag, data, meta, recorded_at,"
        " hash from boxoffice.events order by position",
        binary=True,
    )
    return [LogRecord(*row) for row in rows]


def altered(owner: psycopg.Connection, statement: str) -> list[LogRecord]:
    """Alter, look, and undo."""
    owner.execute("savepoint before")
    assert owner.execute(statement.encode()).rowcount != 0
    records = as_altered(owner)
    owner.execute("rollback to before")
    return records


@pytest.mark.parametrize("what", ALTERATIONS)
def test_one_altered_field_is_named(tampering: psycopg.Connection, what: str) -> None:
    picks = random.Random(what)
    for _ in range(ROUNDS):
        position = picks.randint(1, LENGTH)
        change = ALTERATIONS[what].format(pick=picks.randrange(1000))
        records = altered(
            tampering,
            f"update boxoffice.events set {change} where position = {position}",
        )

        assert verify_chain(records) == position, change


def test_swapped_records_are_named(tampering: psycopg.Connection) -> None:
    picks = random.Random(1)
    for _ in range(ROUNDS):
        one, other = sorted(picks.sample(range(1, LENGTH + 1), 2))
        records = altered(
            tampering,
            "update boxoffice.events set position = case position"
            f" when {one} then {other} else {one} end"
            f" where position in ({one}, {other})",
        )

        assert verify_chain(records) == one


def test_deleted_record_is_named(tampering: psycopg.Connection) -> None:
    for position in range(1, LENGTH):
        records = altered(
            tampering, f"delete from boxoffice.events where position = {position}"
        )

        assert verify_chain(records) == position


def test_inserted_record_is_named(tampering: psycopg.Connection) -> None:
    for position in range(1, LENGTH, 7):
        tampering.execute("savepoint hole")
        tampering.execute(
            "update boxoffice.events set position = position + 1 where position >= %s",
            [position],
        )
        records = altered(
            tampering,
            f"insert into boxoffice.events select {position}, recorded_at,"
            " gen_random_uuid(), version, tag, data, meta, hash from boxoffice.events"
            f" where position = {position + 1}",
        )
        tampering.execute("rollback to hole")

        assert verify_chain(records) == position


def test_log_cut_in_its_middle_is_named(tampering: psycopg.Connection) -> None:
    records = altered(
        tampering, "delete from boxoffice.events where position between 20 and 40"
    )

    assert verify_chain(records) == 20


def test_untouched_log_is_whole(log_url: str) -> None:
    with opened(log_url) as store:
        records = whole_log(store)

    assert len(records) == LENGTH
    assert verify_chain(records) is None


def _at(times: list[datetime]) -> Callable[[], datetime]:
    left = iter(times)
    return lambda: next(left)


def test_all_stores_chain_the_same_bytes(
    postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    calls = [
        batch([(ticket(1), 0), (ticket(2), 0)], [(ticket(1), 1)], data=b"\0\xff"),
        batch([(ticket(3), 0)], first_id=3, tag="Ünïcode.v1", data=b""),
    ]
    with opened(new_log(postgres_url)) as postgres:
        times = [stored(postgres, call).recorded_at for call in calls]
        expected = whole_log(postgres)
    memory = MemoryEventStore(now=_at(times))
    path = tmp_path_factory.mktemp("log") / "log.sqlite"
    sqlite = SqliteEventStore(path, now=_at(times))
    for call in calls:
        stored(memory, call)
        stored(sqlite, call)

    assert memory.read(after=0, limit=10) == expected
    assert sqlite.read(after=0, limit=10) == expected
    sqlite.close()

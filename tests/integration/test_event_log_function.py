"""The append function refuses what no client of ours can say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest

from boxoffice.application.chain import verify_chain
from tests.contract.event_log import batch, stored, ticket
from tests.integration.event_log_database import new_log, opened, whole_log

CALL = """
select outcome, head from boxoffice.append(
  %(command_ids)s::uuid[], %(request_hashes)s::bytea[], %(command_lasts)s::int[],
  1::smallint, '{}', %(guard_streams)s::uuid[], %(guard_versions)s::bigint[],
  %(new_guards)s::int, %(event_guards)s::int[], %(event_before)s::int[],
  %(event_versions)s::bigint[], %(event_tags)s::text[], %(event_datas)s::bytea[],
  %(event_metas)s::bytea[])
"""
BEGUN = ticket(99)
"""Exists with one event."""


def uuid(number: int) -> UUID:
    return UUID(bytes=ticket(number))


def well_formed() -> dict[str, Any]:
    """Two commands: one writes twice to a new stream, one goes on with another."""
    return {
        "command_ids": [uuid(1001), uuid(1002)],
        "request_hashes": [b"one", b"two"],
        "command_lasts": [2, 3],
        "guard_streams": [uuid(1), UUID(bytes=BEGUN)],
        "guard_versions": [-1, 0],
        "new_guards": 1,
        "event_guards": [1, 1, 2],
        "event_before": [0, 1, 0],
        "event_versions": [0, 1, 1],
        "event_tags": ["a.v1", "b.v1", "c.v1"],
        "event_datas": [b"1", b"2", b"3"],
        "event_metas": [b"m", b"m", b"m"],
    }


@pytest.fixture
def log_url(postgres_url: str) -> str:
    url = new_log(postgres_url)
    with opened(url) as store:
        stored(store, batch([(BEGUN, 0)]))
    return url


@pytest.fixture
def connection(log_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(log_url, autocommit=True) as connection:
        yield connection


def test_well_formed_call_is_stored(
    connection: psycopg.Connection, log_url: str
) -> None:
    assert connection.execute(CALL, well_formed()).fetchone() == ("stored", 4)
    with opened(log_url) as store:
        records = whole_log(store)
        receipts = store.run(
            "select first_position, last_position from boxoffice.receipts order by 1"
        ).rows

    assert [r.version for r in records] == [0, 0, 1, 1]
    assert receipts == [(1, 1), (2, 3), (4, 4)]
    assert verify_chain(records) is None


MALFORMED: dict[str, dict[str, Any]] = {
    "an event before itself": {"event_before": [0, 2, 0]},
    "an event before of another stream": {"event_before": [0, 1, 2]},
    "an event before that comes later": {"event_before": [2, 0, 0]},
    "an event before that is not there": {"event_before": [0, 9, 0]},
    "no event before where there is one": {"event_before": []},
    "a version left out": {"event_versions": [0, 2, 1]},
    "a version that is not the next": {"event_versions": [0, 1, 2]},
    "a stream that begins with 1": {"event_versions": [1, 2, 1]},
    "the same version twice": {"event_before": [0, 0, 0], "event_versions": [0, 0, 1]},
    "a guard that is not there": {"event_guards": [1, 1, 3]},
    "guard 0": {"event_guards": [0, 0, 2]},
    "a new stream without its event": {
        "guard_streams": [uuid(1), uuid(2), UUID(bytes=BEGUN)],
        "guard_versions": [-1, -1, 0],
        "new_guards": 2,
        "event_guards": [1, 1, 3],
    },
    "a known stream said to be new": {"new_guards": 2},
    "fewer new streams than none": {"new_guards": -1},
    "more new streams than guards": {"new_guards": 7},
    "a stream twice among the guards": {
        "guard_streams": [uuid(1), uuid(1), UUID(bytes=BEGUN)],
        "guard_versions": [-1, -1, 0],
        "new_guards": 2,
        "event_guards": [1, 2, 3],
        "event_before": [],
        "event_versions": [0, 0, 1],
    },
    "a command without events": {"command_lasts": [3, 3]},
    "commands that go backwards": {"command_lasts": [3, 2]},
    "events of no command": {"command_lasts": [1, 2]},
    "commands beyond the events": {"command_lasts": [2, 4]},
    "one end too many": {"command_lasts": [1, 2, 3]},
    "a hash too few": {"request_hashes": [b"one"]},
    "a hash too many": {"request_hashes": [b"one", b"two", b"three"]},
    "a command twice": {"command_ids": [uuid(1001), uuid(1001)]},
    "no command": {"command_ids": [], "request_hashes": [], "command_lasts": []},
    "a tag too few": {"event_tags": ["a.v1", "b.v1"]},
    "a tag too many": {"event_tags": ["a.v1", "b.v1", "c.v1", "d.v1"]},
    "an empty tag": {"event_tags": ["a.v1", "", "c.v1"]},
    "a tag that is null": {"event_tags": ["a.v1", None, "c.v1"]},
    "no tags": {"event_tags": None},
    "data that are null": {"event_datas": [b"1", None, b"3"]},
    "data too many": {"event_datas": [b"1", b"2", b"3", b"4"]},
    "a meta too few": {"event_metas": [b"m", b"m"]},
    "a version too many": {"event_versions": [0, 1, 1, 2]},
    "a version that is null": {"event_versions": [0, 1, None]},
}


@pytest.mark.parametrize("what", MALFORMED)
def test_malformed_call_stores_nothing(
    connection: psycopg.Connection, log_url: str, what: str
) -> None:
    with pytest.raises((psycopg.DataError, psycopg.IntegrityError)):
        connection.execute(CALL, well_formed() | MALFORMED[what])

    with opened(log_url) as store:
        assert store.head().position == 1
        assert len(store.run("select 1 from boxoffice.receipts").rows) == 1

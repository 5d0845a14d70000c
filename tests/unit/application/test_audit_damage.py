"""Whatever lies in a record is a finding that names it, never an exception."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from boxoffice.application.chain import GENESIS, hashes, verify_chain
from boxoffice.application.ports.log import LogRecord
from boxoffice.application.verification import Verdict, verify
from boxoffice.infrastructure.memory.checkpoints import MemoryCheckpoints
from boxoffice.infrastructure.memory.documents import MemoryDocuments
from boxoffice.infrastructure.sqlite.event_store import SqliteEventStore
from boxoffice.testing import NOON
from tests.histories import Clock, Recorder, history
from tests.unit.application.planted import BoxOffice, holding, selling

DAMAGE: dict[str, dict[str, object]] = {
    "stream is text": {"stream": "x" * 16},
    "stream is too long": {"stream": b"x" * 17},
    "stream is too short": {"stream": b""},
    "stream is nothing": {"stream": None},
    "version is text": {"version": "1"},
    "version is negative": {"version": -1},
    "version is huge": {"version": 2**70},
    "version is a fraction": {"version": 1.5},
    "tag is bytes": {"tag": b"ticket-held.v1"},
    "tag is a number": {"tag": 5},
    "tag is no text": {"tag": "\udcff"},
    "data are text": {"data": "{}"},
    "data are nothing": {"data": None},
    "meta is text": {"meta": "{}"},
    "meta is a number": {"meta": 7},
    "time is naive": {"recorded_at": datetime(2026, 12, 1)},  # noqa: DTZ001 - the damage
    "time is the last": {"recorded_at": datetime.max.replace(tzinfo=UTC)},
    "time is the first": {"recorded_at": datetime.min.replace(tzinfo=UTC)},
    "time is a number": {"recorded_at": 12},
    "hash is text": {"hash": "x"},
    "hash is nothing": {"hash": None},
}


def busy_house() -> BoxOffice:
    house = BoxOffice()
    house.record(holding(1, 2))
    house.record(selling(1, 2))
    return house


@pytest.mark.parametrize("position", [1, 5, 7, 8, 12])
@pytest.mark.parametrize("damage", DAMAGE)
async def test_a_record_of_anything_is_named(damage: str, position: int) -> None:
    house = busy_house()
    records = house.store._records
    records[position - 1] = replace(records[position - 1], **DAMAGE[damage])
    found = await house.found()
    assert found["chain"] == position


@pytest.mark.parametrize("damage", DAMAGE)
def test_the_chain_alone_names_it_too(damage: str) -> None:
    records = list(busy_house().store._records)
    records[5] = replace(records[5], **DAMAGE[damage])
    assert verify_chain(records) == 6


JUNK = [
    (b'"places":[[1,', b'"places":[[-1,'),
    (b'"places":[[1,', b'"places":[[99999999999999999999,'),
    (b'"places":[[1,', b'"places":[[4294967296,'),
    (b'"performance":"0123456789abcdef01234567"', b'"performance":"nowhere"'),
    (b'"performance":"0123456789abcdef01234567"', b'"performance":""'),
    (b'"lines":[[1,', b'"lines":[[-1,'),
    (b'"lines":[[1,', b'"lines":[[18446744073709551615,'),
    (b'"lines":[[1,', b'"lines":[[1.5,'),
    (b'+00:00"', b'"'),
    (b'Z"', b'"'),
    (b'"USD"', b'"\\u0000"'),
    (b"[4500,", b"[-9223372036854775808,"),
    (b'"until":"2026', b'"until":"0001'),
    (b'"sale_from":"2026', b'"sale_from":"0001'),
    (b'"sale_until":"2026', b'"sale_until":"9999'),
]


def relinked(records: list[LogRecord]) -> list[LogRecord]:
    previous, linked = GENESIS, []
    for record in records:
        (previous,) = hashes(previous, [record])
        linked.append(replace(record, hash=previous))
    return linked


@pytest.mark.parametrize(("old", "new"), JUNK)
async def test_a_well_linked_event_of_junk_is_no_exception(
    old: bytes, new: bytes
) -> None:
    house = busy_house()
    house.store._records[:] = relinked(
        [
            replace(record, data=record.data.replace(old, new))
            for record in house.store._records
        ]
    )
    models = MemoryDocuments()
    verdict = await verify(
        house.store,
        MemoryCheckpoints(now=house.clock),
        documents=models,
        cache=models,
        wait_s=0.0,
    )
    assert "chain" not in {check.name for check in verdict.checks if not check.ok}


class File:
    """An embedded log that somebody opened with a tool of his own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = Clock(NOON)
        self.store = SqliteEventStore(path, now=self.clock)
        Recorder(self.store, self.clock).play(history(3))

    def tamper(self, statement: str) -> None:
        raw = sqlite3.connect(self.path, isolation_level=None)
        raw.execute("DROP TRIGGER log_events_no_update")
        raw.execute("DROP TRIGGER log_receipts_no_update")
        raw.execute("PRAGMA ignore_check_constraints = ON")
        raw.execute(statement)
        raw.close()

    async def verify(self) -> Verdict:
        checkpoints = MemoryCheckpoints(now=self.clock)
        return await verify(self.store, checkpoints, documents=None, cache=None)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[File]:
    file = File(tmp_path / "log.sqlite")
    yield file
    file.store.close()


@pytest.mark.parametrize(
    "damage",
    [
        "recorded_at = 9223372036854775807",
        "recorded_at = -9223372036854775808",
        "recorded_at = 'yesterday'",
        "recorded_at = 1e300",
        "recorded_at = x'00'",
        "tag = CAST(x'ff' AS TEXT)",
        "tag = x'ff'",
        "tag = 5",
        "stream = CAST(x'ffffffffffffffffffffffffffffffff' AS TEXT)",
        "stream = 'sixteen letters.'",
        "stream = 3",
        "version = 'one'",
        "version = 1e99",
        "data = CAST(data AS TEXT)",
        "data = 1",
        "data = CAST(x'ff' AS TEXT)",
        "meta = CAST(meta AS TEXT)",
        "meta = 2.5",
        "hash = CAST(hash AS TEXT)",
        "hash = 'x'",
    ],
)
@pytest.mark.parametrize("where", ["first", "middle", "last"])
async def test_a_file_of_anything_is_a_finding(
    file: File, damage: str, where: str
) -> None:
    head = file.store.head().position
    position = {"first": 1, "middle": 30, "last": head}[where]
    file.tamper(f"UPDATE log_events SET {damage} WHERE position = {position}")
    verdict = await file.verify()
    found = {check.name: check.position for check in verdict.checks if not check.ok}
    assert position in {found.get("chain"), found.get("events")}
    assert verdict.position == head


@pytest.mark.parametrize(
    "damage",
    [
        "first = 'x'",
        "last = CAST(x'ff' AS TEXT)",
        "last = 9223372036854775807",
        "first = -1",
        "command_id = CAST(command_id AS TEXT)",
        "command_id = x'ff'",
    ],
)
async def test_a_receipt_of_anything_is_a_finding(file: File, damage: str) -> None:
    file.tamper(f"UPDATE log_receipts SET {damage} WHERE first = 1")
    verdict = await file.verify()
    found = {check.name: check.position for check in verdict.checks if not check.ok}
    assert found == {"receipts": 1}


async def test_two_records_that_cannot_be_given_are_both_counted(file: File) -> None:
    file.tamper("UPDATE log_events SET recorded_at = 'x' WHERE position IN (20, 40)")
    verdict = await file.verify()
    (events,) = [check for check in verdict.checks if check.name == "events"]
    assert events.position == 20
    assert "(2 findings in all)" in events.detail


async def test_a_log_of_nothing_but_damage_ends(file: File) -> None:
    head = file.store.head().position
    file.tamper("UPDATE log_events SET recorded_at = 'x'")
    verdict = await file.verify()
    (events,) = [check for check in verdict.checks if check.name == "events"]
    assert f"({head} findings in all)" in events.detail

"""The log in one SQLite file: the embedded box office's truth.

`BEGIN IMMEDIATE` is the append lock: it orders the appends of all processes that open
the file. Reads go through a connection of their own and see what is committed, except
inside `exclusive`, which reads what it holds.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Condition
from time import monotonic

from boxoffice.application import chain
from boxoffice.application.ports.log import (
    Append,
    Forgotten,
    Head,
    LogRecord,
    LogWriter,
    Receipt,
    Repeated,
    Stale,
    Stored,
)
from boxoffice.domain.ids import Family, StreamId
from boxoffice.errors import Corrupt
from boxoffice.infrastructure.append_rules import check_shape
from boxoffice.infrastructure.clock import utc_now
from boxoffice.infrastructure.sqlite.connection import Connection
from boxoffice.infrastructure.sqlite.forgetting import forget
from boxoffice.infrastructure.sqlite.schema import create

POLL_S = 0.05
"""How soon an append of another process is noticed."""
RECORD = (
    "SELECT position, stream, version, tag, data, meta, recorded_at, hash"
    " FROM log_events "
)
RECEIPT = (
    "SELECT CAST(command_id AS BLOB), CAST(request_hash AS BLOB),"
    " CAST(renderer AS INTEGER), CAST(first AS INTEGER), CAST(last AS INTEGER)"
    " FROM log_receipts "
)
"""Whatever a spoilt file holds, it is compared as what belongs there."""
END = (
    "SELECT position, hash, recorded_at FROM log_events ORDER BY position DESC LIMIT 1"
)
LINK = (
    "SELECT position, CAST(hash AS BLOB) FROM log_events ORDER BY position DESC LIMIT 1"
)
"""Where the log ends, also when somebody spoilt its last record."""
LAST_ORDINAL = b"\xff" * 4
NO_STREAM = -1
IDS_AT_ONCE = 500
"""Bound of SQLite's parameters in one statement."""


class _Log:
    """Reads and appends on one connection."""

    def __init__(self, connection: Connection, now: Callable[[], datetime]) -> None:
        self._connection = connection
        self._now = now

    def families(self, families: Sequence[Family]) -> list[LogRecord]:
        found: list[LogRecord] = []
        with self._connection.locked() as raw:
            for family in set(families):
                rows = raw.execute(
                    RECORD + "WHERE stream BETWEEN ? AND ?",
                    (family + bytes(4), family + LAST_ORDINAL),
                )
                found.extend(map(_record, rows))
        return sorted(found, key=lambda record: record.position)

    def read(self, *, after: int, limit: int) -> list[LogRecord]:
        with self._connection.locked() as raw:
            rows = raw.execute(
                RECORD + "WHERE position > ? ORDER BY position LIMIT ?", (after, limit)
            )
            return list(map(_record, rows))

    def receipts(self, command_ids: Sequence[bytes]) -> list[Receipt]:
        with self._connection.transaction() as raw:
            return _receipts(raw, command_ids)

    def append(self, batch: Append) -> Stored | Stale | Repeated:
        with self._connection.transaction() as raw:
            position, link, before = _end(raw)
            known = _receipts(raw, [*batch.command_ids, *batch.asked_ids])
            if known:
                return Repeated(tuple(r.command_id for r in known), position)
            moved = _moved(raw, batch.guards)
            if moved:
                return Stale(moved, position)
            check_shape(batch)
            at = max(self._now(), before)
            _insert(raw, batch, first=position + 1, at=at, previous=link)
            return Stored(position + 1, position + len(batch.event_streams), at)


class SqliteEventStore:
    """An EventStore in a file; several processes may open it."""

    def __init__(
        self,
        path: str | Path,
        *,
        log_name: str = "main",
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.now = now
        self.connection = Connection(path)
        create(self.connection, log_name=log_name)
        self._readers = Connection(path)
        self._writing = _Log(self.connection, now)
        self._reading = _Log(self._readers, now)
        self._grown = Condition()

    def append(self, batch: Append) -> Stored | Stale | Repeated:
        outcome = self._writing.append(batch)
        self._wake()
        return outcome

    def families(self, families: Sequence[Family]) -> list[LogRecord]:
        return self._reading.families(families)

    def read(self, *, after: int, limit: int) -> list[LogRecord]:
        return self._reading.read(after=after, limit=limit)

    def tagged(
        self, tags: Collection[str], *, after: int, upto: int
    ) -> list[LogRecord]:
        marks = ",".join("?" * len(tags))
        # Only question marks are put together here.
        query = (
            f"{RECORD}WHERE position > ? AND position <= ? AND tag IN ({marks})"
            " ORDER BY position"
        )
        with self._readers.locked() as raw:
            return list(map(_record, raw.execute(query, (after, upto, *tags))))

    def receipts(self, command_ids: Sequence[bytes]) -> list[Receipt]:
        return self._writing.receipts(command_ids)

    @contextmanager
    def exclusive(self) -> Iterator[LogWriter]:
        with self.connection.transaction():
            yield self._writing
        self._wake()

    def head(self) -> Head:
        with self._readers.locked() as raw:
            raw.execute("BEGIN")
            try:
                log, epoch = raw.execute("SELECT * FROM log_identity").fetchone()
                row = raw.execute(LINK).fetchone()
            finally:
                raw.execute("COMMIT")
        position, link = row or (0, chain.GENESIS)
        return Head(log, epoch, position, link)

    def last_receipt(self) -> Receipt | None:
        with self._readers.locked() as raw:
            row = raw.execute(RECEIPT + "ORDER BY 5 DESC LIMIT 1").fetchone()
        return Receipt(*row) if row else None

    def forget_receipts(self, *, after: int, before: datetime, limit: int) -> Forgotten:
        with self.connection.transaction() as raw:
            return forget(raw, after=after, before=before, limit=limit)

    def wait(self, *, after: int, timeout_s: float) -> bool:
        deadline = monotonic() + timeout_s
        while not self.read(after=after, limit=1):
            left = deadline - monotonic()
            if left <= 0:
                return False
            with self._grown:
                self._grown.wait(min(left, POLL_S))
        return True

    def new_epoch(self) -> int:
        with self.connection.transaction() as raw:
            raw.execute("UPDATE log_identity SET epoch = epoch + 1")
            epoch: int = raw.execute("SELECT epoch FROM log_identity").fetchone()[0]
        return epoch

    def ping(self) -> None:
        with self._readers.locked() as raw:
            raw.execute("SELECT 1 FROM log_identity").fetchone()

    def close(self) -> None:
        self.connection.close()
        self._readers.close()

    def _wake(self) -> None:
        with self._grown:
            self._grown.notify_all()


def _record(row: tuple[int, bytes, int, str, bytes, bytes, int, bytes]) -> LogRecord:
    position, stream, version, tag, data, meta, recorded_at, link = row
    at = _instant(recorded_at, position=position)
    return LogRecord(position, StreamId(stream), version, tag, data, meta, at, link)


def _end(raw: sqlite3.Connection) -> tuple[int, bytes, datetime]:
    row = raw.execute(END).fetchone()
    if row is None:
        return 0, chain.GENESIS, datetime.min.replace(tzinfo=UTC)
    return row[0], row[1], _instant(row[2], position=row[0])


def _instant(stored: int, *, position: int) -> datetime:
    """Give a record's time. A file may hold anything where a number belongs."""
    try:
        return chain.instant(stored)
    except (TypeError, OverflowError) as error:
        detail = f"Record {position} has no time that can be read: {stored!r:.40}"
        raise Corrupt(detail, position=position) from error


def _receipts(raw: sqlite3.Connection, command_ids: Sequence[bytes]) -> list[Receipt]:
    found: list[Receipt] = []
    for start in range(0, len(command_ids), IDS_AT_ONCE):
        some = command_ids[start : start + IDS_AT_ONCE]
        marks = ",".join("?" * len(some))
        # Only question marks are put together here.
        query = f"{RECEIPT} WHERE command_id IN ({marks})"
        found.extend(Receipt(*row) for row in raw.execute(query, some))
    return found


def _moved(
    raw: sqlite3.Connection, guards: dict[StreamId, int]
) -> tuple[StreamId, ...]:
    query = "SELECT max(version) FROM log_events WHERE stream = ?"
    moved = []
    for stream, guarded in guards.items():
        version = raw.execute(query, (stream,)).fetchone()[0]
        if (NO_STREAM if version is None else version) != guarded:
            moved.append(stream)
    return tuple(moved)


def _insert(
    raw: sqlite3.Connection, batch: Append, *, first: int, at: datetime, previous: bytes
) -> None:
    rows = []
    spans: dict[int, list[int]] = {}
    stamp = chain.microseconds(at)
    for record in chain.chained(batch, first=first, at=at, previous=previous):
        command = batch.event_commands[record.position - first]
        spans.setdefault(command, []).append(record.position)
        fields = (record.stream, record.version, record.tag, record.data, record.meta)
        rows.append((record.position, *fields, stamp, record.hash))
    raw.executemany("INSERT INTO log_events VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    raw.executemany(
        "INSERT INTO log_receipts VALUES (?, ?, ?, ?, ?)",
        [
            (
                batch.command_ids[command],
                batch.request_hashes[command],
                batch.renderer,
                positions[0],
                positions[-1],
            )
            for command, positions in spans.items()
        ],
    )

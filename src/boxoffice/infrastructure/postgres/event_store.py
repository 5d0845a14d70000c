"""The log in PostgreSQL.

Appending is one call of one function, `boxoffice.append`: see migrations/postgres for
what it promises. Reads see what is committed and wait for nobody, except `receipts`,
which must know how every append that was sent has ended. No call hangs: each ends, or
raises Unavailable or OutcomeUnknown, within 2.5 s (see connection.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg import Cursor
from psycopg.abc import Buffer
from psycopg.rows import tuple_row

from boxoffice.application.chain import GENESIS
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
from boxoffice.domain.ids import Family
from boxoffice.infrastructure.postgres import statements
from boxoffice.infrastructure.postgres.arrays import uuids
from boxoffice.infrastructure.postgres.bell import Bell
from boxoffice.infrastructure.postgres.call import TYPES, arguments, outcome
from boxoffice.infrastructure.postgres.connection import LogConnection, LogDatastore
from boxoffice.infrastructure.postgres.failures import translated
from boxoffice.infrastructure.postgres.wire import PreparedStatement

POOL_SIZE = 8
WRITER_POOL_SIZE = 1
"""A writer is one thread, and waits for no reader's connection: it has its own."""
APPEND = PreparedStatement("append", statements.APPEND, TYPES)
_FIRST_ORDINAL = bytes(4)
_LAST_ORDINAL = b"\xff" * 4


Values = Sequence[Any] | Mapping[str, Any] | None


class Result(NamedTuple):
    """What a statement gave back, and how many rows it changed."""

    rows: list[tuple[Any, ...]]
    changed: int


class PostgresEventStore:
    """An EventStore in the schema `boxoffice` of a database.

    Raises:
        Unavailable, Misconfigured: the database cannot be used; said at once.
    """

    def __init__(
        self, url: str, *, log_name: str = "main", pool_size: int = POOL_SIZE
    ) -> None:
        self.datastore = LogDatastore(url, pool_size=pool_size)
        self._log_name = log_name
        self._bell = Bell(url)
        self.datastore.open()

    def append(self, batch: Append) -> Stored | Stale | Repeated:
        values = arguments(batch)
        with self.datastore.borrowed() as connection, translated(appending=True):
            return _append(connection, values, events=len(batch.event_streams))

    def families(self, families: Sequence[Family]) -> list[LogRecord]:
        with self.datastore.borrowed() as connection, translated():
            return _families(connection, families)

    def read(self, *, after: int, limit: int) -> list[LogRecord]:
        with self.datastore.borrowed() as connection, translated():
            return _read(connection, after=after, limit=limit)

    def tagged(
        self, tags: Collection[str], *, after: int, upto: int
    ) -> list[LogRecord]:
        values = [after, upto, list(tags)]
        with self.datastore.borrowed() as connection, translated():
            cursor = _records(connection)
            return cursor.execute(statements.TAGGED.encode(), values).fetchall()

    def receipts(self, command_ids: Sequence[bytes]) -> list[Receipt]:
        with self.datastore.borrowed() as connection, translated():
            return _receipts(connection, command_ids)

    @contextmanager
    def exclusive(self) -> Iterator[LogWriter]:
        with self.datastore.borrowed() as connection:
            with translated():
                connection.execute("begin")
                connection.execute(statements.LOCK)
            try:
                yield _Held(connection)
            except BaseException:
                with suppress(psycopg.Error):
                    connection.execute("rollback")
                raise
            with translated(appending=True):
                connection.execute("commit")

    def head(self) -> Head:
        epoch, position, link = self._row(statements.HEAD)
        return Head(self._log_name, epoch, position or 0, link or GENESIS)

    def last_receipt(self) -> Receipt | None:
        rows = self.run(statements.LAST_RECEIPT).rows
        return Receipt(*rows[0]) if rows else None

    def forget_receipts(self, *, after: int, before: datetime, limit: int) -> Forgotten:
        values = [after, before, limit]
        return Forgotten(*self._row(statements.FORGET_RECEIPTS, values))

    def now(self) -> datetime:
        now: datetime = self._row(statements.NOW)[0]
        return now

    def wait(self, *, after: int, timeout_s: float) -> bool:
        length: int = self._row(statements.LENGTH)[0]
        return length > after or self._bell.wait(after=after, timeout_s=timeout_s)

    def new_epoch(self) -> int:
        epoch: int = self._row(statements.NEW_EPOCH)[0]
        return epoch

    def ping(self) -> None:
        self._row("select 1")

    def close(self) -> None:
        self._bell.close()
        self.datastore.close()

    def run(self, statement: str, values: Values = None) -> Result:
        """Run one statement of an adapter that lives beside the log."""
        with self.datastore.borrowed() as connection, translated():
            cursor = _cursor(connection).execute(statement.encode(), values)
            rows = cursor.fetchall() if cursor.description else []
            return Result(rows, cursor.rowcount)

    def _row(self, statement: str, values: Values = None) -> tuple[Any, ...]:
        return self.run(statement, values).rows[0]


class _Held:
    """The log inside an exclusive block: nothing is durable until the block ends."""

    def __init__(self, connection: LogConnection) -> None:
        self._connection = connection

    def append(self, batch: Append) -> Stored | Stale | Repeated:
        values = arguments(batch)
        with translated():
            return _append(self._connection, values, events=len(batch.event_streams))

    def families(self, families: Sequence[Family]) -> list[LogRecord]:
        with translated():
            return _families(self._connection, families)

    def read(self, *, after: int, limit: int) -> list[LogRecord]:
        with translated():
            return _read(self._connection, after=after, limit=limit)

    def receipts(self, command_ids: Sequence[bytes]) -> list[Receipt]:
        with translated():
            return _receipts(self._connection, command_ids)


def _cursor(connection: LogConnection) -> Cursor[tuple[Any, ...]]:
    return connection.cursor(binary=True, row_factory=tuple_row)


def _records(connection: LogConnection) -> Cursor[LogRecord]:
    return connection.cursor(binary=True, row_factory=lambda _: _record)


def _record(values: Sequence[Any]) -> LogRecord:
    return LogRecord(*values)


def _append(
    connection: LogConnection, values: Sequence[Buffer], *, events: int
) -> Stored | Stale | Repeated:
    return outcome(APPEND.row(connection, values), events=events)


def _families(connection: LogConnection, families: Sequence[Family]) -> list[LogRecord]:
    found: list[LogRecord] = []
    for family in set(families):
        span = [UUID(bytes=family + o) for o in (_FIRST_ORDINAL, _LAST_ORDINAL)]
        cursor = _records(connection)
        found += cursor.execute(statements.FAMILY.encode(), span, prepare=True)
    return sorted(found, key=lambda record: record.position)


def _read(connection: LogConnection, *, after: int, limit: int) -> list[LogRecord]:
    cursor = _records(connection)
    return cursor.execute(
        statements.READ.encode(), [after, limit], prepare=True
    ).fetchall()


def _receipts(connection: LogConnection, command_ids: Sequence[bytes]) -> list[Receipt]:
    with connection.transaction():
        connection.execute(statements.AWAIT_APPENDS)
        rows = _cursor(connection).execute(
            statements.RECEIPTS.encode(), [uuids(command_ids)]
        )
        return [Receipt(*row) for row in rows]

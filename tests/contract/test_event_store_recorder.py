"""The eventsourcing library's own test case, passed by the recorder of each log."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from eventsourcing.persistence import ApplicationRecorder, StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore
from eventsourcing.tests.persistence import ApplicationRecorderTestCase
from psycopg.conninfo import conninfo_to_dict

from boxoffice.infrastructure.memory.event_store import MemoryEventStore
from boxoffice.infrastructure.postgres.event_store import PostgresEventStore
from boxoffice.infrastructure.postgres.recorder import VIEW as POSTGRES_VIEW
from boxoffice.infrastructure.postgres.recorder import PostgresRecorder
from boxoffice.infrastructure.sqlite.event_store import SqliteEventStore
from boxoffice.infrastructure.sqlite.recorder import VIEW as SQLITE_VIEW
from boxoffice.infrastructure.sqlite.recorder import SqliteRecorder
from tests.contract.event_log import batch, stored, ticket

READERS = "read_continuously"
JOIN_S = 30.0


def end_of_readers() -> None:
    """Wait for threads that the library's case tells to stop, and leaves behind.

    A connection that is closed under one of them takes the interpreter along.
    """
    for thread in threading.enumerate():
        if READERS in thread.name:
            thread.join(JOIN_S)
            assert not thread.is_alive()


class TestMemoryRecorder(ApplicationRecorderTestCase[ApplicationRecorder]):
    INITIAL_VERSION = 0

    def create_recorder(self) -> ApplicationRecorder:
        return MemoryEventStore(now=lambda: datetime.now(UTC)).recorder

    test_insert_subscribe = ApplicationRecorderTestCase.optional_test_insert_subscribe


class TestSqliteRecorder(ApplicationRecorderTestCase[ApplicationRecorder]):
    INITIAL_VERSION = 0

    @pytest.fixture(autouse=True)
    def _log(self, tmp_path: Path) -> Iterator[None]:
        self.path = tmp_path / "log.sqlite"
        self.store = SqliteEventStore(self.path)
        self.datastore = SQLiteDatastore(str(self.path))
        yield
        end_of_readers()
        self.datastore.close()
        self.store.close()

    def create_recorder(self) -> ApplicationRecorder:
        return SqliteRecorder(self.store, self.datastore)


@pytest.mark.service
class TestPostgresRecorder(ApplicationRecorderTestCase[ApplicationRecorder]):
    INITIAL_VERSION = 0

    @pytest.fixture(autouse=True)
    def _log(self, postgres_log_url: str) -> Iterator[None]:
        self.store = PostgresEventStore(postgres_log_url)
        yield
        end_of_readers()
        self.store.close()

    def create_recorder(self) -> ApplicationRecorder:
        return PostgresRecorder(self.store)


def check_stock_reading(stock: ApplicationRecorder) -> None:
    notifications = stock.select_notifications(start=2, limit=10)
    mine = stock.select_events(UUID(bytes=ticket(1)), gt=0)

    assert stock.max_notification_id() == 3
    assert [(n.id, n.originator_version, n.topic) for n in notifications] == [
        (2, 1, "ticket-held.v1"),
        (3, 0, "ticket-held.v1"),
    ]
    assert mine == [
        StoredEvent(UUID(bytes=ticket(1)), 1, "ticket-held.v1", b'{"place":1}')
    ]


SALE = batch([(ticket(1), 0), (ticket(1), 1)], [(ticket(2), 0)], data=b'{"place":1}')


def test_stock_postgres_recorder_reads_the_log(postgres_log_url: str) -> None:
    store = PostgresEventStore(postgres_log_url)
    stored(store, SALE)
    given = conninfo_to_dict(postgres_log_url)
    with PostgresDatastore(
        dbname=str(given["dbname"]),
        host=str(given["host"]),
        port=str(given["port"]),
        user=str(given["user"]),
        password=str(given.get("password", "")),
        schema="boxoffice",
    ) as datastore:
        check_stock_reading(
            PostgresApplicationRecorder(datastore, events_table_name=POSTGRES_VIEW)
        )
    store.close()


def test_stock_sqlite_recorder_reads_the_log(tmp_path: Path) -> None:
    store = SqliteEventStore(tmp_path / "log.sqlite")
    stored(store, SALE)
    datastore = SQLiteDatastore(str(tmp_path / "log.sqlite"))
    check_stock_reading(SQLiteApplicationRecorder(datastore, SQLITE_VIEW))
    datastore.close()
    store.close()


def test_originators_are_uuids() -> None:
    recorder = MemoryEventStore(now=lambda: datetime.now(UTC)).recorder
    with pytest.raises(TypeError):
        recorder.insert_events([StoredEvent("order-1", 0, "topic", b"")])

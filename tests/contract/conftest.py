from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from boxoffice.infrastructure.memory.checkpoints import MemoryCheckpoints
from boxoffice.infrastructure.memory.event_store import MemoryEventStore
from boxoffice.infrastructure.memory.staff_tokens import MemoryStaffTokens
from boxoffice.infrastructure.postgres.checkpoints import PostgresCheckpoints
from boxoffice.infrastructure.postgres.event_store import PostgresEventStore
from boxoffice.infrastructure.postgres.migrate import migrate
from boxoffice.infrastructure.postgres.staff_tokens import PostgresStaffTokens
from boxoffice.infrastructure.sqlite.checkpoints import SqliteCheckpoints
from boxoffice.infrastructure.sqlite.event_store import SqliteEventStore
from boxoffice.infrastructure.sqlite.staff_tokens import SqliteStaffTokens
from tests.contract.event_log import Log


def _memory_log() -> Log:
    def now() -> datetime:
        return datetime.now(UTC)

    store = MemoryEventStore(now=now, log_name="trial")
    checkpoints = MemoryCheckpoints(now=now)
    tokens = MemoryStaffTokens()
    return Log(lambda: store, lambda: checkpoints, lambda: tokens)


def _sqlite_log(path: Path) -> Iterator[Log]:
    stores: list[SqliteEventStore] = []

    def opened() -> SqliteEventStore:
        stores.append(SqliteEventStore(path, log_name="trial"))
        return stores[-1]

    yield Log(
        opened,
        lambda: SqliteCheckpoints(opened()),
        lambda: SqliteStaffTokens(opened()),
    )
    for store in stores:
        store.close()


def _postgres_log(url: str) -> Iterator[Log]:
    stores: list[PostgresEventStore] = []

    def opened() -> PostgresEventStore:
        stores.append(PostgresEventStore(url, log_name="trial", pool_size=2))
        return stores[-1]

    yield Log(
        opened,
        lambda: PostgresCheckpoints(opened()),
        lambda: PostgresStaffTokens(opened()),
    )
    for store in stores:
        store.close()


@pytest.fixture
def postgres_log_url(postgres_url: str) -> str:
    """The module's database with a new and empty log."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("drop schema if exists boxoffice cascade")
    migrate(postgres_url)
    return postgres_url


@pytest.fixture(
    params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.service)]
)
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Log]:
    """A log of its own for one test, in every technology."""
    match request.param:
        case "memory":
            yield _memory_log()
        case "sqlite":
            yield from _sqlite_log(tmp_path / "log.sqlite")
        case "postgres":
            yield from _postgres_log(request.getfixturevalue("postgres_log_url"))

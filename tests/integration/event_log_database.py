"""A migrated database of PostgreSQL, and stores on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from boxoffice.application.ports.log import LogRecord
from boxoffice.infrastructure.postgres.event_store import PostgresEventStore
from boxoffice.infrastructure.postgres.migrate import migrate

PAGE = 1_000


def new_log(url: str) -> str:
    """Put an empty log into a database; give the URL back."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("drop schema if exists boxoffice cascade")
    migrate(url)
    return url


def receipts_live(url: str, length: str) -> None:
    """Let the owner of a log say how long its receipts live at least."""
    kept = sql.SQL(
        "create or replace function boxoffice.receipts_kept() returns interval"
        " language sql immutable as $$ select interval {} $$"
    )
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(kept.format(sql.Literal(length)))


def named(url: str, name: str) -> str:
    """Give a URL whose connections can be told apart in pg_stat_activity."""
    return f"{url}{'&' if '?' in url else '?'}application_name={name}"


@contextmanager
def opened(url: str, *, pool_size: int = 2) -> Iterator[PostgresEventStore]:
    store = PostgresEventStore(url, pool_size=pool_size)
    try:
        yield store
    finally:
        store.close()


def whole_log(store: PostgresEventStore) -> list[LogRecord]:
    records: list[LogRecord] = []
    while page := store.read(after=len(records), limit=PAGE):
        records += page
    return records

"""Waiting for the log to grow: woken at once, and nobody is woken for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic

import psycopg
import pytest

from boxoffice.infrastructure.postgres.bell import POLL_S
from boxoffice.infrastructure.postgres.event_store import PostgresEventStore
from tests.contract.event_log import batch, stored, ticket
from tests.integration.event_log_database import named, new_log, opened

SLEEPERS = (
    "select count(*) from pg_locks where locktype = 'advisory' and mode = 'ShareLock'"
    " and granted and database = (select oid from pg_database"
    " where datname = current_database())"
)
BOUND_S = 10


@pytest.fixture
def log_url(postgres_url: str) -> str:
    return new_log(postgres_url)


@pytest.fixture
def store(log_url: str) -> Iterator[PostgresEventStore]:
    with opened(log_url) as store:
        yield store


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as threads:
        yield threads


def asleep(store: PostgresEventStore, sleepers: int) -> None:
    """Return when so many are asleep."""
    deadline = monotonic() + BOUND_S
    while store.run(SLEEPERS).rows[0][0] != sleepers:
        assert monotonic() < deadline, "nobody fell asleep"


def timed(store: PostgresEventStore, after: int) -> tuple[bool, float]:
    grown = store.wait(after=after, timeout_s=BOUND_S)
    return grown, monotonic()


def test_every_sleeper_is_woken_at_once(
    store: PostgresEventStore, log_url: str, threads: ThreadPoolExecutor
) -> None:
    with opened(log_url) as other:
        waits: list[Future[tuple[bool, float]]] = [
            threads.submit(timed, sleeper, 0) for sleeper in (store, store, other)
        ]
        asleep(store, 3)
        appended = monotonic()
        stored(store, batch([(ticket(1), 0)]))
        woken = [wait.result() for wait in waits]

    assert all(grown for grown, _ in woken)
    assert max(at for _, at in woken) - appended < POLL_S


def test_sleeper_whose_backend_is_killed_wakes_all_the_same(
    store: PostgresEventStore, log_url: str, threads: ThreadPoolExecutor
) -> None:
    with opened(named(log_url, "sleeper")) as sleeper:
        wait = threads.submit(sleeper.wait, after=0, timeout_s=BOUND_S)
        asleep(store, 1)
        with psycopg.connect(log_url, autocommit=True) as owner:
            owner.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where application_name = 'sleeper'"
            )
        asleep(store, 0)
        stored(store, batch([(ticket(1), 0)]))

        assert wait.result()


def test_append_rings_only_while_somebody_sleeps(
    store: PostgresEventStore, log_url: str, threads: ThreadPoolExecutor
) -> None:
    with psycopg.connect(log_url, autocommit=True) as listener:
        listener.execute("listen boxoffice_log")
        stored(store, batch([(ticket(1), 0)]))
        assert list(listener.notifies(timeout=0.2)) == []

        wait = threads.submit(store.wait, after=1, timeout_s=BOUND_S)
        asleep(store, 1)
        stored(store, batch([(ticket(2), 0)], first_id=2))
        assert wait.result()
        assert len(list(listener.notifies(timeout=BOUND_S, stop_after=1))) == 1

        asleep(store, 0)
        stored(store, batch([(ticket(3), 0)], first_id=3))
        assert list(listener.notifies(timeout=0.2)) == []


def test_sleeping_ends_with_the_store(
    store: PostgresEventStore, log_url: str, threads: ThreadPoolExecutor
) -> None:
    with opened(log_url) as sleeper:
        wait = threads.submit(sleeper.wait, after=0, timeout_s=60)
        asleep(store, 1)

    assert not wait.result(timeout=BOUND_S)

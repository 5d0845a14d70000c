"""The embedded log: several processes, one file, and a plug that is pulled."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from time import monotonic

import pytest

from boxoffice.application.chain import verify_chain
from boxoffice.application.ports.log import LogRecord
from boxoffice.errors import Unavailable
from boxoffice.infrastructure.sqlite.event_store import SqliteEventStore
from boxoffice.testing import on_sale, store_facts
from tests.contract.event_log import batch, stored, ticket

ROOT = Path(__file__).parents[2]
BOUND_S = 2.5
PROCESSES = 4
APPENDS = 50

APPEND = """
import sys
from boxoffice.errors import Unavailable
from boxoffice.infrastructure.sqlite.event_store import SqliteEventStore
from tests.contract.event_log import batch, stored, ticket

path, number, appends = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
store = SqliteEventStore(path)
print("open", flush=True)
done = 0
while done < appends:
    place = number * 1_000_000 + done
    call = batch([(ticket(place), 0), (ticket(place), 1)], first_id=place + 1)
    try:
        stored(store, call)
    except Unavailable:
        continue
    done += 1
    print(done, flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteEventStore]:
    store = SqliteEventStore(path)
    yield store
    store.close()


def appending(path: Path, number: int, appends: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", APPEND, str(path), str(number), str(appends)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def whole_log(path: Path) -> list[LogRecord]:
    store = SqliteEventStore(path)
    records = store.read(after=0, limit=1_000_000)
    store.close()
    return records


def test_processes_share_one_file_in_one_order(path: Path) -> None:
    processes = [appending(path, number, APPENDS) for number in range(PROCESSES)]
    for process in processes:
        process.communicate(timeout=60)
        assert process.returncode == 0

    records = whole_log(path)
    assert len(records) == PROCESSES * APPENDS * 2
    assert verify_chain(records) is None


def test_killed_process_leaves_a_whole_log_with_all_it_acknowledged(
    path: Path,
) -> None:
    with appending(path, 1, 1_000_000) as process:
        assert process.stdout is not None
        acknowledged = 0
        for line in process.stdout:
            if line != "open\n":
                acknowledged = int(line)
            if acknowledged == 100:
                process.send_signal(signal.SIGKILL)

    records = whole_log(path)
    assert len(records) >= 2 * acknowledged
    assert verify_chain(records) is None


def test_file_that_is_locked_elsewhere_is_unavailable_in_time(
    store: SqliteEventStore, path: Path
) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began = monotonic()
    with pytest.raises(Unavailable):
        store.append(batch([(ticket(1), 0)]))
    assert monotonic() - began < BOUND_S
    other.execute("ROLLBACK")
    other.close()

    assert stored(store, batch([(ticket(1), 0)])).head == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log_events SET data = x''",
        "DELETE FROM log_events",
        "UPDATE log_receipts SET renderer = 2",
        "DELETE FROM log_receipts",
    ],
)
def test_file_refuses_to_change_what_is_stored(
    store: SqliteEventStore, path: Path, statement: str
) -> None:
    stored(store, batch([(ticket(1), 0)]))
    other = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match="only grows"):
        other.execute(statement)
    other.close()


def test_commits_are_flushed_to_the_disk(store: SqliteEventStore) -> None:
    full = 2
    with store.connection.locked() as raw:
        assert raw.execute("PRAGMA synchronous").fetchone() == (full,)
        assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.parametrize("table", ["log_events", "log_receipts"])
def test_nothing_can_be_replaced(tmp_path: Path, table: str) -> None:
    path = tmp_path / "log.sqlite"
    store = SqliteEventStore(path)
    store_facts(store, on_sale())
    before = store.read(after=0, limit=100)
    with closing(sqlite3.connect(path)) as intruder:
        for attempt in ("INSERT OR REPLACE", "REPLACE"):
            with pytest.raises(sqlite3.IntegrityError, match="only grows"):
                intruder.execute(f"{attempt} INTO {table} SELECT * FROM {table}")
    assert before == store.read(after=0, limit=100)
    store.close()


def test_a_column_keeps_its_type(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    SqliteEventStore(path).close()
    row = (1, bytes(16), 0, "tag", "text, not bytes", b"", 0, bytes(32))
    with (
        closing(sqlite3.connect(path)) as intruder,
        pytest.raises(sqlite3.IntegrityError, match="CHECK"),
    ):
        intruder.execute(f"INSERT INTO log_events VALUES ({'?,' * 7} ?)", row)

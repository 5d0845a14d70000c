"""Many writers, one order: whoever tails the log misses nothing."""

from __future__ import annotations

import random
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from boxoffice.application.chain import verify_chain
from boxoffice.application.ports.log import LogRecord, Stale, Stored
from boxoffice.domain.ids import StreamId
from boxoffice.infrastructure.postgres.event_store import PostgresEventStore
from tests.contract.event_log import batch, command_id, stored, ticket
from tests.integration.event_log_database import new_log, opened, whole_log

WRITERS = 8
APPENDS = 120
CONFLICTS = 0.05
HOT = ticket(0)


@pytest.fixture
def log_url(postgres_url: str) -> str:
    return new_log(postgres_url)


class Writer:
    """Appends to streams of its own, and now and then, too late, to everybody's."""

    def __init__(self, url: str, number: int) -> None:
        self.url = url
        self.number = number
        self.stored: list[int] = []
        self.conflicts = 0

    def run(self) -> None:
        picks = random.Random(self.number)
        with opened(self.url, pool_size=1) as store:
            for turn in range(APPENDS):
                first_id = self.number * 100_000 + turn * 10
                if picks.random() < CONFLICTS:
                    self._append_stale(store, first_id)
                else:
                    self._append(store, picks.randint(1, 5), first_id=first_id)

    def _append(self, store: PostgresEventStore, size: int, *, first_id: int) -> None:
        streams = [ticket(first_id + n + 1) for n in range(size)]
        outcome = stored(store, batch(*[[(s, 0)] for s in streams], first_id=first_id))
        self.stored += range(outcome.first, outcome.head + 1)

    def _append_stale(self, store: PostgresEventStore, first_id: int) -> None:
        """Write to the hot stream as somebody who does not know its last version."""
        call = batch([(HOT, 0)], [(ticket(first_id + 1), 0)], first_id=first_id)
        outcome = store.append(call)
        assert isinstance(outcome, Stale)
        assert outcome.streams == (HOT,)
        self.conflicts += 1


def tail(url: str, *, ended: Event) -> list[LogRecord]:
    """Read as the relay does, until the writers have ended and all is read."""
    seen: list[LogRecord] = []
    with opened(url, pool_size=1) as store:
        while True:
            last_round = ended.is_set()
            while page := store.read(after=len(seen), limit=50):
                seen += page
            if last_round:
                return seen
            store.wait(after=len(seen), timeout_s=0.2)


@pytest.mark.slow
def test_tailing_reader_misses_nothing_of_eight_writers(log_url: str) -> None:
    with opened(log_url) as store:
        stored(store, batch([(HOT, 0)]))
    writers = [Writer(log_url, number) for number in range(1, WRITERS + 1)]
    ended = Event()
    with ThreadPoolExecutor(WRITERS + 1) as threads:
        reading = threads.submit(tail, log_url, ended=ended)
        writing = [threads.submit(writer.run) for writer in writers]
        for done in writing:
            done.result()
        ended.set()
        seen = reading.result()

    acknowledged = sorted(p for writer in writers for p in writer.stored)
    assert sum(writer.conflicts for writer in writers) > WRITERS
    assert [r.position for r in seen] == [1, *acknowledged]
    assert acknowledged == list(range(2, len(seen) + 1))
    assert verify_chain(seen) is None
    assert [r.recorded_at for r in seen] == sorted(r.recorded_at for r in seen)


def test_versions_of_a_contended_stream_have_no_gaps(log_url: str) -> None:
    def compete(number: int) -> None:
        version = 0
        with opened(log_url, pool_size=1) as store:
            for turn in range(30):
                call = batch([(HOT, version)], first_id=number * 1_000 + turn)
                outcome = store.append(call)
                version += 1
                if not isinstance(outcome, Stored):
                    mine = [r for r in whole_log(store) if r.stream == HOT]
                    version = mine[-1].version + 1

    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(compete, n) for n in range(1, 5)]:
            done.result()

    versions: dict[StreamId, list[int]] = defaultdict(list)
    with opened(log_url) as store:
        for record in whole_log(store):
            versions[record.stream].append(record.version)
        assert versions[HOT] == list(range(len(versions[HOT])))
        assert len(versions[HOT]) >= 30


def test_reader_sees_nothing_that_is_not_committed(log_url: str) -> None:
    with opened(log_url) as writer, opened(log_url) as reader:
        stored(writer, batch([(ticket(1), 0)]))
        with writer.exclusive() as held:
            stored(held, batch([(ticket(2), 0)], first_id=2))
            assert [r.position for r in reader.read(after=0, limit=10)] == [1]
            assert reader.head().position == 1
        assert [r.position for r in reader.read(after=0, limit=10)] == [1, 2]
        assert [r.first for r in reader.receipts([command_id(2)])] == [2]

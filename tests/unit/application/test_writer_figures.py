"""What the writer's observer is told: batches, the time of a commit, and trouble."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from boxoffice.application import write_path
from boxoffice.application.ports.log import (
    Append,
    LogWriter,
    Repeated,
    Stale,
    Stored,
)
from boxoffice.application.requests import Accepted, Request
from boxoffice.application.write_path import WritePath
from boxoffice.domain.ids import BuyerId, HoldId
from boxoffice.domain.message import Meta
from boxoffice.errors import Unavailable, Unstorable
from boxoffice.infrastructure.memory.event_store import MemoryEventStore
from boxoffice.testing import NOON, hold_places, on_sale, store_facts

META = Meta(command="c", correlation="c", actor="buyer:a", venue="main")
APPEND_S, COMMIT_S = 2.0, 3.0


class Counting:
    """An observer that keeps what it is told."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.times_s: list[float] = []
        self.conflicts = 0
        self.halvings = 0
        self.time_s = 0.0
        """What the clock says that times are taken with."""

    def batch(self, *, commands: int, commit_s: float) -> None:
        self.sizes.append(commands)
        self.times_s.append(commit_s)

    def conflict(self) -> None:
        self.conflicts += 1

    def halving(self) -> None:
        self.halvings += 1


class Slow(MemoryEventStore):
    """A log whose append takes its time, and its COMMIT under the lock as well.

    While `is_contested`, somebody else always writes first, unless it is locked.
    """

    is_contested = False
    is_locked = False
    is_cut = False
    seen: Counting

    def append(self, batch: Append) -> Stored | Stale | Repeated:
        if self.is_contested and not self.is_locked:
            return Stale(tuple(batch.guards), head=self.head().position)
        self.seen.time_s += APPEND_S
        return super().append(batch)

    @contextmanager
    def exclusive(self) -> Iterator[LogWriter]:
        self.is_locked = True
        with super().exclusive():
            yield self
        self.is_locked = False
        assert [] == self.seen.sizes
        self.seen.time_s += COMMIT_S
        if self.is_cut:
            raise Unavailable


class Picky(MemoryEventStore):
    """A log that cannot store anything about one buyer."""

    def append(self, batch: Append) -> Stored | Stale | Repeated:
        if any(buyer(3).encode() in data for data in batch.event_datas):
            raise Unstorable
        return super().append(batch)


def buyer(number: int) -> BuyerId:
    return BuyerId(f"{number:032x}")


def hold(place: int, by: int) -> Request:
    command = hold_places(place, buyer=buyer(by), hold=HoldId(f"{by:032x}"))
    return Request(by.to_bytes(16, "big"), b"", command, META)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Counting:
    seen = Counting()
    monkeypatch.setattr(write_path, "perf_counter", lambda: seen.time_s)
    return seen


@pytest.fixture
def store(seen: Counting) -> Slow:
    store = Slow(now=lambda: NOON)
    store.seen = seen
    store_facts(store, on_sale())
    return store


def test_every_append_is_counted_with_its_commands_and_its_time(
    store: Slow, seen: Counting
) -> None:
    path = WritePath(store, families_max=4, observer=seen)
    path.step([hold(1, by=1), hold(1, by=2), hold(2, by=3)])
    path.step([hold(3, by=4)])
    assert [3, 1] == seen.sizes
    assert [APPEND_S, APPEND_S] == seen.times_s
    assert (0, 0) == (seen.conflicts, seen.halvings)


def test_a_batch_under_the_lock_is_counted_after_its_commit_with_its_time(
    store: Slow, seen: Counting
) -> None:
    store.is_contested = True
    path = WritePath(store, families_max=4, observer=seen)
    answers = path.step([hold(1, by=1), hold(2, by=2)])
    assert all(isinstance(answer, Accepted) for answer in answers.values())
    assert 2 == seen.conflicts
    assert [2] == seen.sizes
    assert [APPEND_S + COMMIT_S] == seen.times_s


def test_a_batch_whose_commit_failed_is_not_counted(
    store: Slow, seen: Counting
) -> None:
    store.is_contested = store.is_cut = True
    (answer,) = (
        WritePath(store, families_max=4, observer=seen).step([hold(1, by=1)]).values()
    )
    assert isinstance(answer, Unavailable)
    assert [] == seen.sizes


def test_every_split_of_a_batch_is_a_halving(seen: Counting) -> None:
    store = Picky(now=lambda: NOON)
    store_facts(store, on_sale())
    path = WritePath(store, families_max=4, observer=seen)
    path.step([hold(number, by=number) for number in range(1, 9)])
    assert 3 == seen.halvings
    assert [2, 1, 4] == seen.sizes
    path.step([hold(9, by=3)])
    assert 3 == seen.halvings

"""The log in memory: the twin of the durable stores, for tests and simulations.

One lock guards everything, as the append lock guards a database's log: while an
`exclusive` block runs, reads and appends of other threads wait, and give up with
`Unavailable` after `lock_timeout_s`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import chain as joined
from threading import Condition, RLock
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from boxoffice.application import chain
from boxoffice.application.forgetting import command_of_a_person
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
from boxoffice.domain.ids import FAMILY_BYTES, Family, StreamId
from boxoffice.errors import Unavailable
from boxoffice.infrastructure.append_rules import check_shape
from boxoffice.infrastructure.memory.recorder import MemoryRecorder

LOCK_TIMEOUT_S = 1.0


class MemoryEventStore:
    """An EventStore that lives and dies with its process."""

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        log_name: str = "main",
        lock_timeout_s: float = LOCK_TIMEOUT_S,
    ) -> None:
        self.recorder = MemoryRecorder(self.append)
        self._clock = now
        self._log_name = log_name
        self._lock_timeout_s = lock_timeout_s
        self._lock = RLock()
        self._grown = Condition(self._lock)
        self._epoch = 1
        self._records: list[LogRecord] = []
        self._by_family: dict[bytes, list[LogRecord]] = {}
        self._versions: dict[StreamId, int] = {}
        self._receipts: dict[bytes, Receipt] = {}

    def append(self, batch: Append) -> Stored | Stale | Repeated:
        with self._locked():
            refusal = self._repeated(batch) or self._stale(batch)
            if refusal is not None:
                return refusal
            check_shape(batch)
            return self._store(batch)

    def families(self, families: Sequence[Family]) -> list[LogRecord]:
        with self._locked():
            found = (self._by_family.get(family, []) for family in set(families))
            records = list(joined.from_iterable(found))
        return sorted(records, key=lambda record: record.position)

    def read(self, *, after: int, limit: int) -> list[LogRecord]:
        with self._locked():
            return self._records[after : after + limit]

    def tagged(
        self, tags: Collection[str], *, after: int, upto: int
    ) -> list[LogRecord]:
        with self._locked():
            return [r for r in self._records[after:upto] if r.tag in tags]

    def receipts(self, command_ids: Sequence[bytes]) -> list[Receipt]:
        with self._locked():
            return [self._receipts[i] for i in command_ids if i in self._receipts]

    @contextmanager
    def exclusive(self) -> Iterator[LogWriter]:
        with self._locked():
            length = len(self._records)
            try:
                yield self
            except BaseException:
                self._cut(length)
                raise

    def head(self) -> Head:
        with self._locked():
            return Head(self._log_name, self._epoch, len(self._records), self._link())

    def last_receipt(self) -> Receipt | None:
        with self._locked():
            return max(self._receipts.values(), key=lambda r: r.last, default=None)

    def forget_receipts(self, *, after: int, before: datetime, limit: int) -> Forgotten:
        with self._locked():
            page = self._records[after : after + limit]
            old = [record for record in page if record.recorded_at < before]
            reached = old[-1].position if old else after
            ids = {command_of_a_person(record.meta) for record in old}
            known = (self._receipts[i] for i in ids if i in self._receipts)
            gone = [r.command_id for r in known if r.last <= reached]
            for command_id in gone:
                del self._receipts[command_id]
        return Forgotten(reached, len(gone))

    def now(self) -> datetime:
        return self._clock()

    def wait(self, *, after: int, timeout_s: float) -> bool:
        with self._locked():
            return self._grown.wait_for(lambda: len(self._records) > after, timeout_s)

    def new_epoch(self) -> int:
        with self._locked():
            self._epoch += 1
            return self._epoch

    def ping(self) -> None:
        """Memory always answers."""

    def close(self) -> None:
        """There is nothing to give back."""

    @contextmanager
    def _locked(self) -> Iterator[None]:
        if not self._lock.acquire(timeout=self._lock_timeout_s):
            raise Unavailable("The log is held by somebody else.")
        try:
            yield
        finally:
            self._lock.release()

    def _link(self) -> bytes:
        return self._records[-1].hash if self._records else chain.GENESIS

    def _repeated(self, batch: Append) -> Repeated | None:
        asked = [*batch.command_ids, *batch.asked_ids]
        known = tuple(i for i in asked if i in self._receipts)
        return Repeated(known, len(self._records)) if known else None

    def _stale(self, batch: Append) -> Stale | None:
        moved = tuple(
            stream
            for stream, version in batch.guards.items()
            if self._versions.get(stream, -1) != version
        )
        return Stale(moved, len(self._records)) if moved else None

    def _store(self, batch: Append) -> Stored:
        first = len(self._records) + 1
        at = self._clock()
        if self._records:
            at = max(at, self._records[-1].recorded_at)
        added = chain.chained(batch, first=first, at=at, previous=self._link())
        self.recorder.record([_stored_event(record) for record in added])
        for record in added:
            self._add(record)
        self._give_receipts(batch, first)
        self._grown.notify_all()
        return Stored(first, len(self._records), at)

    def _add(self, record: LogRecord) -> None:
        self._records.append(record)
        family = record.stream[:FAMILY_BYTES]
        self._by_family.setdefault(family, []).append(record)
        self._versions[record.stream] = record.version

    def _give_receipts(self, batch: Append, first: int) -> None:
        spans: dict[int, tuple[int, int]] = {}
        for position, command in enumerate(batch.event_commands, first):
            spans[command] = (spans.get(command, (position, position))[0], position)
        for command, span in spans.items():
            command_id = batch.command_ids[command]
            request_hash = batch.request_hashes[command]
            receipt = Receipt(command_id, request_hash, batch.renderer, *span)
            self._receipts[command_id] = receipt

    def _cut(self, length: int) -> None:
        self.recorder.cut(length)
        for record in reversed(self._records[length:]):
            self._by_family[record.stream[:FAMILY_BYTES]].pop()
            self._versions[record.stream] = record.version - 1
        del self._records[length:]
        kept = {i: r for i, r in self._receipts.items() if r.last <= length}
        self._receipts = kept


def _stored_event(record: LogRecord) -> StoredEvent:
    originator = UUID(bytes=record.stream)
    return StoredEvent(originator, record.version, record.tag, record.data)

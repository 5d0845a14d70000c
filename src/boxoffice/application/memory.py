"""States of streams as this process knows them: speed, never truth.

Whole families are loaded, so a stream that is absent from a loaded family is known
not to exist. Everything decided here is checked against the log by version when it
is appended; `catch_up` folds what other processes wrote meanwhile.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

from boxoffice.application.codec import decode
from boxoffice.application.ports.log import LogReader, LogRecord
from boxoffice.application.routing import AGGREGATE_OF
from boxoffice.domain.decider import Aggregate
from boxoffice.domain.ids import FAMILY_BYTES, Family, StreamId
from boxoffice.domain.message import Event

NO_STREAM = -1
CATCH_UP_PAGE = 5_000
UNSEEN_MAX = 20_000
"""Foreign events that are folded one by one; more and the memory starts anew."""

Entry = tuple[int, Any]
"""Version and state of a stream."""


class Memory:
    """Loaded families. Not thread-safe: it belongs to the one writer."""

    def __init__(self, *, families_max: int, seen: int) -> None:
        self._families: OrderedDict[Family, dict[StreamId, Entry]] = OrderedDict()
        self._families_max = families_max
        self._seen = seen

    def load(self, log: LogReader, families: Iterable[Family]) -> None:
        """Load the families that are not known yet, in one read."""
        wanted = set(families)
        missing = [f for f in wanted if f not in self._families]
        for known in wanted.difference(missing):
            self._families.move_to_end(known)
        if not missing:
            return
        for name in missing:
            self._families[name] = {}
        for record in log.families(missing):
            self._fold(record)
        self._forget_oldest(len(wanted))

    def _forget_oldest(self, needed: int) -> None:
        while len(self._families) > max(self._families_max, needed):
            self._families.popitem(last=False)

    def entry(self, stream: StreamId) -> Entry | None:
        """Give version and state; None when the stream is not known to exist.

        A stream of a family that was not loaded is taken to be new; if it is not,
        its guard says so.
        """
        family = self._families.get(Family(stream[:FAMILY_BYTES]))
        return family.get(stream) if family else None

    def keep(self, entries: dict[StreamId, Entry]) -> None:
        """Take over what the log accepted."""
        for stream, entry in entries.items():
            family = self._families.get(Family(stream[:FAMILY_BYTES]))
            if family is not None:
                family[stream] = entry

    def accepted(self, *, first: int, head: int) -> None:
        """Note our own append, and start anew when very much went unseen."""
        if first == self._seen + 1:
            self._seen = head
        self._bound(head)

    def catch_up(self, log: LogReader, *, head: int) -> None:
        """Fold everything written since we last looked; the log ends at `head`."""
        self._bound(head)
        while page := log.read(after=self._seen, limit=CATCH_UP_PAGE):
            for record in page:
                if record.stream[:FAMILY_BYTES] in self._families:
                    self._fold(record)
            self._seen = page[-1].position

    def missing(self, streams: Iterable[StreamId]) -> set[Family]:
        """Name the families of streams that are not in memory."""
        named = {Family(stream[:FAMILY_BYTES]) for stream in streams}
        return named.difference(self._families)

    def forget_all(self) -> None:
        """Forget every family; they are loaded again when needed."""
        self._families.clear()

    def _bound(self, head: int) -> None:
        if head - self._seen > UNSEEN_MAX:
            self._families.clear()
            self._seen = head

    def _fold(self, record: LogRecord) -> None:
        family = self._families[Family(record.stream[:FAMILY_BYTES])]
        entry = family.get(record.stream)
        if record.version != (entry[0] + 1 if entry else 0):
            return
        event = decode(record.tag, record.data, position=record.position)
        family[record.stream] = evolved(entry, event)


def evolved(entry: Entry | None, event: Event) -> Entry:
    """Fold one event into a stream's entry."""
    aggregate = AGGREGATE_OF[type(event)]
    if entry is None:
        return 0, aggregate.evolve(aggregate.initial(), event)
    return entry[0] + 1, aggregate.evolve(entry[1], event)


class Overlay:
    """A `View` of memory with the decisions of the batch on top.

    Collects guards: for every stream read or written, the version it had before
    the batch. Becomes memory only when the log accepted the batch.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self.entries: dict[StreamId, Entry] = {}
        self.guards: dict[StreamId, int] = {}

    def entry(self, stream: StreamId) -> Entry | None:
        """Give version and state as the batch sees them, and guard the stream."""
        found = self.entries.get(stream)
        if found is not None:
            return found
        found = self._memory.entry(stream)
        self.guards.setdefault(stream, found[0] if found else NO_STREAM)
        return found

    def state(self, stream_id: StreamId, aggregate: Aggregate) -> Any:
        """Give the state that the next decision sees."""
        found = self.entry(stream_id)
        return found[1] if found else aggregate.initial()

    def apply(self, decision: Iterable[tuple[StreamId, Event]]) -> list[int]:
        """Fold a decision; give the version of each event. All of it or nothing."""
        folded: dict[StreamId, Entry] = {}
        versions = []
        for stream, event in decision:
            entry = evolved(folded.get(stream) or self.entry(stream), event)
            folded[stream] = entry
            versions.append(entry[0])
        self.entries.update(folded)
        return versions

"""States of streams as this process knows them: speed, never truth.

Whole families are loaded, so a stream that is absent from a loaded family is known
not to exist. Everything decided here is checked against the log by version when it
is appended; `catch_up` folds what other processes wrote meanwhile.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

from boxoffice.application.codec import decode
from boxoffice.application.ports.log import LogReader, LogRecord
from boxoffice.application.routing import AGGREGATE_OF
from boxoffice.domain.catalogue.state import Performance, Production, SeatingPlan
from boxoffice.domain.decider import Aggregate
from boxoffice.domain.ids import (
    FAMILY_BYTES,
    PAYMENT_ORDINAL,
    Family,
    StreamId,
    stream,
)
from boxoffice.domain.message import Event
from boxoffice.domain.orders.state import Order
from boxoffice.domain.payments.state import Payment

NO_STREAM = -1
CATCH_UP_PAGE = 5_000
UNSEEN_MAX = 20_000
"""Foreign events that are folded one by one; more and the memory starts anew."""

Entry = tuple[int, Any]
"""Version and state of a stream."""
_Families = OrderedDict[Family, dict[StreamId, Entry]]


HOUSES = (Performance, Production, SeatingPlan)
"""What the first stream of a house is; every other family is small and short-lived."""
ORDERS = (Order, Payment)


class Memory:
    """Loaded families. Not thread-safe: it belongs to the one writer.

    Houses are large and few, orders and promotions small and many; each kind has its
    own bound, so that no number of orders pushes a house out. A family that holds
    nothing yet counts as small: asking for what does not exist costs no house either.
    """

    def __init__(self, *, families_max: int, orders_max: int, seen: int) -> None:
        self._houses: _Families = OrderedDict()
        self._small: _Families = OrderedDict()
        self._houses_max = families_max
        self._small_max = orders_max
        self._seen = seen
        self.newest = 0
        """The last position that was folded of any family."""

    def load(self, log: LogReader, families: Iterable[Family]) -> None:
        """Load the families that are not known yet, in one read."""
        wanted = set(families)
        missing = []
        for name in wanted:
            if name in self._houses:
                self._houses.move_to_end(name)
            elif name in self._small:
                self._small.move_to_end(name)
            else:
                missing.append(name)
        if not missing:
            return
        self._read(missing, log.families(missing))
        _forget_oldest(self._houses, max(self._houses_max, len(wanted)))
        _forget_oldest(self._small, max(self._small_max, len(wanted)))

    def _read(self, missing: list[Family], records: Iterable[LogRecord]) -> None:
        """Fold families as a whole; one that was read in part is not known."""
        for name in missing:
            self._small[name] = {}
        try:
            for record in records:
                self._fold(record)
        except BaseException:
            for name in missing:
                self._houses.pop(name, None)
                self._small.pop(name, None)
            raise

    def _family(self, of: StreamId) -> dict[StreamId, Entry] | None:
        name = Family(of[:FAMILY_BYTES])
        family = self._houses.get(name)
        return family if family is not None else self._small.get(name)

    def entry(self, stream: StreamId) -> Entry | None:
        """Give version and state; None when the stream is not known to exist.

        A stream of a family that was not loaded is taken to be new; if it is not,
        its guard says so.
        """
        family = self._family(stream)
        return family.get(stream) if family else None

    def keep(
        self, entries: dict[StreamId, Entry], guards: Mapping[StreamId, int]
    ) -> None:
        """Take over what the log accepted under these guards.

        An order that was proven new is known as a whole from here on, without a read.
        """
        for where, entry in entries.items():
            family = self._houses.get(Family(where[:FAMILY_BYTES]))
            if family is not None:
                family[where] = entry
            else:
                self._keep_small(where, entry, guards)
        _forget_oldest(self._houses, self._houses_max)
        _forget_oldest(self._small, self._small_max)

    def _keep_small(
        self, where: StreamId, entry: Entry, guards: Mapping[StreamId, int]
    ) -> None:
        name = Family(where[:FAMILY_BYTES])
        if name not in self._small:
            if not (isinstance(entry[1], ORDERS) and _proven_new(name, guards)):
                return
            self._small[name] = {}
        self._small[name][where] = entry
        self._sort(name, entry)

    def _sort(self, name: Family, entry: Entry) -> None:
        """Move what turns out to be a house to the houses."""
        if isinstance(entry[1], HOUSES) and name in self._small:
            self._houses[name] = self._small.pop(name)

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
                if self._family(record.stream) is not None:
                    self._fold(record)
            self._seen = page[-1].position

    def missing(self, streams: Iterable[StreamId]) -> set[Family]:
        """Name the families of streams that are not in memory."""
        named = {Family(stream[:FAMILY_BYTES]) for stream in streams}
        return named.difference(self._houses).difference(self._small)

    def forget_all(self) -> None:
        """Forget every family; they are loaded again when needed."""
        self._houses.clear()
        self._small.clear()

    def _bound(self, head: int) -> None:
        if head - self._seen > UNSEEN_MAX:
            self.forget_all()
            self._seen = head

    def _fold(self, record: LogRecord) -> None:
        family = self._family(record.stream)
        if family is None:
            return
        entry = family.get(record.stream)
        if record.version != (entry[0] + 1 if entry else 0):
            return
        self.newest = max(self.newest, record.position)
        event = decode(record.tag, record.data, position=record.position)
        family[record.stream] = entry = evolved(entry, event)
        self._sort(Family(record.stream[:FAMILY_BYTES]), entry)


def _forget_oldest(families: _Families, most: int) -> None:
    while len(families) > most:
        families.popitem(last=False)


def _proven_new(order: Family, guards: Mapping[StreamId, int]) -> bool:
    """Tell whether neither an order nor its payment existed: there is nothing else."""
    both = (stream(order), stream(order, PAYMENT_ORDINAL))
    return all(guards.get(one) == NO_STREAM for one in both)


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
        for where, event in decision:
            entry = evolved(folded.get(where) or self.entry(where), event)
            folded[where] = entry
            versions.append(entry[0])
        self.entries.update(folded)
        return versions

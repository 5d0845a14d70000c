"""What one command told, gathered before it is judged.

A hold is told on every place, on its buyer's stream and in its order, within one
append; only the whole of a command can be right or wrong. The order in which it tells
its facts does not matter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import msgspec

from boxoffice.application.ports.log import LogRecord
from boxoffice.domain.ids import FAMILY_BYTES, PLACE_ORDINAL_MAX, StreamId
from boxoffice.domain.inventory.events import HeldPlace
from boxoffice.domain.message import Event
from boxoffice.domain.money import Money

E = TypeVar("E", bound=Event)
E_co = TypeVar("E_co", bound=Event, covariant=True)


class Told(msgspec.Struct, Generic[E_co], frozen=True, gc=False):
    """An event of a command, with where it stands."""

    position: int
    stream: StreamId
    event: E_co


class Deed:
    """The events of one command, by their kinds."""

    def __init__(self, meta: bytes, at: datetime) -> None:
        self.meta = meta
        self.at = at
        self._told: defaultdict[type, list[Told[Any]]] = defaultdict(list)

    def note(self, record: LogRecord, event: Event | None) -> None:
        """Take an event in."""
        if event is not None:
            told = Told(record.position, record.stream, event)
            self._told[type(event)].append(told)

    def of(self, kind: type[E]) -> list[Told[E]]:
        """Give the events of a kind, in order."""
        return self._told.get(kind, [])

    def find(self, kind: type[E], **fields: object) -> E | None:
        """Give the first event of a kind that says this, if any does."""
        for told in self.of(kind):
            if all(getattr(told.event, name) == fields[name] for name in fields):
                return told.event
        return None

    def concerns(self, order: str) -> bool:
        """Tell whether the command told anything of an order itself."""
        return any(
            getattr(told.event, "order", None) == order
            for kind, several in self._told.items()
            if kind.__module__.endswith("orders.events")
            for told in several
        )


class Deeds:
    """Puts records together to commands: a deed is judged when the next one begins."""

    def __init__(self, judge: Callable[[Deed], None]) -> None:
        self._judge = judge
        self._deed: Deed | None = None

    def read(self, record: LogRecord, event: Event | None) -> None:
        """Take a record in."""
        deed = self._deed
        at = record.recorded_at
        if deed is None or record.meta != deed.meta or at != deed.at:
            self.end()
            deed = self._deed = Deed(record.meta, at)
        deed.note(record, event)

    def end(self) -> None:
        """Judge the command that was read last."""
        deed, self._deed = self._deed, None
        if deed is not None:
            self._judge(deed)


class Hold(msgspec.Struct):
    """A hold as it stands: its buyer, its places with their prices, its order if any.

    `standing` are the places that it still has.
    """

    family: bytes
    buyer: str
    until: datetime
    cap: datetime
    lines: dict[StreamId, Money]
    standing: set[StreamId] = msgspec.field(default_factory=set)
    order: str | None = None


def lines_of(family: bytes, places: tuple[HeldPlace, ...]) -> dict[StreamId, Money]:
    """Give the prices of places by their streams, where they have one."""
    return {
        StreamId(family + place.ordinal.to_bytes(4, "big")): place.price
        for place in places
        if 0 < place.ordinal <= PLACE_ORDINAL_MAX
    }


def family_of(told: Told[Event]) -> bytes:
    """Give the family of the stream that an event stands on."""
    return told.stream[:FAMILY_BYTES]


def moment(written: datetime) -> datetime:
    """Give an instant that can be compared, whatever was written."""
    return written if written.tzinfo else written.replace(tzinfo=UTC)

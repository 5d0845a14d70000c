"""The log: what is stored, read and appended, all or nothing.

Ports are narrow Protocols, one module for each thing the application needs of the
world. Every port has an in-memory twin that ships with the library, and one contract
suite that every implementation passes. The write side is synchronous, the edges are
asynchronous; no port is both.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

import msgspec

from boxoffice.domain.ids import Family, StreamId


class LogRecord(msgspec.Struct, frozen=True):
    """An event as it lies in the log.

    `position` counts from 1 without gaps in commit order, `version` from 0 within
    the stream. `data` is the event's JSON, `meta` the JSON of who caused it, `hash`
    its SHA-256 in the chain (see chain.py). `recorded_at` never decreases.
    """

    position: int
    stream: StreamId
    version: int
    tag: str
    data: bytes
    meta: bytes
    recorded_at: datetime
    hash: bytes


class Head(msgspec.Struct, frozen=True):
    """The end of the log. An empty log has position 0 and 32 zero bytes of hash."""

    log: str
    epoch: int
    position: int
    hash: bytes


class Append(msgspec.Struct):
    """One call to append, in columns; all of it is stored or nothing.

    Receipts: one id and request hash per command that has events. `event_commands`
    says by index which command an event belongs to; events of one command are
    neighbours. `asked_ids` are commands that were refused or decided nothing: they
    store nothing, but a receipt under one of these ids must be found.
    Guards: every stream that a command read or writes, once, with the version it
    was decided on (-1: the stream did not exist).
    """

    command_ids: list[bytes] = msgspec.field(default_factory=list)
    request_hashes: list[bytes] = msgspec.field(default_factory=list)
    asked_ids: list[bytes] = msgspec.field(default_factory=list)
    guards: dict[StreamId, int] = msgspec.field(default_factory=dict)
    event_commands: list[int] = msgspec.field(default_factory=list)
    event_streams: list[StreamId] = msgspec.field(default_factory=list)
    event_versions: list[int] = msgspec.field(default_factory=list)
    event_tags: list[str] = msgspec.field(default_factory=list)
    event_datas: list[bytes] = msgspec.field(default_factory=list)
    event_metas: list[bytes] = msgspec.field(default_factory=list)
    renderer: int = 1


class Stored(msgspec.Struct, frozen=True):
    """Everything was stored at positions `first` .. `head`, at one instant.

    With no events in the call nothing is stored and `first` is `head` + 1.
    """

    first: int
    head: int
    recorded_at: datetime


class Stale(msgspec.Struct, frozen=True):
    """Nothing was stored: these streams have moved on. Decide everything again."""

    streams: tuple[StreamId, ...]
    head: int


class Repeated(msgspec.Struct, frozen=True):
    """Nothing was stored: these commands have receipts. Receipts win over guards."""

    command_ids: tuple[bytes, ...]
    head: int


class Receipt(msgspec.Struct, frozen=True):
    """Proof that a command was done, and where its events are."""

    command_id: bytes
    request_hash: bytes
    renderer: int
    first: int
    last: int


class Forgotten(msgspec.Struct, frozen=True):
    """One page of forgetting: events up to `reached` were looked at, so many went.

    `reached` is the position asked from when nothing above it is old enough.
    """

    reached: int
    receipts: int


class LogReader(Protocol):
    """Reading the log."""

    def families(self, families: Sequence[Family]) -> list[LogRecord]:
        """Give all events of whole families, in order of position."""

    def read(self, *, after: int, limit: int) -> list[LogRecord]:
        """Give at most `limit` events above position `after`, in order."""


class TaggedReader(LogReader, Protocol):
    """Reading the log, or only what is of some kinds."""

    def tagged(
        self, tags: Collection[str], *, after: int, upto: int
    ) -> list[LogRecord]:
        """Give the events with these tags above `after` up to `upto`, in order.

        Looks at all events between, but brings no others: a caller bounds the span.
        """


class LogWriter(LogReader, Protocol):
    """Reading and appending, as far as a decision needs it."""

    def append(self, batch: Append) -> Stored | Stale | Repeated:
        """Store all events and receipts of the call, or nothing.

        Raises:
            Unavailable: nothing was stored; try later.
            OutcomeUnknown: the connection broke; `receipts` will tell.
            Unstorable: the data of at least one command cannot be stored.
        """

    def receipts(self, command_ids: Sequence[bytes]) -> list[Receipt]:
        """Look receipts up, after every append that is still under way has ended."""


class EventStore(LogWriter, TaggedReader, Protocol):
    """The log. Calls may come from several threads."""

    def exclusive(self) -> AbstractContextManager[LogWriter]:
        """Hold the append lock: what is read inside cannot change before `append`.

        The append inside becomes durable when the block ends without an error.
        """

    def head(self) -> Head:
        """Give the end of the log, with its epoch."""

    def last_receipt(self) -> Receipt | None:
        """Give the receipt that reaches furthest; it may look at all of them."""

    def forget_receipts(self, *, after: int, before: datetime, limit: int) -> Forgotten:
        """Delete receipts of people's commands recorded before a time, one page.

        Looks at no more than `limit` events above the position `after`. Whose receipt
        is gone counts as new: never do it before a caller has given up asking again;
        a store may refuse to (see migrations).
        Receipts of processes stay.
        """

    def now(self) -> datetime:
        """Give the time of the log's database (UTC)."""

    def wait(self, *, after: int, timeout_s: float) -> bool:
        """Block until the log is longer than `after`; False when time ran out."""

    def new_epoch(self) -> int:
        """Declare that history was set back (a restore); give the new epoch."""

    def ping(self) -> None:
        """Raise Unavailable unless the log answers."""

    def close(self) -> None:
        """Give back every connection."""

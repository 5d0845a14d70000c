"""Builders for the contract suites of the log's ports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from boxoffice.application.ports.checkpoints import Checkpoints
from boxoffice.application.ports.log import (
    Append,
    EventStore,
    LogWriter,
    Receipt,
    Stored,
)
from boxoffice.application.ports.staff import StaffTokens
from boxoffice.domain.ids import Family, StreamId, stream

HOUSE = Family(bytes(11) + b"\x07")
ELSEWHERE = Family(bytes(11) + b"\x08")


class Log(NamedTuple):
    """One log; every call to `open` gives a store as another process has it."""

    open: Callable[[], EventStore]
    checkpoints: Callable[[], Checkpoints]
    staff_tokens: Callable[[], StaffTokens]


def ticket(ordinal: int, house: Family = HOUSE) -> StreamId:
    return stream(house, ordinal)


def command_id(number: int) -> bytes:
    return number.to_bytes(16, "big")


def batch(
    *commands: Sequence[tuple[StreamId, int]],
    first_id: int = 1,
    tag: str = "ticket-held.v1",
    data: bytes = b"{}",
) -> Append:
    """Build a call: each command is a list of (stream, version) that it writes."""
    call = Append()
    for number, events in enumerate(commands):
        call.command_ids.append(command_id(first_id + number))
        call.request_hashes.append(b"hash of %d" % (first_id + number))
        for of, version in events:
            call.guards.setdefault(of, version - 1)
            call.event_commands.append(number)
            call.event_streams.append(of)
            call.event_versions.append(version)
            call.event_tags.append(tag)
            call.event_datas.append(data)
            call.event_metas.append(b'{"actor":"staff:ana"}')
    return call


def stored(store: LogWriter, call: Append) -> Stored:
    """Append what cannot be refused."""
    outcome = store.append(call)
    assert isinstance(outcome, Stored), outcome
    return outcome


def receipt(number: int, first: int, last: int) -> Receipt:
    return Receipt(command_id(number), b"hash of %d" % number, 1, first, last)

"""One call to append, as the arguments of the database's function and back.

The function names an event's stream by its place among the guards, so an unguarded
write cannot even be said; the guards of streams that begin in this call stand first.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from struct import Struct

from psycopg.abc import Buffer

from boxoffice.application.chain import instant
from boxoffice.application.ports.log import Append, Repeated, Stale, Stored
from boxoffice.domain.ids import StreamId
from boxoffice.errors import Unstorable
from boxoffice.infrastructure.postgres.arrays import (
    Byteas,
    Int4s,
    Int8s,
    Texts,
    Uuids,
    byteas,
    int4s,
    int8s,
    texts,
    uuids,
)

_SMALLINT, _INTEGER = 21, 23
_smallint = Struct(">h").pack
_integer = Struct(">i").pack
_bigint = Struct(">q").unpack
_UUID_ELEMENT = Struct(">i16s")
_ARRAY_HEAD_BYTES = 20


TYPES = (
    Uuids.oid,
    Byteas.oid,
    Int4s.oid,
    _SMALLINT,
    Uuids.oid,
    Uuids.oid,
    Int8s.oid,
    _INTEGER,
    Int4s.oid,
    Int4s.oid,
    Int8s.oid,
    Texts.oid,
    Byteas.oid,
    Byteas.oid,
)
"""Of the function's parameters, in their order."""


def arguments(batch: Append) -> tuple[Buffer, ...]:
    """Pack a call.

    Raises:
        Unstorable: it cannot be said in the function's terms.
    """
    guards = batch.guards
    written = set(batch.event_streams)
    new = [s for s, version in guards.items() if version == -1 and s in written]
    begun = set(new)
    streams = new + [s for s in guards if s not in begun]
    places = {stream: place for place, stream in enumerate(streams, 1)}
    try:
        event_guards = [places[stream] for stream in batch.event_streams]
    except KeyError as error:
        raise Unstorable("A stream is written but not guarded.") from error
    return (
        uuids(batch.command_ids).payload,
        byteas(batch.request_hashes).payload,
        int4s(_lasts(batch)).payload,
        _smallint(batch.renderer),
        uuids(batch.asked_ids).payload,
        uuids(streams).payload,
        int8s([guards[stream] for stream in streams]).payload,
        _integer(len(new)),
        int4s(event_guards).payload,
        int4s(_before(batch.event_streams)).payload,
        int8s(batch.event_versions).payload,
        texts(batch.event_tags).payload,
        byteas(batch.event_datas).payload,
        byteas(batch.event_metas).payload,
    )


def _before(streams: Sequence[StreamId]) -> list[int]:
    """Give the place of the event before each in its stream, 0 for none.

    Nothing at all when no stream has two events.
    """
    if len(set(streams)) == len(streams):
        return []
    latest: dict[StreamId, int] = {}
    before = []
    for place, stream in enumerate(streams, 1):
        before.append(latest.get(stream, 0))
        latest[stream] = place
    return before


def _lasts(batch: Append) -> list[int]:
    """Give the place of every command's last event."""
    commands, number = batch.event_commands, len(batch.command_ids)
    if len(commands) == number and commands == list(range(number)):
        return list(range(1, number + 1))
    lasts: list[int] = []
    place = 0
    for command, events in groupby(commands):
        if command != len(lasts):
            break
        place += len(list(events))
        lasts.append(place)
    if place != len(commands) or len(lasts) != number:
        raise Unstorable("Commands and their events do not stand in one order.")
    return lasts


def outcome(row: Sequence[bytes | None], *, events: int) -> Stored | Stale | Repeated:
    """Read the function's answer."""
    word, packed_head, recorded_at, culprits = row
    assert packed_head is not None
    assert recorded_at is not None
    (head,) = _bigint(packed_head)
    if word == b"stored":
        (microseconds,) = _bigint(recorded_at)
        return Stored(head - events + 1, head, instant(microseconds))
    assert culprits is not None
    elements = _UUID_ELEMENT.iter_unpack(culprits[_ARRAY_HEAD_BYTES:])
    named = tuple(element for _, element in elements)
    if word == b"repeated":
        return Repeated(named, head)
    assert word == b"stale"
    return Stale(tuple(map(StreamId, named)), head)

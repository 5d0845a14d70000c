"""The eventsourcing library's stored events, as calls to our append.

The library's records carry no command, no guard and no origin. Each call becomes
one command of its own: guarded by the versions that the records imply, with an id
derived from what is stored, and with an empty object where the origin would stand.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from uuid import UUID

from eventsourcing.persistence import IntegrityError, StoredEvent

from boxoffice.application.ports.log import Append, Repeated, Stale, Stored
from boxoffice.domain.ids import StreamId

NO_ORIGIN = b"{}"


def append_of(stored_events: Sequence[StoredEvent]) -> Append:
    """Turn one `insert_events` of the library into one call to append."""
    digest = hashlib.sha256()
    batch = Append()
    for event in stored_events:
        stream = stream_of(event.originator_id)
        batch.guards.setdefault(stream, event.originator_version - 1)
        batch.event_commands.append(0)
        batch.event_streams.append(stream)
        batch.event_versions.append(event.originator_version)
        batch.event_tags.append(event.topic)
        batch.event_datas.append(event.state)
        batch.event_metas.append(NO_ORIGIN)
        digest.update(b"%s %d " % (stream, event.originator_version))
    batch.command_ids.append(digest.digest()[:16])
    batch.request_hashes.append(digest.digest())
    return batch


def stream_of(originator_id: UUID | str) -> StreamId:
    """Give the stream that the library's originator is stored in."""
    if not isinstance(originator_id, UUID):
        raise TypeError("Originators are UUIDs: a stream id has 16 bytes.")
    return StreamId(originator_id.bytes)


def positions_of(outcome: Stored | Stale | Repeated) -> list[int]:
    """Give the library's notification ids.

    Raises:
        IntegrityError: the library's word for a conflict.
    """
    if not isinstance(outcome, Stored):
        raise IntegrityError("Stored event already recorded.")
    return list(range(outcome.first, outcome.head + 1))

"""The eventsourcing library's in-memory recorder, as the table of our memory log.

`insert_events`, the library's way in, goes through the log's append; `record` is
the log's own way to the table. The uniqueness of (stream, version) and the library's
subscriptions are the library's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from eventsourcing.persistence import StoredEvent
from eventsourcing.popo import POPOApplicationRecorder

from boxoffice.application.ports.log import Append, Repeated, Stale, Stored
from boxoffice.infrastructure.recording import append_of, positions_of


class MemoryRecorder(POPOApplicationRecorder):
    """A recorder of the library whose inserts are appends to the log."""

    def __init__(self, append: Callable[[Append], Stored | Stale | Repeated]) -> None:
        super().__init__()
        self._append = append

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **_: Any
    ) -> Sequence[int] | None:
        if not stored_events:
            return []
        return positions_of(self._append(append_of(stored_events)))

    def record(self, stored_events: Sequence[StoredEvent]) -> None:
        """Write rows that append has checked, and wake subscriptions."""
        super().insert_events(stored_events)

    def cut(self, length: int) -> None:
        """Forget every row after the first `length`: a block was rolled back."""
        for event in self._stored_events[length:]:
            versions = self._stored_events_index[str(event.originator_id)]
            del versions[event.originator_version]
        del self._stored_events[length:]

"""The eventsourcing library's Postgres recorder, on our log.

Reading is the library's own code over the view `boxoffice.log_notifications`; writing
goes through our append. The library's database functions and its DDL are not used.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder

from boxoffice.infrastructure.postgres.event_store import PostgresEventStore
from boxoffice.infrastructure.recording import append_of, positions_of

VIEW = "log_notifications"


class PostgresRecorder(PostgresApplicationRecorder):
    """A recorder of the library whose inserts are appends to the log."""

    def __init__(self, store: PostgresEventStore) -> None:
        super().__init__(store.datastore, events_table_name=VIEW)
        self._store = store

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **_: Any
    ) -> Sequence[int] | None:
        if not stored_events:
            return []
        return positions_of(self._store.append(append_of(stored_events)))

    def create_table(self) -> None:
        """The schema is the migrations' business."""

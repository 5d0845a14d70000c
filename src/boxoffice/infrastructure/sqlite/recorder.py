"""The eventsourcing library's SQLite recorder, on our log.

Reading is the library's own code over the view `log_notifications`, through a
datastore of its own; writing goes through our append.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore

from boxoffice.infrastructure.recording import append_of, positions_of
from boxoffice.infrastructure.sqlite.event_store import SqliteEventStore

VIEW = "log_notifications"


class SqliteRecorder(SQLiteApplicationRecorder):
    """A recorder of the library whose inserts are appends to the log."""

    def __init__(self, store: SqliteEventStore, datastore: SQLiteDatastore) -> None:
        super().__init__(datastore, events_table_name=VIEW)
        self._store = store

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **_: Any
    ) -> Sequence[int] | None:
        if not stored_events:
            return []
        return positions_of(self._store.append(append_of(stored_events)))

    def create_table(self) -> None:
        """The log has made its tables."""

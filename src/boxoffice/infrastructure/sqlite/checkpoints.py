"""Leases and checkpoints in the embedded log's file."""

from __future__ import annotations

import sqlite3

import msgspec

from boxoffice.application.chain import microseconds
from boxoffice.application.ports.checkpoints import Checkpoint, Lease
from boxoffice.errors import Conflict
from boxoffice.infrastructure.clock import utc_now
from boxoffice.infrastructure.sqlite.event_store import SqliteEventStore

MICROSECONDS = 1_000_000


class SqliteCheckpoints:
    """Checkpoints beside the events they point into."""

    def __init__(self, store: SqliteEventStore) -> None:
        self._connection = store.connection

    def acquire(self, name: str, owner: str, *, ttl_s: float) -> Lease | None:
        with self._connection.transaction() as raw:
            now = microseconds(utc_now())
            row = raw.execute(
                "SELECT owner, fence, until FROM log_leases WHERE name = ?", (name,)
            ).fetchone()
            holder, fence, until = row or ("", 0, 0)
            if until > now and holder != owner:
                return None
            lease = Lease(name, owner, fence if until > now else fence + 1)
            until = now + int(ttl_s * MICROSECONDS)
            raw.execute(
                "INSERT OR REPLACE INTO log_leases VALUES (?, ?, ?, ?)",
                (name, owner, lease.fence, until),
            )
            return lease

    def load(self, name: str) -> Checkpoint | None:
        with self._connection.locked() as raw:
            row = raw.execute(
                "SELECT body FROM log_checkpoints WHERE name = ?", (name,)
            ).fetchone()
        return msgspec.msgpack.decode(row[0], type=Checkpoint) if row else None

    def save(self, lease: Lease, checkpoint: Checkpoint) -> None:
        with self._connection.transaction() as raw:
            if not _is_held(raw, lease):
                raise Conflict(f"{lease.name} is owned by somebody else now.")
            raw.execute(
                "INSERT OR REPLACE INTO log_checkpoints VALUES (?, ?)",
                (lease.name, msgspec.msgpack.encode(checkpoint)),
            )

    def release(self, lease: Lease) -> None:
        with self._connection.transaction() as raw:
            if _is_held(raw, lease):
                raw.execute(
                    "UPDATE log_leases SET until = 0 WHERE name = ?", (lease.name,)
                )


def _is_held(raw: sqlite3.Connection, lease: Lease) -> bool:
    row = raw.execute(
        "SELECT owner, fence FROM log_leases WHERE name = ?", (lease.name,)
    ).fetchone()
    return bool(row == (lease.owner, lease.fence))

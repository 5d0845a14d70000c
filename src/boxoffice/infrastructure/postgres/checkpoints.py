"""Leases and checkpoints beside the log, in its database."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from boxoffice.application.ports.checkpoints import Checkpoint, Lease
from boxoffice.errors import Conflict
from boxoffice.infrastructure.postgres import statements
from boxoffice.infrastructure.postgres.event_store import PostgresEventStore

_sent = msgspec.json.Decoder(dict[str, int])


class PostgresCheckpoints:
    """Checkpoints in the schema of the log; they borrow its connections."""

    def __init__(self, store: PostgresEventStore) -> None:
        self._store = store

    def acquire(self, name: str, owner: str, *, ttl_s: float) -> Lease | None:
        ttl = timedelta(seconds=ttl_s)
        values = {"name": name, "owner": owner, "ttl": ttl}
        rows = self._store.run(statements.ACQUIRE_LEASE, values).rows
        return Lease(name, owner, rows[0][0]) if rows else None

    def load(self, name: str) -> Checkpoint | None:
        rows = self._store.run(statements.LOAD_CHECKPOINT, [name]).rows
        if not rows:
            return None
        epoch, position, link, sent = rows[0]
        return Checkpoint(epoch, position, link, _sent.decode(sent))

    def save(self, lease: Lease, checkpoint: Checkpoint) -> None:
        values = msgspec.structs.asdict(lease) | {
            "epoch": checkpoint.epoch,
            "position": checkpoint.position,
            "hash": checkpoint.hash,
            "sent": msgspec.json.encode(checkpoint.sent).decode(),
        }
        if not self._store.run(statements.SAVE_CHECKPOINT, values).changed:
            raise Conflict(f"{lease.name} is owned by somebody else now.")

    def release(self, lease: Lease) -> None:
        values = [lease.name, lease.owner, lease.fence]
        self._store.run(statements.RELEASE_LEASE, values)

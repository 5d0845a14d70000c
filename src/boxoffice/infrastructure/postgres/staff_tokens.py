"""Staff tokens beside the log, in its database."""

from __future__ import annotations

from datetime import datetime

from boxoffice.application.ports.staff import StaffToken
from boxoffice.errors import Conflict
from boxoffice.infrastructure.postgres import statements
from boxoffice.infrastructure.postgres.event_store import PostgresEventStore


class PostgresStaffTokens:
    """Tokens in the schema of the log; they borrow its connections."""

    def __init__(self, store: PostgresEventStore) -> None:
        self._store = store

    def add(self, digest: bytes, token: StaffToken) -> None:
        values = [
            digest,
            token.person,
            token.role,
            token.venue,
            token.created_at,
            token.revoked_at,
        ]
        if not self._store.run(statements.STORE_STAFF, values).changed:
            raise Conflict("This token is stored already.")

    def find(self, digest: bytes) -> StaffToken | None:
        rows = self._store.run(statements.FIND_STAFF, [digest]).rows
        return StaffToken(*rows[0]) if rows else None

    def all(self) -> list[StaffToken]:
        rows = self._store.run(statements.ALL_STAFF).rows
        return [StaffToken(*row) for row in rows]

    def revoke(self, person: str, at: datetime) -> int:
        return self._store.run(statements.REVOKE_STAFF, [at, person]).changed

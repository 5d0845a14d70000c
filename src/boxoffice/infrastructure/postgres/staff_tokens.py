"""Staff and their tokens beside the log, in its database."""

from __future__ import annotations

from datetime import datetime

from boxoffice.application.ports.staff import StaffToken, folded
from boxoffice.domain.ids import StaffId
from boxoffice.errors import Conflict
from boxoffice.infrastructure.postgres import statements
from boxoffice.infrastructure.postgres.event_store import PostgresEventStore


class PostgresStaffTokens:
    """Tokens in the schema of the log; they borrow its connections."""

    def __init__(self, store: PostgresEventStore) -> None:
        self._store = store

    def identify(self, person: str, *, new: StaffId) -> StaffId:
        values = [folded(person), new, person]
        ((staff,),) = self._store.run(statements.IDENTIFY_STAFF, values).rows
        return StaffId(staff)

    def names(self) -> dict[StaffId, str]:
        return dict(self._store.run(statements.NAMES_OF_STAFF).rows)

    def add(self, digest: bytes, token: StaffToken) -> None:
        values = [
            digest,
            token.staff,
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

    def revoke(self, staff: StaffId, at: datetime) -> int:
        return self._store.run(statements.REVOKE_STAFF, [at, staff]).changed

    def remove(self, digest: bytes) -> None:
        self._store.run(statements.REMOVE_STAFF, [digest])

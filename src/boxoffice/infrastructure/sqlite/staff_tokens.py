"""Staff and their tokens in the embedded log's file."""

from __future__ import annotations

from datetime import datetime

import msgspec

from boxoffice.application.ports.staff import StaffToken, folded
from boxoffice.domain.ids import StaffId
from boxoffice.errors import Conflict
from boxoffice.infrastructure.sqlite.event_store import SqliteEventStore


class SqliteStaffTokens:
    """Tokens by the digest of their secret."""

    def __init__(self, store: SqliteEventStore) -> None:
        self._connection = store.connection

    def identify(self, person: str, *, new: StaffId) -> StaffId:
        key = folded(person)
        with self._connection.transaction() as raw:
            raw.execute(
                "INSERT OR IGNORE INTO staff VALUES (?, ?, ?)", (key, new, person)
            )
            ((staff,),) = raw.execute("SELECT id FROM staff WHERE folded = ?", (key,))
        return StaffId(staff)

    def names(self) -> dict[StaffId, str]:
        with self._connection.locked() as raw:
            return dict(raw.execute("SELECT id, person FROM staff").fetchall())

    def add(self, digest: bytes, token: StaffToken) -> None:
        with self._connection.transaction() as raw:
            added = raw.execute(
                "INSERT OR IGNORE INTO staff_rights VALUES (?, ?, ?)",
                (digest, token.staff, msgspec.msgpack.encode(token)),
            )
            if added.rowcount == 0:
                raise Conflict("This token is stored already.")

    def find(self, digest: bytes) -> StaffToken | None:
        with self._connection.locked() as raw:
            row = raw.execute(
                "SELECT body FROM staff_rights WHERE digest = ?", (digest,)
            ).fetchone()
        return _token(row[0]) if row else None

    def all(self) -> list[StaffToken]:
        with self._connection.locked() as raw:
            rows = raw.execute("SELECT body FROM staff_rights").fetchall()
        tokens = (_token(body) for (body,) in rows)
        return sorted(tokens, key=lambda token: token.created_at)

    def revoke(self, staff: StaffId, at: datetime) -> int:
        with self._connection.transaction() as raw:
            rows = raw.execute(
                "SELECT digest, body FROM staff_rights WHERE staff = ?", (staff,)
            ).fetchall()
            valid = [(d, _token(b)) for d, b in rows if _token(b).revoked_at is None]
            for digest, token in valid:
                revoked = msgspec.structs.replace(token, revoked_at=at)
                raw.execute(
                    "UPDATE staff_rights SET body = ? WHERE digest = ?",
                    (msgspec.msgpack.encode(revoked), digest),
                )
        return len(valid)

    def remove(self, digest: bytes) -> None:
        with self._connection.transaction() as raw:
            raw.execute("DELETE FROM staff_rights WHERE digest = ?", (digest,))


def _token(body: bytes) -> StaffToken:
    return msgspec.msgpack.decode(body, type=StaffToken)

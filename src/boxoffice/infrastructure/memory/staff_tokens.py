"""Staff and their tokens in memory."""

from __future__ import annotations

from datetime import datetime
from threading import Lock

import msgspec

from boxoffice.application.ports.staff import StaffToken, folded
from boxoffice.domain.ids import StaffId
from boxoffice.errors import Conflict


class MemoryStaffTokens:
    """Tokens that live and die with their process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._staff: dict[str, tuple[StaffId, str]] = {}
        self._tokens: dict[bytes, StaffToken] = {}

    def identify(self, person: str, *, new: StaffId) -> StaffId:
        with self._lock:
            staff, _ = self._staff.setdefault(folded(person), (new, person))
        return staff

    def names(self) -> dict[StaffId, str]:
        with self._lock:
            return dict(self._staff.values())

    def add(self, digest: bytes, token: StaffToken) -> None:
        with self._lock:
            if digest in self._tokens:
                raise Conflict("This token is stored already.")
            self._tokens[digest] = token

    def find(self, digest: bytes) -> StaffToken | None:
        with self._lock:
            return self._tokens.get(digest)

    def all(self) -> list[StaffToken]:
        with self._lock:
            tokens = list(self._tokens.values())
        return sorted(tokens, key=lambda token: token.created_at)

    def revoke(self, staff: StaffId, at: datetime) -> int:
        with self._lock:
            valid = {
                digest: msgspec.structs.replace(token, revoked_at=at)
                for digest, token in self._tokens.items()
                if token.staff == staff and token.revoked_at is None
            }
            self._tokens.update(valid)
        return len(valid)

    def remove(self, digest: bytes) -> None:
        with self._lock:
            self._tokens.pop(digest, None)

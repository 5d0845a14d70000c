"""Named tokens of the staff."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

import msgspec


class StaffToken(msgspec.Struct, frozen=True):
    """A named person's right to act in a role at a venue."""

    person: str
    role: str
    venue: str
    created_at: datetime
    revoked_at: datetime | None = None


def actor_of(person: str) -> str:
    """Name a member of staff as the log does: at the API and at a console alike."""
    return f"staff:{person}"


class StaffTokens(Protocol):
    """Staff tokens by the SHA-256 of their secret; the secret is never stored."""

    def add(self, digest: bytes, token: StaffToken) -> None:
        """Store a token."""

    def find(self, digest: bytes) -> StaffToken | None:
        """Give the token, also a revoked one."""

    def all(self) -> list[StaffToken]:
        """List all tokens by creation time."""

    def revoke(self, person: str, at: datetime) -> int:
        """Revoke every token of a person; give their number."""

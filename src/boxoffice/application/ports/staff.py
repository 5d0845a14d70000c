"""Who works here, and the tokens they act by.

Events name people of the staff by random ids, as they name everybody else; how they are
called lies here and is shown where somebody reads what they did. A person is one
person, however many tokens there are and however the name was typed.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import Protocol

import msgspec

from boxoffice.domain.ids import StaffId

STAFF_ID_BYTES = 12


class StaffToken(msgspec.Struct, frozen=True):
    """A named person's right to act in a role at a venue."""

    staff: StaffId
    person: str
    role: str
    venue: str
    created_at: datetime
    revoked_at: datetime | None = None


def actor_of(staff: StaffId) -> str:
    """Name a member of staff as the log does: at the API and at a console alike."""
    return f"staff:{staff}"


def folded(person: str) -> str:
    """Give a name as it reads whatever its case and its spaces are."""
    return " ".join(unicodedata.normalize("NFKC", person).casefold().split())


class StaffTokens(Protocol):
    """Staff tokens by the SHA-256 of their secret; the secret is never stored."""

    def identify(self, person: str, *, new: StaffId) -> StaffId:
        """Give the id of who is called so, for good; `new` if nobody was yet.

        Names that fold alike are one person's; the first way to write it is kept.
        """

    def names(self) -> dict[StaffId, str]:
        """Give how everybody is called who ever had an id."""

    def add(self, digest: bytes, token: StaffToken) -> None:
        """Store a token."""

    def find(self, digest: bytes) -> StaffToken | None:
        """Give the token, also a revoked one."""

    def all(self) -> list[StaffToken]:
        """List all tokens by creation time."""

    def revoke(self, staff: StaffId, at: datetime) -> int:
        """Revoke every token of a person; give their number."""

    def remove(self, digest: bytes) -> None:
        """Delete a token that was made to be used once."""

"""What the house knows of people, apart from the log.

Events name people by their ids alone; what belongs to an id lies here, sealed under a
key of that person's own. Only the edge opens it: folds, decisions and reports never do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from boxoffice.domain.ids import PersonId


class Particulars(msgspec.Struct, frozen=True):
    """How a person is called and written to; nobody writes to one without address."""

    name: str
    email: str = ""


class Vault(Protocol):
    """Particulars by person."""

    def keep(self, person: PersonId, particulars: Particulars) -> None:
        """Keep what is known of a person, in place of what was known before.

        Whoever kept last is the one who is heard. The same again changes nothing.

        Raises:
            Unavailable: the vault does not answer; keep it again.
            Unstorable: the particulars are no text that can be kept.
        """

    def open(self, persons: Sequence[PersonId]) -> dict[PersonId, Particulars]:
        """Give what is known of these people; who is unknown or erased is left out.

        Raises:
            Unavailable: the vault does not answer.
            Corrupt: what lies there was not sealed for this person.
        """

    def forget(self, persons: Sequence[PersonId]) -> None:
        """Delete what is known of these people, with their keys; once is enough.

        Raises:
            Unavailable: the vault does not answer; they may still be known.
        """

    def close(self) -> None:
        """Give back what the vault holds open."""

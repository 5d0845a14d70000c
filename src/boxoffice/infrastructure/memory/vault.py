"""The vault in memory, sealed all the same."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

from boxoffice.application.ports.vault import Particulars
from boxoffice.domain.ids import PersonId
from boxoffice.infrastructure.sealing import Sealer


class MemoryVault:
    """People who are forgotten with their process."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer
        self._lock = Lock()
        self.keys: dict[PersonId, bytes] = {}
        self.sealed: dict[PersonId, bytes] = {}

    def keep(self, person: PersonId, particulars: Particulars) -> None:
        new = self._sealer.new_key(person)
        with self._lock:
            key = self.keys.get(person, new)
            sealed = self._sealer.seal(person, particulars, stored_key=key)
            self.keys[person], self.sealed[person] = key, sealed

    def open(self, persons: Sequence[PersonId]) -> dict[PersonId, Particulars]:
        with self._lock:
            known = [
                (person, self.sealed[person], self.keys[person])
                for person in persons
                if person in self.sealed and person in self.keys
            ]
        return {
            person: self._sealer.open(person, sealed, stored_key=key)
            for person, sealed, key in known
        }

    def forget(self, persons: Sequence[PersonId]) -> None:
        with self._lock:
            for person in persons:
                self.keys.pop(person, None)
                self.sealed.pop(person, None)

    def close(self) -> None:
        """Nothing: it all goes with the process."""

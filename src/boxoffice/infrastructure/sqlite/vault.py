"""The vault in a file of its own, so that a log can be copied without its people.

Only its owner may read the file. Several processes may open it at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from boxoffice.application.ports.vault import Particulars
from boxoffice.domain.ids import PersonId
from boxoffice.infrastructure.sealing import Sealer
from boxoffice.infrastructure.sqlite.connection import Connection

VAULT_FILE = "vault.sqlite"
OWNER_ALONE = 0o600
PERSONS_AT_ONCE = 500
"""Bound of SQLite's parameters in one statement."""
KEYS_TABLE = """
    CREATE TABLE IF NOT EXISTS person_keys (
        person TEXT PRIMARY KEY,
        key BLOB NOT NULL
    ) WITHOUT ROWID
"""
PERSONS_TABLE = """
    CREATE TABLE IF NOT EXISTS persons (
        person TEXT PRIMARY KEY,
        sealed BLOB NOT NULL
    ) WITHOUT ROWID
"""
OPEN_PERSONS = (
    "SELECT person, key, sealed FROM persons JOIN person_keys USING (person)"
    " WHERE person IN ({})"
)


class SqliteVault:
    """People in the file `path`, which is made when it is not there."""

    def __init__(self, path: str | Path, sealer: Sealer) -> None:
        self._sealer = sealer
        # SQLite gives its side files the rights of the file itself.
        Path(path).touch(OWNER_ALONE)
        self._connection = Connection(path)
        with self._connection.transaction() as raw:
            raw.execute(KEYS_TABLE)
            raw.execute(PERSONS_TABLE)

    def keep(self, person: PersonId, particulars: Particulars) -> None:
        new = self._sealer.new_key(person)
        with self._connection.transaction() as raw:
            raw.execute(
                "INSERT OR IGNORE INTO person_keys VALUES (?, ?)", (person, new)
            )
            ((key,),) = raw.execute(
                "SELECT key FROM person_keys WHERE person = ?", (person,)
            )
            sealed = self._sealer.seal(person, particulars, stored_key=key)
            raw.execute(
                "INSERT OR REPLACE INTO persons VALUES (?, ?)", (person, sealed)
            )

    def open(self, persons: Sequence[PersonId]) -> dict[PersonId, Particulars]:
        found: dict[PersonId, Particulars] = {}
        for first in range(0, len(persons), PERSONS_AT_ONCE):
            found |= self._open(persons[first : first + PERSONS_AT_ONCE])
        return found

    def forget(self, persons: Sequence[PersonId]) -> None:
        gone = [(person,) for person in persons]
        with self._connection.transaction() as raw:
            raw.executemany("DELETE FROM person_keys WHERE person = ?", gone)
            raw.executemany("DELETE FROM persons WHERE person = ?", gone)

    def close(self) -> None:
        self._connection.close()

    def _open(self, persons: Sequence[PersonId]) -> dict[PersonId, Particulars]:
        marks = ", ".join("?" * len(persons))
        with self._connection.locked() as raw:
            rows = raw.execute(OPEN_PERSONS.format(marks), tuple(persons)).fetchall()
        return {
            person: self._sealer.open(person, sealed, stored_key=key)
            for person, key, sealed in rows
        }

"""The vault beside the log, in its database, in two tables of its own.

A key is made by whoever keeps a person first. Whoever comes at the same time is handed
that key by the database, so that nothing is ever sealed under a key that was not kept.
"""

from __future__ import annotations

from collections.abc import Sequence

from boxoffice.application.ports.vault import Particulars
from boxoffice.domain.ids import PersonId
from boxoffice.infrastructure.postgres import statements
from boxoffice.infrastructure.postgres.event_store import PostgresEventStore
from boxoffice.infrastructure.sealing import Sealer


class PostgresVault:
    """People in the schema of the log; it borrows the log's connections."""

    def __init__(self, store: PostgresEventStore, sealer: Sealer) -> None:
        self._store = store
        self._sealer = sealer

    def keep(self, person: PersonId, particulars: Particulars) -> None:
        new = [person, self._sealer.new_key(person)]
        ((key,),) = self._store.run(statements.PERSON_KEY, new).rows
        sealed = self._sealer.seal(person, particulars, stored_key=key)
        self._store.run(statements.KEEP_PERSON, [person, sealed])

    def open(self, persons: Sequence[PersonId]) -> dict[PersonId, Particulars]:
        rows = self._store.run(statements.OPEN_PERSONS, [list(persons)]).rows
        return {
            person: self._sealer.open(person, sealed, stored_key=key)
            for person, key, sealed in rows
        }

    def forget(self, persons: Sequence[PersonId]) -> None:
        self._store.run(statements.FORGET_PERSONS, [list(persons)])

    def close(self) -> None:
        """Nothing: the connections are the log's."""

"""A prepared statement sent straight through libpq.

The append is one statement, sent for ever with values that are packed already; what
psycopg's cursors do beyond that costs as much as the rest of the client (see
benchmarks/README.md). Waiting, and giving up on a silent server, stay with the
connection.
"""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import errors, generators
from psycopg.abc import Buffer
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGresult

from boxoffice.infrastructure.postgres.connection import LogConnection


class PreparedStatement:
    """A statement with binary parameters that gives exactly one row."""

    def __init__(self, name: str, text: str, types: Sequence[int]) -> None:
        self._name = name.encode()
        self._text = text.encode()
        self._types = tuple(types)
        self._formats = (Format.BINARY,) * len(types)

    def row(
        self, connection: LogConnection, values: Sequence[Buffer]
    ) -> list[bytes | None]:
        """Run it; prepare it first when the connection has not seen it.

        Raises:
            psycopg.Error: as a cursor would.
        """
        if self._name not in connection.prepared:
            connection.pgconn.send_prepare(self._name, self._text, self._types)
            _result(connection)
            connection.prepared.add(self._name)
        connection.pgconn.send_query_prepared(
            self._name, values, self._formats, Format.BINARY
        )
        result = _result(connection)
        return [result.get_value(0, column) for column in range(result.nfields)]


def _result(connection: LogConnection) -> PGresult:
    results: list[PGresult] = connection.wait(generators.execute(connection.pgconn))
    (result,) = results
    if result.status == ExecStatus.FATAL_ERROR:
        raise errors.error_from_result(result)
    return result

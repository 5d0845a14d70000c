"""Connections to the log's database that never hang, and the pool of them.

Every connection acts as `boxoffice_app`, whatever user it logged in as, and carries
its own limits: the server gives up waiting for a lock after 1 s, ends a transaction
that idles for 2 s, and a caller that hears nothing for `PATIENCE_S` drops the
connection (a frozen server keeps sockets open). Together a call ends within 2.5 s.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from time import monotonic
from typing import Any, cast

import psycopg
from eventsourcing.postgres import ConnectionPool, PostgresDatastore
from psycopg import Connection
from psycopg.abc import PQGen
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row

from boxoffice.errors import Misconfigured
from boxoffice.infrastructure.postgres import arrays
from boxoffice.infrastructure.postgres.failures import Silent, translated

PATIENCE_S = 2.0
"""Longer than any lock timeout, shorter than a buyer's patience."""
PATIENCE_MIN_S = 0.5
"""Left for the statement, however long the search for a connection took."""
CHECK_PATIENCE_S = 0.4
CHECK_AFTER_S = 1.0
"""A connection that was used so recently is taken to be alive."""
SCHEMA = "boxoffice"
APP_ROLE = "boxoffice_app"

_SERVER_SETTINGS = {
    "lock_timeout": "1s",
    "idle_in_transaction_session_timeout": "2s",
    "statement_timeout": "5s",
    "timezone": "UTC",
    # The log's tables grow from nothing under cached plans: no estimate may ever
    # talk a statement out of its index.
    "enable_seqscan": "off",
    "plan_cache_mode": "force_generic_plan",
    "jit": "off",
}
_CLIENT_SETTINGS: dict[str, Any] = {
    "application_name": "boxoffice",
    "connect_timeout": 2,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 2_000,
}


class LogConnection(Connection[Any]):
    """A connection that gives up on a silent server.

    Raises:
        Silent: nothing was heard for `patience_s`; close the connection.
    """

    patience_s = PATIENCE_S
    used_at = float("-inf")

    @cached_property
    def prepared(self) -> set[bytes]:
        """Names of statements that the server knows by now."""
        return set()

    def wait(
        self, gen: PQGen[Any], interval: float = 0.1, timeout: float | None = None
    ) -> Any:
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        return super().wait(_impatient(gen, self.patience_s), interval)

    @property
    def is_reusable(self) -> bool:
        """Whether it may go back to the pool."""
        return self.pgconn.transaction_status == TransactionStatus.IDLE


def _impatient(gen: PQGen[Any], patience_s: float) -> PQGen[Any]:
    """Run the driver's protocol, but stop when the other side is silent."""
    try:
        wish = next(gen)
        heard_at = monotonic()
        while True:
            ready = yield wish
            if ready:
                heard_at = monotonic()
            elif monotonic() - heard_at > patience_s:
                raise Silent("The server is silent.")
            wish = gen.send(ready)
    except StopIteration as end:
        return end.value


def parameters(url: str, *, role: str = APP_ROLE) -> dict[str, Any]:
    """Give the driver's parameters for a URL; what the URL says comes first."""
    given = conninfo_to_dict(url)
    settings = _SERVER_SETTINGS | {"role": role}
    ours = " ".join(f"-c {name}={value}" for name, value in settings.items())
    options = f"{ours} {given.pop('options', '')}".strip()
    return _CLIENT_SETTINGS | given | {"options": options}


class LogDatastore(PostgresDatastore):
    """The eventsourcing library's datastore, over a pool with our limits."""

    def __init__(self, url: str, *, pool_size: int) -> None:
        given = parameters(url)
        super().__init__(
            dbname=given.get("dbname", ""),
            host=given.get("host", ""),
            port=given.get("port", ""),
            user=given.get("user", ""),
            password=given.get("password", ""),
            schema=SCHEMA,
        )
        # The library's code reads rows as dicts, and leaves transactions to us.
        self._parameters = given | {"row_factory": dict_row, "autocommit": True}
        self._log_pool = ConnectionPool(
            connection_class=LogConnection,
            kwargs=self._parameters,
            min_size=1,
            max_size=pool_size,
            open=False,
            configure=arrays.register,
            timeout=PATIENCE_S,
            num_workers=2,
        )
        self.pool = cast("Any", self._log_pool)

    def open(self) -> None:
        """Connect once, so that a wrong URL or a missing role is said at once.

        Raises:
            Unavailable: nobody answers there.
            Misconfigured: the user may not act as the app.
        """
        with translated():
            try:
                LogConnection.connect(**self._parameters).close()
            except psycopg.OperationalError as error:
                if APP_ROLE not in str(error):
                    raise
                raise Misconfigured(
                    f"This user may not act as {APP_ROLE}; run `boxoffice migrate`, or"
                    f" grant the role. The database says: {error}"
                ) from error
        self._log_pool.open()

    @contextmanager
    def borrowed(self) -> Iterator[LogConnection]:
        """Lend a connection that answers; one that was left in a mess is closed.

        Raises:
            Unavailable: there is none.
        """
        with translated():
            connection = self._answering()
        try:
            yield connection
        finally:
            if not connection.is_reusable:
                connection.close()
            connection.used_at = monotonic()
            self._log_pool.putconn(connection)

    def _answering(self) -> LogConnection:
        """Find a connection, and leave it what is left of a caller's patience."""
        deadline = monotonic() + PATIENCE_S
        while (left_s := deadline - monotonic()) > 0:
            connection = self._log_pool.getconn(timeout=left_s)
            if _answers(connection):
                left_s = deadline - monotonic()
                connection.patience_s = max(left_s, PATIENCE_MIN_S)
                return connection
            connection.close()
            self._log_pool.putconn(connection)
        raise Silent("No connection answers.")


def _answers(connection: LogConnection) -> bool:
    if monotonic() - connection.used_at < CHECK_AFTER_S:
        return True
    connection.patience_s = CHECK_PATIENCE_S
    try:
        connection.execute("")
    except psycopg.Error:
        return False
    return True

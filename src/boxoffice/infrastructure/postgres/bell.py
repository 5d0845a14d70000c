"""Waiting for the log to grow, without asking it all the time.

A sleeper listens, then holds a shared lock that tells appends to ring, then looks at
the log once more, and only then sleeps: whatever is appended after that look rings.
It looks again every `POLL_S` all the same, and comes back on a new connection when its
own is lost. While nobody sleeps, appends pay nothing for it.
"""

from __future__ import annotations

from collections import deque
from threading import Event
from time import monotonic

import psycopg

from boxoffice.errors import Unavailable
from boxoffice.infrastructure.postgres import statements
from boxoffice.infrastructure.postgres.connection import LogConnection, parameters

POLL_S = 1.0
"""A ring that was missed costs at most this long."""
RETRY_S = 0.1
"""Between attempts to come back after the connection was lost."""


class Bell:
    """Connections that sleep; one for every thread that waits at the same time."""

    def __init__(self, url: str) -> None:
        self._parameters = parameters(url)
        self._spare: deque[LogConnection] = deque()
        self._closed = Event()

    def wait(self, *, after: int, timeout_s: float) -> bool:
        """Block until the log is longer than `after`; False when time ran out.

        Raises:
            Unavailable: the database is gone and did not come back in time.
        """
        deadline = monotonic() + timeout_s
        while True:
            try:
                return self._sleep(after, deadline)
            except psycopg.OperationalError as error:
                if monotonic() >= deadline or self._closed.wait(RETRY_S):
                    raise Unavailable(f"The log does not answer: {error}") from error

    def close(self) -> None:
        """Give back every connection; sleepers return within `POLL_S`."""
        self._closed.set()
        while self._spare:
            self._spare.pop().close()

    def _sleep(self, after: int, deadline: float) -> bool:
        connection = self._connection()
        try:
            connection.execute(statements.LISTEN)
            connection.execute(statements.FALL_ASLEEP)
            grown = self._watch(connection, after, deadline)
            connection.execute(statements.WAKE_UP)
        except BaseException:
            connection.close()
            raise
        self._give_back(connection)
        return grown

    def _watch(self, connection: LogConnection, after: int, deadline: float) -> bool:
        while True:
            row = connection.execute(statements.LENGTH).fetchone()
            assert row is not None
            if row[0] > after:
                return True
            left_s = deadline - monotonic()
            if left_s <= 0 or self._closed.is_set():
                return False
            for _ in connection.notifies(timeout=min(left_s, POLL_S), stop_after=1):
                break

    def _connection(self) -> LogConnection:
        try:
            return self._spare.pop()
        except IndexError:
            return LogConnection.connect(**self._parameters, autocommit=True)

    def _give_back(self, connection: LogConnection) -> None:
        self._spare.append(connection)
        if self._closed.is_set():
            self.close()

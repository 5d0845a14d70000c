"""SQLite connections as the embedded log needs them, and what their errors mean.

Durable (`synchronous=FULL` on a write-ahead log) and bounded: whoever finds the file
locked gives up with `Unavailable` after `BUSY_S`. Connections are shared by threads
under a lock of ours.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

from boxoffice.errors import Corrupt, Unavailable, Unstorable

BUSY_S = 1.0
NOT_TEXT = "Could not decode to UTF-8"
"""How SQLite's driver says that a text is none."""


class Connection:
    """One SQLite connection and its lock. The lock may be taken again by its thread."""

    def __init__(self, path: str | Path) -> None:
        self._lock = RLock()
        self._raw = sqlite3.connect(
            path, timeout=BUSY_S, isolation_level=None, check_same_thread=False
        )
        with translated():
            self._raw.execute("PRAGMA journal_mode = WAL")
            self._raw.execute("PRAGMA synchronous = FULL")
            self._raw.execute("PRAGMA foreign_keys = ON")

    @contextmanager
    def locked(self) -> Iterator[sqlite3.Connection]:
        """Use the connection, outside a transaction of one's own.

        Raises:
            Unavailable: another thread keeps it for longer than `BUSY_S`.
        """
        if not self._lock.acquire(timeout=BUSY_S):
            raise Unavailable("The log is held by somebody else.")
        try:
            with translated():
                yield self._raw
        finally:
            self._lock.release()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write: all of the block is stored when it ends, or nothing.

        A block inside a block of the same thread belongs to the outer one.
        """
        with self.locked() as raw:
            if raw.in_transaction:
                yield raw
                return
            raw.execute("BEGIN IMMEDIATE")
            try:
                yield raw
                raw.execute("COMMIT")
            except BaseException:
                raw.rollback()
                raise

    def close(self) -> None:
        """Give the file back."""
        with self._lock:
            self._raw.close()


@contextmanager
def translated() -> Iterator[None]:
    """Turn SQLite's errors into ours; our own pass through."""
    try:
        yield
    except (sqlite3.DataError, sqlite3.InterfaceError, OverflowError) as error:
        raise Unstorable(f"SQLite cannot store this: {error}.") from error
    except sqlite3.Error as error:
        if str(error).startswith(NOT_TEXT):
            raise Corrupt(f"The log's file holds what it must not: {error}.") from error
        raise Unavailable(f"The log's file does not answer: {error}.") from error

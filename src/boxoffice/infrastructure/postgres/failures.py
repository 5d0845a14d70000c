"""PostgreSQL's errors in the words of ours.

What the server refused was rolled back, so it is `Unavailable` (try later) or
`Unstorable` (the data are to blame). What broke the connection may have happened or
not: only the caller knows whether that matters.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

from boxoffice.errors import (
    BoxOfficeError,
    Misconfigured,
    OutcomeUnknown,
    Unavailable,
    Unstorable,
)

_NOT_MIGRATED = (
    errors.UndefinedTable,
    errors.UndefinedFunction,
    errors.InvalidSchemaName,
    errors.InsufficientPrivilege,
)
_DATA_CLASSES = ("22", "23", "54")
"""Data exception, constraint violation, program limit exceeded."""
_BROKEN_CLASSES = ("08", "57P")
"""Connection exception, operator intervention."""


class Silent(psycopg.OperationalError):
    """Nothing was heard from the server for too long."""


@contextmanager
def translated(*, appending: bool = False) -> Iterator[None]:
    """Raise our errors for the driver's.

    With `appending`, a broken connection leaves the outcome open.
    """
    try:
        yield
    except (psycopg.Error, PoolTimeout, PoolClosed, TooManyRequests) as error:
        raise _ours(error, appending=appending) from error


def _ours(error: Exception, *, appending: bool) -> BoxOfficeError:
    state = getattr(error, "sqlstate", None) or ""
    if isinstance(error, _NOT_MIGRATED):
        return Misconfigured(
            f"The log's schema does not fit this program; run `boxoffice migrate`."
            f" The database says: {error}"
        )
    if state.startswith(_DATA_CLASSES) or _is_client_data_error(error, state):
        return Unstorable(f"The log refused these data: {error}")
    if appending and _is_broken(error):
        return OutcomeUnknown()
    return Unavailable(f"The log does not answer: {error}")


def _is_broken(error: Exception) -> bool:
    """Tell whether the connection went away before the server could answer."""
    if isinstance(error, PoolTimeout | PoolClosed | TooManyRequests):
        return False
    state = getattr(error, "sqlstate", None) or ""
    return not state or state.startswith(_BROKEN_CLASSES)


def _is_client_data_error(error: Exception, state: str) -> bool:
    return not state and isinstance(error, psycopg.DataError | psycopg.ProgrammingError)

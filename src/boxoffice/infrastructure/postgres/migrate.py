"""Migrations of the log's database: plain SQL files, applied once, in order.

Files are named `NNNN_pre_what.sql` (before the new code runs) or `NNNN_post_what.sql`
(after the old code has gone). Each runs in a transaction of its own together with its
row in the ledger. One process migrates at a time, the others wait and find the work
done. A file that was applied may never change.
"""

from __future__ import annotations

import hashlib
import re
from importlib.resources import files
from pathlib import Path
from time import sleep
from typing import Literal, NamedTuple

import psycopg
from psycopg.sql import SQL

import boxoffice
from boxoffice.errors import Misconfigured, Unavailable

Phase = Literal["pre", "post"]

_NAME = re.compile(r"(\d{4})_(pre|post)_\w+\.sql")
_LOCK_KEY = 0x626F786F66666963
"""Any constant does; this one spells "boxoffic"."""
_LOCK_TIMEOUT = "120s"
_ATTEMPTS_MAX = 20
_PAUSE_S = 0.05
_BEGIN_LEDGER = """
create schema if not exists boxoffice;
create table if not exists boxoffice.migrations (
  name text primary key,
  sha256 text not null,
  applied_at timestamptz not null default clock_timestamp()
);
"""


class Migration(NamedTuple):
    """A file; sorts by its number, pre before post."""

    number: int
    is_post: bool
    name: str
    text: str

    @property
    def sha256(self) -> str:
        """What the ledger remembers of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def migrate(
    url: str, *, phase: Phase = "post", folder: Path | None = None
) -> list[str]:
    """Apply what is missing; give the names of the files applied, in order.

    `pre` stops after the last pre file: it leaves out what the running old code
    could not bear. `post` applies everything. Safe from several processes at once.

    Raises:
        Misconfigured: an applied file was edited, or the user may not migrate.
        Unavailable: the database does not answer.
    """
    wanted = _due(_found(folder), phase)
    for _ in range(_ATTEMPTS_MAX):
        try:
            return _apply(url, wanted)
        except (psycopg.errors.UniqueViolation, psycopg.errors.InternalError_):
            # Roles belong to the server, so another database's migration can collide.
            sleep(_PAUSE_S)
        except psycopg.errors.InsufficientPrivilege as error:
            raise Misconfigured(f"This user may not migrate: {error}") from error
        except psycopg.OperationalError as error:
            raise Unavailable(f"The log cannot be migrated: {error}") from error
    raise Unavailable("Other migrations of this server got in the way; try again.")


def _found(folder: Path | None) -> list[Migration]:
    shipped = files(boxoffice) / "_migrations" / "postgres"
    cloned = Path(boxoffice.__file__).parents[2] / "migrations" / "postgres"
    source = folder or (shipped if shipped.is_dir() else cloned)
    found = []
    for file in source.iterdir():
        if match := _NAME.fullmatch(file.name):
            number, kind = match.groups()
            text = file.read_text("utf-8")
            found.append(Migration(int(number), kind == "post", file.name, text))
    if not found:
        raise Misconfigured(f"There are no migrations in {source}.")
    return sorted(found)


def _due(found: list[Migration], phase: Phase) -> list[Migration]:
    if phase == "pre":
        while found and found[-1].is_post:
            found = found[:-1]
    return found


def _apply(url: str, wanted: list[Migration]) -> list[str]:
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
        connection.execute(SQL("set lock_timeout = {}").format(_LOCK_TIMEOUT))
        connection.execute("select pg_advisory_lock(%s)", [_LOCK_KEY])
        connection.execute(_BEGIN_LEDGER)
        rows = connection.execute("select name, sha256 from boxoffice.migrations")
        applied: dict[str, str] = dict(rows.fetchall())
        missing = [file for file in wanted if not _is_applied(file, applied)]
        for file in missing:
            _run(connection, file)
        return [file.name for file in missing]


def _is_applied(file: Migration, applied: dict[str, str]) -> bool:
    known = applied.get(file.name)
    if known is not None and known != file.sha256:
        raise Misconfigured(
            f"{file.name} was edited after it was applied; undo that and write a new"
            " migration instead."
        )
    return known is not None


def _run(connection: psycopg.Connection, file: Migration) -> None:
    with connection.transaction():
        connection.execute(file.text.encode())
        connection.execute(
            "insert into boxoffice.migrations (name, sha256) values (%s, %s)",
            [file.name, file.sha256],
        )

"""Deleting receipts from an embedded log: the one exception from its triggers.

The trigger that refuses it is taken off and put on again inside the transaction that
deletes. No other connection ever sees the table without it, and a crash in between
leaves everything as it was.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime

from boxoffice.application.chain import microseconds
from boxoffice.application.forgetting import command_of_a_person
from boxoffice.application.ports.log import Forgotten
from boxoffice.infrastructure.sqlite.schema import TRIGGER

TABLE = "log_receipts"
VERB = "DELETE"
PAGE = """
    SELECT position, meta FROM (
        SELECT position, meta, recorded_at FROM log_events
        WHERE position > ? ORDER BY position LIMIT ?
    ) WHERE recorded_at < ? ORDER BY position
"""
FIND = "SELECT 1 FROM log_receipts WHERE command_id = ? AND last <= ?"
DELETE = "DELETE FROM log_receipts WHERE command_id = ? AND last <= ?"
"""A command that was forgotten and came again has a receipt that reaches further."""


def forget(
    raw: sqlite3.Connection, *, after: int, before: datetime, limit: int
) -> Forgotten:
    """Delete one page, inside a transaction; see the port."""
    page = raw.execute(PAGE, (after, limit, microseconds(before))).fetchall()
    reached = page[-1][0] if page else after
    ids = {command_of_a_person(meta) for _, meta in page} - {None}
    known = [(i, reached) for i in ids]
    gone = [key for key in known if raw.execute(FIND, key).fetchone()]
    if gone:
        raw.execute(f"DROP TRIGGER {TABLE}_no_{VERB}")
        raw.executemany(DELETE, gone)
        raw.execute(TRIGGER.format(table=TABLE, verb=VERB))
    return Forgotten(reached, len(gone))

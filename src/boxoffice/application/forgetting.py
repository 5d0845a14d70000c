"""Which receipts may be forgotten: those of requests, told by who caused the events.

A person asks again within days or not at all. A process may come back to its cause
after any time (a replay, a restore), and must then find that it has acted. Whatever
nobody knows to come from a person is kept.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

MARKS = (b'"actor":"buyer:', b'"actor":"staff:')
"""How the bytes of a Meta name a person; the migrations say the same in SQL.

No text of a caller's can imitate one: inside a JSON string a quote is escaped.
"""


COMMAND = re.compile(rb'"command":"([0-9a-f]{32})"')


def command_of_a_person(meta: bytes) -> bytes | None:
    """Give the id of a person's command; None for others and for what is unreadable."""
    found = COMMAND.search(meta) if of_a_person(meta) else None
    return bytes.fromhex(found[1].decode()) if found else None


def of_a_person(meta: bytes) -> bool:
    """Whether a buyer or one of the staff caused events with this Meta."""
    return any(mark in meta for mark in MARKS)


def forgettable_before(now: datetime, *, days: int) -> datetime:
    """Give the time before which a person's receipts may go."""
    return now - timedelta(days=days)

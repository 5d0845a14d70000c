"""Reading a log of which some records cannot even be given.

A damaged file may hold a time beyond the calendar, or text that is none: its adapter
raises for the whole page. Here everything around such a record is read all the same,
and the record is named.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec

from boxoffice.application.ports.log import LogReader, LogRecord
from boxoffice.application.replay import PAGE_MAX, pages
from boxoffice.errors import Corrupt, Unstorable


class Unreadable(msgspec.Struct, frozen=True):
    """A record that the log could not give."""

    position: int
    why: str


async def readable_pages(
    store: LogReader,
) -> AsyncIterator[list[LogRecord] | Unreadable]:
    """Give the whole log page by page, and what could not be read in its place.

    Raises:
        Unavailable: the log does not answer.
    """
    after = 0
    while True:
        try:
            async for page in pages(store, after=after):
                after = page[-1].position
                yield page
        except (Corrupt, Unstorable):
            before, gap = await asyncio.to_thread(_up_to_gap, store, after)
            if before:
                after = before[-1].position
                yield before
            if gap is not None:
                after = gap.position
                yield gap
        else:
            return


def _up_to_gap(
    store: LogReader, after: int
) -> tuple[list[LogRecord], Unreadable | None]:
    """Halve the page until the record that spoils it is alone."""
    found: list[LogRecord] = []
    gap = None
    limit = PAGE_MAX
    while limit:
        try:
            page = store.read(after=after, limit=limit)
        except (Corrupt, Unstorable) as error:
            position = error.data.get("position")
            gap = Unreadable(
                position if isinstance(position, int) else after + 1, error.detail
            )
            limit //= 2
        else:
            if not page:
                return found, None
            found += page
            after = page[-1].position
    return found, gap

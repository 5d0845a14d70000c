"""Reading the whole log into folds: the loop that rebuild and verify share.

Pages are read in a thread while the one before is folded. Events that nobody on the
read side folds are not decoded.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from functools import partial

import msgspec

from boxoffice.application.codec import decode
from boxoffice.application.ports.log import LogReader, LogRecord
from boxoffice.application.topics import ROUTED, fact_of, route
from boxoffice.domain.message import Fact
from boxoffice.errors import Corrupt
from boxoffice.readmodels.model import Grouping, Groups
from boxoffice.readmodels.registry import AnyModel

PAGE_MAX = 5_000
"""Records in one read."""

Progress = Callable[[int, int, float], None]
"""Told (events done, events in all, events a second) now and then."""


class Unreadable(msgspec.Struct, frozen=True):
    """A record that cannot be decoded, where it would have gone, and why."""

    family: str
    key: str
    position: int
    reason: str


async def pages(
    store: LogReader, *, after: int, until: int | None = None
) -> AsyncIterator[list[LogRecord]]:
    """Give the log page by page, to where it ends when that is reached or to `until`.

    Raises:
        Unavailable: the log does not answer.
    """
    reading = _page(store, after)
    try:
        while page := await reading:
            last = page[-1].position
            if len(page) < PAGE_MAX or (until is not None and last >= until):
                yield page
                return
            reading = _page(store, last)
            yield page
    finally:
        reading.cancel()


def _page(store: LogReader, after: int) -> asyncio.Future[list[LogRecord]]:
    """Start reading at once, also when the caller's next await is far away."""
    read = partial(store.read, after=after, limit=PAGE_MAX)
    return asyncio.get_running_loop().run_in_executor(None, read)


def facts_of(records: Iterable[LogRecord]) -> tuple[list[Fact], list[Unreadable]]:
    """Decode what the read side folds; name what cannot be read."""
    wanted = [record for record in records if record.tag in ROUTED]
    try:
        return [
            Fact(
                r.position,
                r.stream,
                r.version,
                r.recorded_at,
                decode(r.tag, r.data, position=r.position),
            )
            for r in wanted
        ], []
    except Corrupt:
        return _readable(wanted)


def _readable(
    records: Sequence[LogRecord],
) -> tuple[list[Fact], list[Unreadable]]:
    facts: list[Fact] = []
    unreadable: list[Unreadable] = []
    for record in records:
        try:
            facts.append(fact_of(record))
        except Corrupt as error:
            family, key = route(record) or ("", "")
            unreadable.append(Unreadable(family, key, record.position, str(error)))
    return facts, unreadable


def grouped_for(
    models: Iterable[AnyModel], facts: Sequence[Fact]
) -> dict[Grouping, Groups]:
    """Sort facts by document once for every grouping that models use."""
    return {grouping: grouping(facts) for grouping in {m.grouped for m in models}}

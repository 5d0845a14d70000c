"""Promotions as staff look at them: terms, and how much of them is used.

Folded from the log's tail. At most `PROMOTIONS_MAX` are kept; the one that was defined
longest ago goes first. Orders never ask here: they are decided on the write side.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from boxoffice.application.codec import decode
from boxoffice.application.ports.log import LogReader, LogRecord
from boxoffice.application.queries.tail import Tail
from boxoffice.domain.events import TAGS
from boxoffice.domain.ids import StreamId, promotion_family, promotion_stream
from boxoffice.domain.promotions.state import PROMOTION, Promotion
from boxoffice.errors import NotFound

PROMOTIONS_MAX = 20_000

_WANTED = {TAGS[event] for event in PROMOTION.events}


class Promotions:
    """All codes of the house; belongs to one event loop."""

    def __init__(self, tail: Tail) -> None:
        self._tail = tail
        self._known: OrderedDict[StreamId, Promotion] = OrderedDict()
        tail.feed(self._take, tags=_WANTED)

    async def all(self) -> list[Promotion]:
        """List promotions by code, ended ones too.

        Raises:
            Unavailable: the log does not answer.
        """
        await self._tail.catch_up()
        return sorted(self._known.values(), key=lambda promotion: promotion.code)

    def _take(self, record: LogRecord) -> None:
        if record.tag not in _WANTED:
            return
        event = decode(record.tag, record.data, position=record.position)
        before = self._known.get(record.stream)
        if before is None and record.version:
            return
        state = PROMOTION.evolve(before or PROMOTION.initial(), event)
        self._known[record.stream] = state
        if len(self._known) > PROMOTIONS_MAX:
            self._known.popitem(last=False)


async def find_promotion(store: LogReader, code: str) -> Promotion:
    """Give a code as it is now, whatever the case of its letters.

    Raises:
        NotFound: there is no such code.
        Unavailable: the log does not answer.
    """
    records = await asyncio.to_thread(store.families, [promotion_family(code)])
    wanted = promotion_stream(code)
    found: Promotion = PROMOTION.fold(
        decode(record.tag, record.data, position=record.position)
        for record in records
        if record.stream == wanted
    )
    if found.terms is None:
        raise NotFound("There is no such code.")
    return found

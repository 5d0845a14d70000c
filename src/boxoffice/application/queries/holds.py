"""Holds as the write side sees them, folded from the log.

What the write side has forgotten, an old hold that ended without places, is not found
here either: so a buyer who holds and releases in a loop makes nothing grow. The
allowance streams of a performance are loaded from the log when somebody first asks for
one of its holds, and kept fresh by the tail from then on. Beyond those that are being
asked for, at most `houses_max` performances are kept; the one that was asked for
longest ago goes first.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import msgspec

from boxoffice.application.codec import decode
from boxoffice.application.ports.log import LogReader, LogRecord
from boxoffice.application.queries.tail import Tail
from boxoffice.application.together import Together
from boxoffice.domain.ids import (
    ALLOWANCE_BIT,
    FAMILY_BYTES,
    BuyerId,
    Family,
    HoldId,
    PerformanceId,
    StreamId,
    allowance_stream,
    family,
)
from boxoffice.domain.inventory.state import Allowance, CartHold, evolve_allowance
from boxoffice.errors import NotFound

_ALLOWANCE_BYTE = ALLOWANCE_BIT >> 24


class KnownHold(msgspec.Struct, frozen=True):
    """A hold and the position of its last fact."""

    hold: CartHold
    position: int


class Holds:
    """Answers for holds; belongs to one event loop."""

    def __init__(self, store: LogReader, tail: Tail, *, houses_max: int) -> None:
        self._store = store
        self._tail = tail
        self._houses: OrderedDict[Family, _House] = OrderedDict()
        self._houses_max = houses_max
        tail.feed(self._take, tags=())

    async def find(
        self, performance: PerformanceId, hold: HoldId, *, buyer: BuyerId
    ) -> KnownHold:
        """Give a buyer's hold as it is now.

        Raises:
            NotFound: there is no such hold, or it is another buyer's.
            Unavailable: the log does not answer.
        """
        with self._open(family(performance)) as house:
            await house.load(self._store)
            await self._tail.catch_up()
            found = house.known(allowance_stream(performance, buyer), hold)
        if found is None or found.hold.placed.buyer != buyer:
            raise NotFound("There is no such hold.")
        return found

    @contextmanager
    def _open(self, of: Family) -> Iterator[_House]:
        house = self._houses.setdefault(of, _House(of))
        self._houses.move_to_end(of)
        house.users += 1
        try:
            yield house
        finally:
            house.users -= 1
            self._make_room()

    def _make_room(self) -> None:
        idle = [of for of, house in self._houses.items() if not house.users]
        unloaded = [of for of in idle if not self._houses[of].is_loaded]
        surplus = max(0, len(self._houses) - self._houses_max)
        for of in {*unloaded, *idle[:surplus]}:
            del self._houses[of]

    def _take(self, record: LogRecord) -> None:
        house = self._houses.get(Family(record.stream[:FAMILY_BYTES]))
        if house is not None and _is_allowance(record):
            house.take(record)


class _House:
    """The holds of one performance.

    While the past is being loaded, what the tail brings waits in `_news`.
    """

    def __init__(self, of: Family) -> None:
        self._of = of
        self._position = 0
        self._news: list[LogRecord] = []
        self._loading = Together[Family, None]()
        self.is_loaded = False
        self._allowances: dict[StreamId, _KnownAllowance] = {}
        self.users = 0

    async def load(self, store: LogReader) -> None:
        if not self.is_loaded:
            await self._loading.do(self._of, partial(self._load, store))

    async def _load(self, store: LogReader) -> None:
        past = await asyncio.to_thread(store.families, [self._of])
        self.is_loaded = True
        for record in (*past, *self._news):
            if _is_allowance(record):
                self.take(record)
        self._news.clear()

    def take(self, record: LogRecord) -> None:
        if not self.is_loaded:
            self._news.append(record)
        elif record.position > self._position:
            self._position = record.position
            self._fold(record)

    def known(self, stream: StreamId, hold: HoldId) -> KnownHold | None:
        allowance = self._allowances.get(stream)
        return None if allowance is None else allowance.known(hold)

    def _fold(self, record: LogRecord) -> None:
        allowance = self._allowances.setdefault(record.stream, _KnownAllowance())
        allowance.fold(record)


class _KnownAllowance:
    """The holds of the buyers that share a stream, and the position of each."""

    def __init__(self) -> None:
        self._allowance = Allowance()
        self._positions: dict[str, int] = {}

    def known(self, hold: HoldId) -> KnownHold | None:
        found = self._allowance.holds.get(hold)
        return None if found is None else KnownHold(found, self._positions[hold])

    def fold(self, record: LogRecord) -> None:
        event: Any = decode(record.tag, record.data, position=record.position)
        before = self._allowance.holds
        self._allowance = evolve_allowance(self._allowance, event)
        self._positions[event.hold] = record.position
        for forgotten in before.keys() - self._allowance.holds.keys():
            del self._positions[forgotten]


def _is_allowance(record: LogRecord) -> bool:
    return record.stream[FAMILY_BYTES] >= _ALLOWANCE_BYTE

"""What the crowd sees of the house: one view that all buyers of a process share.

Everybody came before the doors opened and chooses first from the house as it was then.
After that the view is as old as the last answer of the server, as every buyer's screen
is, so buyers choose the same places and most of them lose. Places that a refusal named
are struck out at once; the next answer of the server is believed over everything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from random import Random

import msgspec


class Availability(msgspec.Struct, frozen=True):
    """One answer of the server: free places in order, and how many are taken."""

    free: tuple[int, ...] = ()
    held: int = 0
    sold: int = 0

    @property
    def places(self) -> int:
        """All places of the house."""
        return len(self.free) + self.held + self.sold


class HouseView:
    """The house as the crowd knows it; belongs to one event loop."""

    def __init__(self) -> None:
        self.known = Availability()
        self._free: list[int] = []
        self._at_the_doors: list[int] | None = None
        self._news = asyncio.Event()

    @property
    def is_sold_out(self) -> bool:
        """Whether nothing is free and no hold can become free again."""
        return self.known.places > 0 and self.known.sold == self.known.places

    def update(self, answer: Availability) -> None:
        """Believe the server, and wake who waits for news."""
        self.known = answer
        self._free = list(answer.free)
        if self._at_the_doors is None:
            self._at_the_doors = self._free
        news, self._news = self._news, asyncio.Event()
        news.set()

    def strike(self, taken: Iterable[int]) -> None:
        """Forget places that a refusal named."""
        gone = frozenset(taken)
        self._free = [place for place in self._free if place not in gone]

    def first_pick(self, party: int, chance: Random) -> Sequence[int]:
        """Choose as one does who has looked at nothing since the doors opened."""
        return _side_by_side(self._at_the_doors or [], party, chance)

    def pick(self, party: int, chance: Random) -> Sequence[int]:
        """Choose from what seems to be free; fewer when few are left, or none."""
        return _side_by_side(self._free, party, chance)

    async def news(self, *, timeout_s: float) -> None:
        """Wait for the server's next answer, but not for ever."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._news.wait()
        except TimeoutError:
            return


def _side_by_side(free: Sequence[int], party: int, chance: Random) -> Sequence[int]:
    """Take neighbours, rather in front than behind."""
    party = min(party, len(free))
    first = int((len(free) - party + 1) * chance.random() ** 2)
    return free[first : first + party]

"""The hall as a piece of a page: the map and the list of places, with their states.

The piece that is nobody's in particular, for choosing, is drawn at most once a
`SHARED_S` for all who ask: the live socket brings a page up to date at once anyway.
Whoever brings a token, has chosen or holds something gets a piece of their own.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Sequence

import msgspec

from boxoffice.application.queries.catalogue import PerformanceEntry
from boxoffice.domain.money import Money
from boxoffice.errors import TooSlow
from boxoffice.readmodels.availability import Availability, states
from boxoffice_api.edge import Edge
from boxoffice_api.head import Head
from boxoffice_api.live.hub import read_hall
from boxoffice_api.pages.packing import Part, part
from boxoffice_api.pages.paper import Paper
from boxoffice_api.pages.svg import Scene, Scenes, hall_svg

SHARED_S = 1.0
SHARED_MAX = 32
"""Pieces that are kept: a few hundred kilobytes each."""

_HALL = msgspec.json.Decoder(Availability)


class Level(msgspec.Struct, frozen=True):
    """A price level with its all-in price and how its places stand."""

    category: int
    name: str
    price: Money | None
    places: int
    free: int


class HallView(msgspec.Struct, frozen=True):
    """A hall at a position."""

    piece: Part
    levels: list[Level]
    position: int


Make = Callable[[], Awaitable[HallView]]
Key = tuple[str, int | None]


class Halls:
    """Draws halls; keeps what many can share."""

    def __init__(self, edge: Edge, paper: Paper) -> None:
        self._edge = edge
        self._paper = paper
        self._scenes = Scenes()
        self._shared: OrderedDict[Key, _Shared] = OrderedDict()

    async def scene(self, entry: PerformanceEntry) -> Scene:
        """Give the hall of a performance as it was when it was scheduled."""
        catalogue = self._edge.catalogue
        return self._scenes.of(await catalogue.drawing(entry.plan, entry.plan_version))

    async def shared(self, head: Head, entry: PerformanceEntry) -> HallView:
        """Give a hall to choose from, at most `SHARED_S` old.

        Raises:
            Unavailable: the store does not answer.
        """

        async def make() -> HallView:
            return await self.own(head, entry)

        key = (entry.performance, entry.price_list)
        found = self._shared.setdefault(key, _Shared())
        self._shared.move_to_end(key)
        if len(self._shared) > SHARED_MAX:
            self._shared.popitem(last=False)
        return await found.view(make)

    async def listed(
        self, head: Head, entry: PerformanceEntry, *, kept: Collection[int] = ()
    ) -> Part:
        """Draw the list of places alone, for staff to tick in.

        Raises:
            Unavailable: the store does not answer.
        """
        scene = await self.scene(entry)
        sections = await _sections(self._edge, head, entry)
        state = {o: letter for s in sections for o, letter in states(s).items()}
        text = self._paper.text(
            "_picker.html",
            entry=entry,
            chart=scene.chart,
            free={ordinal for ordinal, letter in state.items() if letter == "f"},
            kept=set(kept),
            is_choosing=True,
            is_alone=True,
        )
        return part(text)

    async def own(
        self,
        head: Head,
        entry: PerformanceEntry,
        *,
        kept: Collection[int] = (),
        mine: Collection[int] | None = None,
        may_choose: bool = True,
    ) -> HallView:
        """Draw a hall for one: with what they had chosen, or (`mine`) hold.

        Raises:
            Unavailable: the store does not answer.
        """
        scene = await self.scene(entry)
        sections = await _sections(self._edge, head, entry)
        state = {o: letter for s in sections for o, letter in states(s).items()}
        text = self._paper.text(
            "_hall.html",
            entry=entry,
            chart=scene.chart,
            svg=hall_svg(scene, state, mine=mine or ()),
            free={ordinal for ordinal, letter in state.items() if letter == "f"},
            kept=set(kept),
            is_choosing=may_choose,
            is_alone=False,
        )
        return HallView(
            piece=part(text),
            levels=levels(entry, sections),
            position=max((s.position for s in sections), default=0),
        )


class _Shared:
    """One piece; who asks while it is being drawn waits for it."""

    def __init__(self) -> None:
        self._drawing = asyncio.Lock()
        self._view: HallView | None = None
        self._until = 0.0

    async def view(self, make: Make) -> HallView:
        now = asyncio.get_running_loop().time
        async with self._drawing:
            if self._view is None or now() >= self._until:
                self._view = await make()
                self._until = now() + SHARED_S
            return self._view


def levels(entry: PerformanceEntry, sections: Sequence[Availability]) -> list[Level]:
    """Add the sections up, by price level."""
    found = []
    for category, level in enumerate(entry.categories):
        counts = [s.counts[category] for s in sections if category in s.counts]
        free = sum(count.free for count in counts)
        taken = sum(count.held + count.sold for count in counts)
        if free + taken:
            price = entry.prices.get(category)
            found.append(Level(category, level.name, price, free + taken, free))
    return found


async def _sections(
    edge: Edge, head: Head, entry: PerformanceEntry
) -> Sequence[Availability]:
    """Read all sections; wait a moment for what the buyer just did."""
    keys = [f"{entry.performance}/{s.section}" for s in entry.sections]
    try:
        reading = await edge.read(head, edge.availability, keys)
    except TooSlow:
        return await read_hall(edge, entry)
    return [_HALL.decode(document.body) for document in reading.documents]

"""The hall as a piece of a page: the map and the list of places, with their states.

The piece that is nobody's in particular, for choosing, is drawn at most once a
`SHARED_S` for all who ask: the live socket brings a page up to date at once anyway.
Whoever brings a token, has chosen or holds something gets a piece of their own.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Sequence
from functools import partial

import msgspec

from boxoffice.application.queries.catalogue import PerformanceEntry
from boxoffice.application.together import Together
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


Key = tuple[str, int | None]


class Halls:
    """Draws halls; keeps what many can share."""

    def __init__(self, edge: Edge, paper: Paper) -> None:
        self._edge = edge
        self._paper = paper
        self._scenes = Scenes()
        self._shared: OrderedDict[Key, tuple[HallView, float]] = OrderedDict()
        self._together = Together[Key, HallView]()

    async def scene(self, entry: PerformanceEntry) -> Scene:
        """Give the hall of a performance as it was when it was scheduled."""
        catalogue = self._edge.catalogue
        drawing = await catalogue.drawing(entry.plan, entry.plan_version)
        return await self._scenes.of(drawing)

    async def shared(self, head: Head, entry: PerformanceEntry) -> HallView:
        """Give a hall to choose from, at most `SHARED_S` old.

        Raises:
            Unavailable: the store does not answer.
        """
        key = (entry.performance, entry.price_list)
        view, until = self._shared.get(key, (None, 0.0))
        if view is None or asyncio.get_running_loop().time() >= until:
            view = await self._together.do(key, partial(self._draw, key, head, entry))
        return view

    async def _draw(self, key: Key, head: Head, entry: PerformanceEntry) -> HallView:
        view = await self.own(head, entry)
        until = asyncio.get_running_loop().time() + SHARED_S
        self._shared[key] = view, until
        self._shared.move_to_end(key)
        if len(self._shared) > SHARED_MAX:
            self._shared.popitem(last=False)
        return view

    async def listed(
        self, head: Head, entry: PerformanceEntry, *, kept: Collection[int] = ()
    ) -> Part:
        """Draw the list of places alone, for staff to tick in.

        Raises:
            Unavailable: the store does not answer.
        """
        scene = await self.scene(entry)
        sections = await _sections(self._edge, head, entry)
        return await asyncio.to_thread(
            self._part,
            "_picker.html",
            entry=entry,
            chart=scene.chart,
            free=_free(_states(sections)),
            kept=set(kept),
            is_choosing=True,
            is_alone=True,
        )

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
        state = _states(sections)
        svg = await asyncio.to_thread(hall_svg, scene, state, mine=mine or ())
        piece = await asyncio.to_thread(
            self._part,
            "_hall.html",
            entry=entry,
            chart=scene.chart,
            svg=svg,
            free=_free(state),
            kept=set(kept),
            is_choosing=may_choose,
            is_alone=False,
        )
        return HallView(
            piece=piece,
            levels=levels(entry, sections),
            position=max((s.position for s in sections), default=0),
        )

    def _part(self, template: str, **context: object) -> Part:
        """Draw and pack in a thread: a large hall takes longer than others may wait."""
        return part(self._paper.text(template, **context))


def _states(sections: Sequence[Availability]) -> dict[int, str]:
    return {o: letter for s in sections for o, letter in states(s).items()}


def _free(state: dict[int, str]) -> set[int]:
    return {ordinal for ordinal, letter in state.items() if letter == "f"}


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

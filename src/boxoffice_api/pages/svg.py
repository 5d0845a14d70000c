"""A hall as SVG: drawn on the server, complete without any script.

A place is one `<use>` of a symbol: which one says its state by shape, and the style
sheet says it again by colour. There is not one style attribute, so the strictest
policy lets it pass.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Container, Iterator, Mapping
from functools import partial
from itertools import groupby

import msgspec
from markupsafe import Markup, escape

from boxoffice.application.queries.catalogue import Drawing
from boxoffice.application.together import Together
from boxoffice.domain.ids import PlanId
from boxoffice_api.pages.backdrop import backdrop
from boxoffice_api.pages.chart import Chart, ChartPlace, chart_of
from boxoffice_api.pages.symbols import kind_letter, symbols

SCENES_MAX = 8
_Version = tuple[PlanId, int]


class Scene(msgspec.Struct, frozen=True):
    """All of a hall that does not change while places are sold."""

    chart: Chart
    scenery: str


class Scenes:
    """The last few scenes; the one that was asked for longest ago goes first.

    Each is drawn once, however many look first, and beside the event loop: a large
    hall takes a second.
    """

    def __init__(self) -> None:
        self._scenes: OrderedDict[_Version, Scene] = OrderedDict()
        self._drawing = Together[_Version, Scene]()

    async def of(self, drawing: Drawing) -> Scene:
        """Give a drawing's scene."""
        key = (drawing.plan, drawing.version)
        scene = self._scenes.get(key)
        if scene is None:
            draw = partial(asyncio.to_thread, scene_of, drawing)
            scene = self._scenes[key] = await self._drawing.do(key, draw)
        self._scenes.move_to_end(key)
        if len(self._scenes) > SCENES_MAX:
            self._scenes.popitem(last=False)
        return scene


def scene_of(drawing: Drawing) -> Scene:
    """Draw what does not change."""
    chart = chart_of(drawing)
    defs = f"<defs>{symbols(chart.radius)}</defs>"
    return Scene(chart, defs + backdrop(chart))


def hall_svg(
    scene: Scene, states: Mapping[int, str], *, mine: Container[int] = ()
) -> Markup:
    """Draw a hall; `states` has `f`, `h` or `s` for each ordinal."""
    chart, box = scene.chart, scene.chart.box
    view = f"{box.left:g} {box.top:g} {box.width:g} {box.height:g}"
    return Markup(  # noqa: S704 - what comes from a plan is escaped or a number
        f'<svg id="hall" class="hall" role="img" xmlns="http://www.w3.org/2000/svg"'
        f' aria-label="Seat map of {escape(chart.hall)}" viewBox="{view}"'
        f' data-pitch="{chart.pitch:g}">{scene.scenery}'
        f"{''.join(_places(chart, states, mine))}</svg>"
    )


def _places(
    chart: Chart, states: Mapping[int, str], mine: Container[int]
) -> Iterator[str]:
    for section in chart.sections:
        ordered = sorted(section.places, key=lambda place: place.category)
        for category, places in groupby(ordered, key=lambda place: place.category):
            drawn = "".join(_place(p, states, mine) for p in places)
            yield f'<g class="places k{category}">{drawn}</g>'


def _place(place: ChartPlace, states: Mapping[int, str], mine: Container[int]) -> str:
    state = "y" if place.ordinal in mine else states.get(place.ordinal, "s")
    return (
        f'<use id="p{place.ordinal}" class="{state}"'
        f' href="#{state}{kind_letter(place.kind)}" x="{place.x:g}" y="{place.y:g}"/>'
    )

"""A hall's drawing made ready for pages: names, rows, sizes, bounds.

Depends on the plan alone, so it is made once per version of a plan and kept. States
and prices come to it when a page is drawn.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from math import hypot
from statistics import median

import msgspec

from boxoffice.application.queries.catalogue import Drawing
from boxoffice.domain.catalogue.events import PlanPlace, PlanSection, PlanShape
from boxoffice_api.pages.apart import set_apart

PITCH_DEFAULT = 24.0
RADIUS_SHARE = 0.38
"""Of the distance between neighbours; the rest is air."""
MARGIN_PITCHES = 1.8
TITLE_PITCHES = 1.6
_SHORT = re.compile(r"\w{1,3}")
"""A row that is only a letter or a number needs the word before it."""


class ChartPlace(msgspec.Struct, frozen=True):
    """A place as drawn, with the name that people call it by."""

    ordinal: int
    seat: str
    category: int
    kind: str
    x: float
    y: float
    name: str


class ChartRow(msgspec.Struct, frozen=True):
    """Neighbours. `name` is `Row C` or `Table 4`."""

    row: str
    name: str
    places: tuple[ChartPlace, ...]


class ChartSection(msgspec.Struct, frozen=True):
    """A part of the hall."""

    section: int
    name: str
    rows: tuple[ChartRow, ...]

    @property
    def places(self) -> Iterator[ChartPlace]:
        """All places of all rows."""
        return (place for row in self.rows for place in row.places)


class Title(msgspec.Struct, frozen=True):
    """A section's name, above its middle."""

    text: str
    x: float
    y: float


class Box(msgspec.Struct, frozen=True):
    """A rectangle on the plan."""

    left: float
    top: float
    width: float
    height: float


class Chart(msgspec.Struct, frozen=True):
    """A hall. `radius` is that of a place, `pitch` the way to its neighbour."""

    hall: str
    sections: tuple[ChartSection, ...]
    shapes: tuple[PlanShape, ...]
    titles: tuple[Title, ...]
    box: Box
    pitch: float
    radius: float
    names: dict[int, str]
    """What a place is called, by ordinal."""


def chart_of(drawing: Drawing) -> Chart:
    """Prepare a drawing."""
    drawn = drawing.drawn
    pitch = _pitch(drawn.sections)
    apart = set_apart(drawn.sections, pitch)
    sections = tuple(_section(i, section) for i, section in enumerate(apart))
    titles = tuple(_titles(sections, drawn.shapes, pitch))
    points = [*_points(sections, drawn.shapes), *((t.x, t.y) for t in titles)]
    return Chart(
        hall=drawn.name,
        sections=sections,
        shapes=drawn.shapes,
        titles=titles,
        box=_box(points, margin=MARGIN_PITCHES * pitch),
        pitch=pitch,
        radius=round(RADIUS_SHARE * pitch, 2),
        names={p.ordinal: p.name for section in sections for p in section.places},
    )


def place_name(section: str, row: str, seat: str) -> str:
    """Say `Stalls row C seat 12` or `Lounge Table 4 seat 2`."""
    where = f"row {row}" if _SHORT.fullmatch(row) else row
    return " ".join(filter(None, [section, where, seat and f"seat {seat}"]))


def _section(index: int, section: PlanSection) -> ChartSection:
    rows = groupby(section.places, key=lambda place: place.row)
    return ChartSection(
        section=index,
        name=section.name,
        rows=tuple(_row(section.name, row, places) for row, places in rows),
    )


def _row(section: str, row: str, places: Iterable[PlanPlace]) -> ChartRow:
    return ChartRow(
        row=row,
        name=f"Row {row}" if _SHORT.fullmatch(row) else row or section,
        places=tuple(
            ChartPlace(
                ordinal=p.ordinal,
                seat=p.seat,
                category=p.category,
                kind=p.kind,
                x=p.x,
                y=p.y,
                name=place_name(section, row, p.seat),
            )
            for p in places
        ),
    )


def _pitch(sections: Sequence[PlanSection]) -> float:
    """Give the usual distance between neighbours of a row."""
    distances = [
        hypot(one.x - other.x, one.y - other.y)
        for section in sections
        for one, other in pairwise(section.places)
        if one.row == other.row
    ]
    return (median(distances) if distances else PITCH_DEFAULT) or PITCH_DEFAULT


def _titles(
    sections: Sequence[ChartSection], shapes: Sequence[PlanShape], pitch: float
) -> Iterator[Title]:
    """Name the sections, unless the plan has words of its own."""
    if any(shape.shape == "text" for shape in shapes):
        return
    for section in sections:
        places = list(section.places)
        middle = (min(p.x for p in places) + max(p.x for p in places)) / 2
        above = min(p.y for p in places) - TITLE_PITCHES * pitch
        yield Title(section.name, middle, above)


def _points(
    sections: Sequence[ChartSection], shapes: Sequence[PlanShape]
) -> Iterator[tuple[float, float]]:
    for section in sections:
        yield from ((place.x, place.y) for place in section.places)
    for shape in shapes:
        yield from _corners(shape)


def _corners(shape: PlanShape) -> Iterator[tuple[float, float]]:
    if shape.points:
        yield from ((shape.x + x, shape.y + y) for x, y in shape.points)
    elif shape.shape == "rectangle":
        yield shape.x, shape.y
        yield shape.x + shape.width, shape.y + shape.height
    else:
        half = shape.width / 2, shape.height / 2
        yield shape.x - half[0], shape.y - half[1]
        yield shape.x + half[0], shape.y + half[1]


def _box(points: Iterable[tuple[float, float]], *, margin: float) -> Box:
    xs, ys = zip(*points, strict=True)
    left, top = min(xs) - margin, min(ys) - margin
    return Box(
        left=round(left, 1),
        top=round(top, 1),
        width=round(max(xs) + margin - left, 1),
        height=round(max(ys) + margin - top, 1),
    )

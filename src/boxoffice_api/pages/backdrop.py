"""What lies under the places: shapes of the plan and letters of the rows.

The same for everybody and at any time, so it is drawn once per plan. What the plan
draws keeps its colours, except that labels are given an ink that can be read on what
lies under them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import hypot

from markupsafe import escape

from boxoffice.domain.catalogue.events import PlanShape
from boxoffice_api.pages.chart import Chart, ChartRow
from boxoffice_api.pages.colours import ground, read
from boxoffice_api.pages.nearness import Nearness

ROW_LETTERS_MAX = 3
LABEL_SHARE = 0.62
"""Height of a row's label, of the distance between neighbours."""
TITLE_SHARE = 1.0
CLEAR_PITCHES = 0.8
"""A row's label is left out where a place would be this near."""

_Bounds = tuple[float, float, float, float]
"""Left, top, right, bottom."""


def backdrop(chart: Chart) -> str:
    """Draw everything but the places."""
    return (
        f'<g class="shapes" aria-hidden="true">{"".join(_shapes(chart))}</g>'
        f'<g class="rows" aria-hidden="true">{"".join(_row_labels(chart))}</g>'
        f'<g class="titles" aria-hidden="true">{"".join(_titles(chart))}</g>'
    )


def _titles(chart: Chart) -> Iterator[str]:
    size = round(TITLE_SHARE * chart.pitch, 1)
    for title in chart.titles:
        yield _text(title.text, title.x, title.y, size=size)


def _row_labels(chart: Chart) -> Iterator[str]:
    places = [place for section in chart.sections for place in section.places]
    rows = [row for section in chart.sections for row in section.rows]
    size = round(LABEL_SHARE * chart.pitch, 1)
    lettered = [
        row
        for row in rows
        if 0 < len(row.row) <= ROW_LETTERS_MAX and len(row.places) > 1
    ]
    ends = [(row, *end) for row in lettered for end in _ends(row, chart.pitch)]
    near = Nearness(places, reach=CLEAR_PITCHES * chart.pitch)
    for row, x, y in ends:
        if near.is_clear(x, y):
            yield _text(row.row, x, y, size=size)


def _ends(row: ChartRow, pitch: float) -> Iterator[tuple[float, float]]:
    """Give the points one step beyond both ends of a row."""
    for end, neighbour in (row.places[:2], row.places[:-3:-1]):
        length = hypot(end.x - neighbour.x, end.y - neighbour.y) or 1.0
        step = pitch / length
        yield (
            end.x + (end.x - neighbour.x) * step,
            end.y + (end.y - neighbour.y) * step,
        )


def _shapes(chart: Chart) -> Iterator[str]:
    grounds: list[tuple[_Bounds, PlanShape]] = []
    for index, shape in enumerate(chart.shapes):
        if shape.shape == "text":
            under = _under(shape, grounds)
            yield _text(
                shape.text,
                shape.x,
                shape.y,
                size=shape.height,
                ink=_ink(under, index),
            )
        else:
            grounds.append((_bounds(shape), shape))
            yield _outline(shape, index)


def _ink(under: PlanShape | None, index: int) -> str:
    """Name the class of a label's ink: by what it stands on."""
    if under is None:
        return "on-floor"
    return f"on-{ground(read(under.colour, index=index))}"


def _outline(shape: PlanShape, index: int) -> str:
    colour = read(shape.colour, index=index)
    look = (
        f' fill="#{colour.text()}" class="{ground(colour)}"'
        if shape.colour
        else ' class="bare"'
    )
    turn = (
        f' transform="rotate({shape.rotation:g} {shape.x:g} {shape.y:g})"'
        if shape.rotation
        else ""
    )
    if shape.points:
        points = " ".join(f"{shape.x + x:g},{shape.y + y:g}" for x, y in shape.points)
        return f'<polygon points="{points}"{look}{turn}/>'
    if shape.shape == "rectangle":
        return (
            f'<rect x="{shape.x:g}" y="{shape.y:g}" width="{shape.width:g}"'
            f' height="{shape.height:g}" rx="6"{look}{turn}/>'
        )
    return (
        f'<ellipse cx="{shape.x:g}" cy="{shape.y:g}" rx="{shape.width / 2:g}"'
        f' ry="{shape.height / 2:g}"{look}{turn}/>'
    )


def _text(text: str, x: float, y: float, *, size: float, ink: str = "on-floor") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" class="{ink}">'
        f"{escape(text)}</text>"
    )


def _under(
    label: PlanShape, grounds: Sequence[tuple[_Bounds, PlanShape]]
) -> PlanShape | None:
    """Find what a label stands on, by the shapes' bounds."""
    for (left, top, right, bottom), shape in reversed(grounds):
        if left <= label.x <= right and top <= label.y <= bottom:
            return shape
    return None


def _bounds(shape: PlanShape) -> _Bounds:
    if shape.points:
        xs = [shape.x + x for x, _ in shape.points]
        ys = [shape.y + y for _, y in shape.points]
        return min(xs), min(ys), max(xs), max(ys)
    left, top = shape.x, shape.y
    if shape.shape != "rectangle":
        left, top = left - shape.width / 2, top - shape.height / 2
    return left, top, left + shape.width, top + shape.height

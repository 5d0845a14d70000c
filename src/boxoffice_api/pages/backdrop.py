"""What lies under the places: shapes of the plan and letters of the rows.

The same for everybody and at any time, so it is drawn once per plan. What the plan
draws keeps its colours, except that labels are given an ink that can be read on what
lies under them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import hypot

from markupsafe import escape

from boxoffice.domain.catalogue.events import PlanShape
from boxoffice_api.pages.chart import Chart, ChartPlace, ChartRow
from boxoffice_api.pages.colours import ground, read

ROW_LETTERS_MAX = 3
LABEL_SHARE = 0.62
"""Height of a row's label, of the distance between neighbours."""
TITLE_SHARE = 1.0
CLEAR_PITCHES = 0.8
"""A row's label is left out where a place would be this near."""


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
    for row, x, y in ends:
        if _is_clear(x, y, places, distance=CLEAR_PITCHES * chart.pitch):
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


def _is_clear(
    x: float, y: float, places: Iterable[ChartPlace], *, distance: float
) -> bool:
    return all(
        abs(place.x - x) > distance or abs(place.y - y) > distance for place in places
    )


def _shapes(chart: Chart) -> Iterator[str]:
    grounds: list[PlanShape] = []
    for index, shape in enumerate(chart.shapes):
        if shape.shape == "text":
            under = next((g for g in reversed(grounds) if _covers(g, shape)), None)
            yield _text(
                shape.text,
                shape.x,
                shape.y,
                size=shape.height,
                ink=_ink(under, index),
            )
        else:
            grounds.append(shape)
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


def _covers(ground: PlanShape, label: PlanShape) -> bool:
    """Tell whether a label stands on a shape, by the shape's bounds."""
    if ground.points:
        xs = [ground.x + x for x, _ in ground.points]
        ys = [ground.y + y for _, y in ground.points]
        return min(xs) <= label.x <= max(xs) and min(ys) <= label.y <= max(ys)
    left, top = ground.x, ground.y
    if ground.shape != "rectangle":
        left, top = left - ground.width / 2, top - ground.height / 2
    return (
        left <= label.x <= left + ground.width and top <= label.y <= top + ground.height
    )

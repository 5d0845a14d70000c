"""Reading a hall from a file in the open JSON seating plan format.

The format is the one that pretix and its plan editor exchange. Whatever the file
says beyond what we need is tolerated; what we need and cannot use is refused, with
its place in the file. Coordinates come out absolute: zone + row + place. A zone is a
section; one with more than 2,000 places becomes several, cut between rows.

Source: docs/reference/seating-plan-format.md says what we read and how.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from boxoffice.application.json_cursor import Cursor, parse
from boxoffice.domain.catalogue.commands import (
    DrawnPlace,
    DrawnSection,
    ImportSeatingPlan,
)
from boxoffice.domain.catalogue.events import Category, PlanShape
from boxoffice.domain.ids import PlanId
from boxoffice.errors import Invalid

FILE_BYTES_MAX = 8_000_000
PLACES_MAX = 100_000
SHAPES_MAX = 10_000
POINTS_MAX = 1_000
CATEGORIES_MAX = 100
SECTION_PLACES_MAX = 2_000
"""Bound of one read-model document. Source: design, decision 13."""
LABEL_BYTES_MAX = 80
"""Of section, row and place as JSON, with room for the number of a section's part:
2,000 labels must fit into one read-model document."""
COORDINATE_MAX = 1_000_000.0
NAME_CHARACTERS_MAX = 100
COLOUR = re.compile(r"#[0-9A-Fa-f]{3,8}|[A-Za-z]{1,30}|(rgb|hsl)a?\([\d.,%/ deg]+\)")
"""What may stand where a page writes a colour."""
DEFAULT_COLOUR = "#7c8894"
KINDS = ("seat", "wheelchair", "companion")
"""Values of our extension `kind` of a seat."""
TEXT_HEIGHT = 16.0
"""Of a label whose size the file does not give, in plan units."""


class Point(NamedTuple):
    """A place on the plan, x to the right and y down."""

    x: float
    y: float

    def shifted(self, by: Point) -> Point:
        """Add, without the noise of binary fractions."""
        return Point(round(self.x + by.x, 3), round(self.y + by.y, 3))


ORIGIN = Point(0.0, 0.0)
MARGIN = Point(20.0, 20.0)
"""Room for the drawing of the outermost places."""


class Row(NamedTuple):
    """The places of one row, with its place in the file."""

    at: Cursor
    places: list[DrawnPlace]


def read_plan(data: bytes, *, plan: PlanId, now: datetime) -> ImportSeatingPlan:
    """Turn the bytes of a plan file into the command that imports it.

    Raises:
        Invalid: the text says what is wrong, and where in the file.
    """
    root = parse(data, bytes_max=FILE_BYTES_MAX)
    categories = tuple(_categories(root))
    zones = list(root.field("zones").elements())
    reader = _PlaceReader({c.name: i for i, c in enumerate(categories)})
    sections = tuple(_distinct(_sections(zones, reader)))
    if not sections:
        raise Invalid("zones: there is no place in the whole file", place="zones")
    shapes = tuple(_shapes(zones))
    width, height = _size(root, sections)
    return ImportSeatingPlan(
        now=now,
        plan=plan,
        name=_name(root),
        width=width,
        height=height,
        categories=categories,
        sections=sections,
        shapes=shapes,
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _name(root: Cursor) -> str:
    return root.field("name").text(characters_max=NAME_CHARACTERS_MAX)


def _categories(root: Cursor) -> Iterator[Category]:
    seen: set[str] = set()
    for item in root.field("categories").elements():
        name = item.field("name")
        text = name.text(characters_max=NAME_CHARACTERS_MAX)
        if text in seen:
            raise name.refuse(f"there is another category {text!r}")
        if len(seen) == CATEGORIES_MAX:
            raise item.refuse(f"at most {CATEGORIES_MAX} categories are allowed")
        seen.add(text)
        yield Category(text, _colour(item, "color") or DEFAULT_COLOUR)


def _colour(item: Cursor, name: str) -> str:
    found = item.maybe(name)
    if found is None:
        return ""
    colour = found.text(characters_max=40, empty=True)
    if colour and not COLOUR.fullmatch(colour):
        raise found.refuse("is not a colour such as #1d3557")
    return colour


def _size(root: Cursor, sections: tuple[DrawnSection, ...]) -> Point:
    """Take the size the file gives, but always room for every place.

    Real files have places beyond their own size; they must not fall off the page.
    """
    places = [place for section in sections for place in section.places]
    needed = Point(max(p.x for p in places), max(p.y for p in places)).shifted(MARGIN)
    size = root.maybe("size")
    if size is None:
        return Point(max(needed.x, 1.0), max(needed.y, 1.0))
    width, height = size.field("width"), size.field("height")
    return Point(
        max(width.number(least=1, most=COORDINATE_MAX), needed.x),
        max(height.number(least=1, most=COORDINATE_MAX), needed.y),
    )


def _point(at: Cursor) -> Point:
    x, y = at.field("x"), at.field("y")
    return Point(
        x.number(least=-COORDINATE_MAX, most=COORDINATE_MAX),
        y.number(least=-COORDINATE_MAX, most=COORDINATE_MAX),
    )


def _position(item: Cursor, above: Point) -> Point:
    """Give the position relative to what contains the item; none is its origin."""
    position = item.maybe("position")
    return above if position is None else above.shifted(_point(position))


# ----------------------------------------------------------------- the places


class _PlaceReader:
    """Reads places, remembering identities across the file."""

    def __init__(self, categories: dict[str, int]) -> None:
        self._categories = categories
        self._guids: dict[str, Cursor] = {}

    def row(self, row: Cursor, zone: Point, *, section: str) -> Row:
        origin = _position(row, zone)
        number = row.field("row_number")
        name = number.text(characters_max=NAME_CHARACTERS_MAX, empty=True)
        seats = row.field("seats").elements()
        label = f"{section} {name}-"
        return Row(row, [self._place(s, name, origin, label=label) for s in seats])

    def _place(
        self, seat: Cursor, row: str, origin: Point, *, label: str
    ) -> DrawnPlace:
        x, y = origin.shifted(_point(seat.field("position")))
        number = seat.field("seat_number")
        name = number.text(characters_max=NAME_CHARACTERS_MAX, empty=True)
        if len(json.dumps(label + name, ensure_ascii=False).encode()) > LABEL_BYTES_MAX:
            raise number.refuse(
                f"the label {label + name!r} is longer than {LABEL_BYTES_MAX} bytes"
            )
        return DrawnPlace(
            guid=self._guid(seat.field("seat_guid")),
            row=row,
            seat=name,
            category=self._category(seat.field("category")),
            x=x,
            y=y,
            kind=_kind(seat),
        )

    def _guid(self, at: Cursor) -> str:
        guid = at.text(characters_max=NAME_CHARACTERS_MAX)
        if guid in self._guids:
            first = self._guids[guid].path()
            raise at.refuse(f"{guid!r} stands already at {first}")
        if len(self._guids) == PLACES_MAX:
            raise at.refuse(f"at most {PLACES_MAX:,} places are allowed")
        self._guids[guid] = at
        return guid

    def _category(self, at: Cursor) -> int:
        name = at.text(characters_max=NAME_CHARACTERS_MAX)
        index = self._categories.get(name)
        if index is None:
            known = ", ".join(self._categories) or "there are none"
            raise at.refuse(f'"{name}" is not one of the categories ({known})')
        return index


def _kind(seat: Cursor) -> str:
    at = seat.maybe("kind")
    if at is None:
        return "seat"
    kind = at.text(characters_max=NAME_CHARACTERS_MAX)
    if kind not in KINDS:
        raise at.refuse(f'"{kind}" is not one of {", ".join(KINDS)}')
    return kind


# --------------------------------------------------------------- the sections


def _sections(zones: list[Cursor], reader: _PlaceReader) -> Iterator[DrawnSection]:
    for number, zone in enumerate(zones, start=1):
        origin = _position(zone, ORIGIN)
        name = _zone_name(zone, number)
        rows = [reader.row(row, origin, section=name) for row in zone.items("rows")]
        parts = [part for part in _bounded(rows) if part]
        for index, places in enumerate(parts, start=1):
            label = f"{name}, part {index}" if len(parts) > 1 else name
            yield DrawnSection(name=label, places=tuple(places))


def _zone_name(zone: Cursor, number: int) -> str:
    for field in ("name", "zone_id"):
        found = zone.maybe(field)
        if found is None:
            continue
        if text := found.text(characters_max=NAME_CHARACTERS_MAX, empty=True):
            return text
    return f"Zone {number}"


def _bounded(rows: Iterable[Row]) -> Iterator[list[DrawnPlace]]:
    """Gather whole rows into parts that a read model's document can hold."""
    part: list[DrawnPlace] = []
    for row in rows:
        if len(row.places) > SECTION_PLACES_MAX:
            raise row.at.refuse(f"has more than {SECTION_PLACES_MAX:,} places")
        if len(part) + len(row.places) > SECTION_PLACES_MAX:
            yield part
            part = []
        part.extend(row.places)
    yield part


def _distinct(sections: Iterable[DrawnSection]) -> Iterator[DrawnSection]:
    """Number sections of one name: a ticket must say where to go."""
    seen: Counter[str] = Counter()
    for section in sections:
        seen[section.name] += 1
        if (count := seen[section.name]) == 1:
            yield section
        else:
            yield DrawnSection(f"{section.name} ({count})", section.places)


# ----------------------------------------------------------------- the shapes


def _shapes(zones: list[Cursor]) -> Iterator[PlanShape]:
    count = 0
    for area, origin in _areas(zones):
        for shape in _area(area, origin):
            count += 1
            if count > SHAPES_MAX:
                raise area.refuse(f"at most {SHAPES_MAX:,} shapes are allowed")
            yield shape


def _areas(zones: list[Cursor]) -> Iterator[tuple[Cursor, Point]]:
    for zone in zones:
        origin = _position(zone, ORIGIN)
        for area in zone.items("areas"):
            yield area, origin


def _area(area: Cursor, zone: Point) -> Iterator[PlanShape]:
    """Give the outline, then the label on it; what we cannot draw is left out."""
    origin = _position(area, zone)
    found = area.maybe("shape")
    shape = "rectangle"
    if found is not None:
        shape = found.text(characters_max=NAME_CHARACTERS_MAX)
    yield from _outline(area, shape, origin)
    yield from _label(area, origin)


def _outline(area: Cursor, shape: str, at: Point) -> Iterator[PlanShape]:
    rotation = _length(area, "rotation", least=-COORDINATE_MAX)
    colour = _colour(area, "color")
    points: tuple[Point, ...] = ()
    width = height = 0.0
    match shape:
        case "rectangle":
            box = area.maybe("rectangle") or area
            width, height = _length(box, "width"), _length(box, "height")
        case "circle":
            width = height = 2 * _length(area.field("circle"), "radius")
        case "ellipse":
            radius = area.field("ellipse").field("radius")
            width, height = 2 * _length(radius, "x"), 2 * _length(radius, "y")
        case "polygon":
            points = tuple(_points(area.field("polygon")))
        case _:
            return
    yield PlanShape(
        shape=shape,
        x=at.x,
        y=at.y,
        width=width,
        height=height,
        rotation=rotation,
        colour=colour,
        points=points,
    )


def _points(polygon: Cursor) -> Iterator[Point]:
    for index, at in enumerate(polygon.field("points").elements()):
        if index == POINTS_MAX:
            raise at.refuse(f"at most {POINTS_MAX:,} points are allowed")
        yield _point(at)


def _label(area: Cursor, at: Point) -> Iterator[PlanShape]:
    """Give the text on an area; old files write it as a plain text."""
    found = area.maybe("text")
    if found is None:
        return
    if isinstance(found.value, str):
        words, place, colour, height = found, at, "", TEXT_HEIGHT
    else:
        maybe = found.maybe("text")
        if maybe is None:
            return
        words, place = maybe, _position(found, at)
        colour = _colour(found, "color")
        height = _length(found, "size") or TEXT_HEIGHT
    if text := words.text(characters_max=NAME_CHARACTERS_MAX, empty=True):
        yield PlanShape(
            shape="text", x=place.x, y=place.y, height=height, colour=colour, text=text
        )


def _length(item: Cursor, name: str, *, least: float = 0.0) -> float:
    found = item.maybe(name)
    return 0.0 if found is None else found.number(least=least, most=COORDINATE_MAX)

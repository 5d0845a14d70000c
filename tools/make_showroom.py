"""Draw The Showroom, the hall of the demo and of the tests.

A fan around the stage: round tables at the front, curved rows behind them, booths
along both walls, places for wheelchairs with a companion's beside each, and a balcony.
Rows lie on circles around one centre behind the stage; angles count from the middle
of the house, to the right. The same numbers give the same bytes on every machine.

    python -m tools.make_showroom            writes the file
    python -m tools.make_showroom --check    fails if the file differs
"""

import json
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

TARGET = Path(__file__).parent.parent / "src/boxoffice/demo/showroom.json"

Json = dict[str, Any]

WIDTH, HEIGHT = 1760, 1360
CENTRE_X, CENTRE_Y = 880.0, -560.0
SEAT_PITCH = 24.0
ROW_PITCH = 30.0

VIP, BOOTH, FRONT, REAR, BALCONY = (
    "VIP Table",
    "Booth",
    "Floor Front",
    "Floor Rear",
    "Balcony",
)
CATEGORIES = (
    (VIP, "#d4a017"),
    (BOOTH, "#8e5bd0"),
    (FRONT, "#d6455d"),
    (REAR, "#2f86c9"),
    (BALCONY, "#2e9e6b"),
)
WOOD, WALL, STAGE, RIM = "#8a7967", "#3c4350", "#232936", "#d4a017"
INK, PALE, PLATFORM = "#4a5261", "#ffffff", "#dbe7f2"

TABLE_ARCS = ((815.0, 7), (925.0, 8))
TABLE_SEATS, TABLE_PITCH = 6, 106.0
FLOOR_RADIUS, FLOOR_ROWS, FRONT_ROWS = 1030.0, 16, 6
FLOOR_BLOCKS = ((-0.425, -0.155), (-0.135, 0.135), (0.155, 0.425))
ACCESS_RADIUS = 1555.0
ACCESS_SPANS = ((-0.40, -0.10), (0.10, 0.40))
ACCESS_PAIRS = 6
BALCONY_RADIUS, BALCONY_ROWS = 1655.0, 5
BALCONY_BLOCKS = ((-0.45, -0.24), (-0.225, -0.01), (0.01, 0.225), (0.24, 0.45))
BOOTHS, BOOTH_RADIUS, BOOTH_ANGLE, BOOTH_PITCH = 7, 880.0, 0.5, 102.0
BOOTH_SEATS = 5


class Point(NamedTuple):
    x: float
    y: float

    def as_json(self) -> Json:
        return {"x": tidy(self.x), "y": tidy(self.y)}


def tidy(number: float) -> float | int:
    """One decimal is enough to draw, and the same on every machine."""
    rounded = round(number, 1)
    return int(rounded) if rounded == int(rounded) else rounded


def polar(radius: float, angle: float, *, around: Point | None = None) -> Point:
    """Give the point at an angle from straight ahead of the stage."""
    centre = around or Point(CENTRE_X, CENTRE_Y)
    return Point(
        centre.x + radius * math.sin(angle), centre.y + radius * math.cos(angle)
    )


def arc(radius: float, start: float, end: float, *, steps: int = 24) -> list[Point]:
    return [
        polar(radius, start + (end - start) * step / steps) for step in range(steps + 1)
    ]


def spread(start: float, end: float, count: int) -> list[float]:
    """Give `count` angles from `start` to `end`, both included."""
    return [start + (end - start) * index / (count - 1) for index in range(count)]


# ------------------------------------------------------------------ the places


def seat(guid: str, number: int, at: Point, category: str) -> Json:
    return {
        "seat_guid": guid,
        "seat_number": str(number),
        "position": at.as_json(),
        "category": category,
    }


def row(name: str, seats: Sequence[Json]) -> Json:
    return {
        "row_number": name,
        "row_number_position": "both",
        "position": {"x": 0, "y": 0},
        "seats": list(seats),
    }


def zone(name: str, zone_id: str, rows: Iterable[Json], areas: Iterable[Json]) -> Json:
    return {
        "name": name,
        "zone_id": zone_id,
        "position": {"x": 0, "y": 0},
        "rows": list(rows),
        "areas": list(areas),
    }


def letter(index: int) -> str:
    """Row letters, without I and O, which are read as numbers."""
    return "ABCDEFGHJKLMNPQRSTUVWXYZ"[index]


def curved_row(
    zone_id: str,
    name: str,
    radius: float,
    *,
    blocks: Sequence[tuple[float, float]],
    category: str,
) -> Json:
    """One row across all blocks, numbered from left to right."""
    angles: list[float] = []
    for start, end in blocks:
        count = int(radius * (end - start) / SEAT_PITCH) + 1
        half = SEAT_PITCH * (count - 1) / radius / 2
        middle = (start + end) / 2
        angles += spread(middle - half, middle + half, count)
    seats = [
        seat(f"{zone_id}-{name}-{number}", number, polar(radius, angle), category)
        for number, angle in enumerate(angles, start=1)
    ]
    return row(name, seats)


def table_centres() -> Iterator[tuple[Point, float]]:
    for radius, count in TABLE_ARCS:
        half = TABLE_PITCH * (count - 1) / radius / 2
        for angle in spread(-half, half, count):
            yield polar(radius, angle), angle


def table_rows() -> Iterator[Json]:
    for number, (centre, angle) in enumerate(table_centres(), start=1):
        turns = [angle + math.tau * (i + 0.5) / TABLE_SEATS for i in range(TABLE_SEATS)]
        yield row(
            f"Table {number}",
            [
                seat(f"vip-{number}-{i}", i, polar(36, -turn, around=centre), VIP)
                for i, turn in enumerate(turns, start=1)
            ],
        )


def booth_centres() -> Iterator[tuple[Point, float]]:
    """Along both walls, from the stage to the back: left, then right."""
    for side in (-1, 1):
        for index in range(BOOTHS):
            radius = BOOTH_RADIUS + BOOTH_PITCH * index
            yield polar(radius, side * (BOOTH_ANGLE - 4 / radius)), -side * math.pi / 2


def booth_rows() -> Iterator[Json]:
    """A bench in a half circle that opens towards the middle of the house."""
    for number, (centre, facing) in enumerate(booth_centres(), start=1):
        bench = spread(facing + math.pi * 0.5, facing + math.pi * 1.5, BOOTH_SEATS)
        yield row(
            f"Booth {number}",
            [
                seat(f"booth-{number}-{i}", i, polar(36, turn, around=centre), BOOTH)
                for i, turn in enumerate(bench, start=1)
            ],
        )


def floor_rows() -> Iterator[Json]:
    for index in range(FLOOR_ROWS):
        gap = ROW_PITCH if index >= FRONT_ROWS else 0.0
        yield curved_row(
            "floor",
            letter(index),
            FLOOR_RADIUS + ROW_PITCH * index + gap,
            blocks=FLOOR_BLOCKS,
            category=FRONT if index < FRONT_ROWS else REAR,
        )


def access_rows() -> Iterator[Json]:
    """Behind the last row, each wheelchair place with a companion's beside it."""
    seats: list[Json] = []
    for start, end in ACCESS_SPANS:
        for angle, (shift, kind) in product(
            spread(start, end, ACCESS_PAIRS),
            ((-13.5, "wheelchair"), (13.5, "companion")),
        ):
            at = polar(ACCESS_RADIUS, angle + shift / ACCESS_RADIUS)
            number = len(seats) + 1
            drawn = seat(f"access-W-{number}", number, at, REAR)
            seats.append(drawn | {"kind": kind})
    yield row("W", seats)


def balcony_rows() -> Iterator[Json]:
    for index in range(BALCONY_ROWS):
        yield curved_row(
            "balcony",
            letter(index),
            BALCONY_RADIUS + ROW_PITCH * index,
            blocks=BALCONY_BLOCKS,
            category=BALCONY,
        )


# ------------------------------------------------------------------ the shapes


def area(shape: str, at: Point, colour: str, **fields: Any) -> Json:
    return {
        "shape": shape,
        "position": at.as_json(),
        "color": colour,
        "border_color": colour,
        "rotation": 0,
    } | fields


def polygon(points: Sequence[Point], colour: str) -> Json:
    drawn = {"points": [point.as_json() for point in points]}
    return area("polygon", Point(0, 0), colour, polygon=drawn)


def circle(at: Point, radius: float, colour: str) -> Json:
    return area("circle", at, colour, circle={"radius": radius})


def label(words: str, at: Point, *, size: int, colour: str = INK) -> Json:
    text = {
        "text": words,
        "position": {"x": 0, "y": 0},
        "color": colour,
        "size": size,
    }
    return area("text", at, colour, text=text)


def band(inner: float, outer: float, start: float, end: float) -> list[Point]:
    """The outline of a piece of a ring."""
    return arc(inner, start, end) + arc(outer, end, start)


def stage_areas() -> Iterator[Json]:
    back = [polar(700, 0.40)._replace(y=40), polar(700, -0.40)._replace(y=40)]
    yield polygon(arc(715, -0.40, 0.40) + back, STAGE)
    yield polygon(band(715, 722, -0.40, 0.40), RIM)
    yield label("STAGE", Point(CENTRE_X, 96), size=44, colour=PALE)


def table_areas() -> Iterator[Json]:
    for number, (centre, _) in enumerate(table_centres(), start=1):
        yield circle(centre, 21, WOOD)
        yield label(str(number), centre, size=16, colour=PALE)


def booth_areas() -> Iterator[Json]:
    for number, (centre, _) in enumerate(booth_centres(), start=1):
        yield circle(centre, 19, WOOD)
        yield label(str(number), centre, size=16, colour=PALE)


def floor_areas() -> Iterator[Json]:
    yield polygon(band(1528, 1600, -0.055, 0.055), WALL)
    yield label("Sound", polar(1564, 0), size=20, colour=PALE)


def access_areas() -> Iterator[Json]:
    for start, end in ACCESS_SPANS:
        rim = 26 / ACCESS_RADIUS
        inner, outer = ACCESS_RADIUS - 19, ACCESS_RADIUS + 19
        yield polygon(band(inner, outer, start - rim, end + rim), PLATFORM)


def balcony_areas() -> Iterator[Json]:
    yield polygon(band(1624, 1632, -0.465, 0.465), WALL)


def hall_areas() -> Iterator[Json]:
    for x in (70, WIDTH - 330):
        at = Point(x, 1264)
        yield area("rectangle", at, WOOD, rectangle={"width": 260, "height": 46})
        yield label("Bar", Point(x + 130, 1287), size=24, colour=PALE)
    yield label("ENTRANCE", Point(CENTRE_X, 1330), size=22)


def showroom() -> Json:
    """The whole file, areas before what stands on them."""
    return {
        "name": "The Showroom",
        "size": {"width": WIDTH, "height": HEIGHT},
        "categories": [{"name": name, "color": colour} for name, colour in CATEGORIES],
        "zones": [
            zone("Stage", "stage", (), stage_areas()),
            zone("VIP", "vip", table_rows(), table_areas()),
            zone("Lounge", "lounge", booth_rows(), booth_areas()),
            zone("Floor", "floor", floor_rows(), floor_areas()),
            zone("Access", "access", access_rows(), access_areas()),
            zone("Balcony", "balcony", balcony_rows(), balcony_areas()),
            zone("House", "house", (), hall_areas()),
        ],
    }


def text(plan: Json) -> str:
    """JSON with one row of places or one area to a line: diffs can be read."""
    zones = []
    for one in plan["zones"]:
        head = {key: one[key] for key in ("name", "zone_id", "position")}
        parts = [dense(head)[:-1]]
        parts += [f'"{key}": {lines(one[key])}' for key in ("rows", "areas")]
        zones.append(",\n".join(parts) + "}")
    top = {key: plan[key] for key in ("name", "size", "categories")}
    return f'{dense(top)[:-1]},\n"zones": [\n' + ",\n".join(zones) + "\n]}\n"


def lines(items: Sequence[Json]) -> str:
    return "[\n" + ",\n".join(map(dense, items)) + "\n]" if items else "[]"


def dense(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def main(arguments: Sequence[str]) -> int:
    drawn = text(showroom())
    if "--check" in arguments:
        return 0 if TARGET.read_text("utf-8") == drawn else 1
    TARGET.write_text(drawn, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

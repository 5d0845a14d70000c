"""The Showroom is what its script draws, and a house one can play in."""

import math
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise

from boxoffice.application.plan_file import read_plan
from boxoffice.domain.catalogue.commands import DrawnPlace, ImportSeatingPlan
from boxoffice.domain.ids import PlanId
from tools.make_showroom import TARGET, showroom, text

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLACES = 1203
DRAWN_WIDTH = 20.0
"""A place is drawn this wide at most."""


def the_hall() -> ImportSeatingPlan:
    return read_plan(TARGET.read_bytes(), plan=PlanId("ab" * 12), now=NOW)


def all_places(hall: ImportSeatingPlan) -> list[DrawnPlace]:
    return [place for section in hall.sections for place in section.places]


def test_the_file_is_what_its_script_draws() -> None:
    assert text(showroom()) == TARGET.read_text("utf-8")


def test_the_house_is_as_large_as_we_say() -> None:
    hall = the_hall()
    assert [(s.name, len(s.places)) for s in hall.sections] == [
        ("VIP", 90),
        ("Lounge", 70),
        ("Floor", 705),
        ("Access", 24),
        ("Balcony", 314),
    ]
    assert len(all_places(hall)) == PLACES


def test_every_price_level_has_places() -> None:
    hall = the_hall()
    counted = Counter(place.category for place in all_places(hall))
    by_name = {c.name: counted[i] for i, c in enumerate(hall.categories)}
    assert by_name == {
        "VIP Table": 90,
        "Booth": 70,
        "Floor Front": 231,
        "Floor Rear": 498,
        "Balcony": 314,
    }


def test_beside_every_wheelchair_is_a_companion() -> None:
    special = [place for place in all_places(the_hall()) if place.kind != "seat"]
    assert [p.kind for p in special] == ["wheelchair", "companion"] * 12
    for chair, companion in zip(special[::2], special[1::2], strict=True):
        assert math.dist((chair.x, chair.y), (companion.x, companion.y)) < 30


def test_no_two_places_are_drawn_over_each_other() -> None:
    by_x = sorted(all_places(the_hall()), key=lambda place: place.x)
    for index, place in enumerate(by_x):
        for other in by_x[index + 1 :]:
            if other.x - place.x > DRAWN_WIDTH:
                break
            apart = math.dist((place.x, place.y), (other.x, other.y))
            assert apart >= DRAWN_WIDTH, (place.guid, other.guid)


def test_everything_stands_inside_the_plan() -> None:
    hall = the_hall()
    for place in all_places(hall):
        assert DRAWN_WIDTH <= place.x <= hall.width - DRAWN_WIDTH
        assert DRAWN_WIDTH <= place.y <= hall.height - DRAWN_WIDTH


def test_every_ticket_names_another_place() -> None:
    labels = Counter(
        (section.name, place.row, place.seat)
        for section in the_hall().sections
        for place in section.places
    )
    assert set(labels.values()) == {1}


def test_the_rows_of_the_floor_are_curved() -> None:
    front = [p for p in all_places(the_hall()) if p.guid.startswith("floor-A-")]
    middle = len(front) // 2
    heights = [p.y for p in front]
    assert all(a < b for a, b in pairwise(heights[:middle]))
    assert all(a > b for a, b in pairwise(heights[middle + 1 :]))


def test_stage_tables_and_bars_are_drawn_and_labelled() -> None:
    shapes = the_hall().shapes
    words = Counter(shape.text for shape in shapes if shape.text)
    assert words["STAGE"] == 1
    assert words["Bar"] == 2
    assert sum(shape.shape == "circle" for shape in shapes) == 15 + 14

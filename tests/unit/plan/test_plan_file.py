"""What we read from a seating plan file, and how we refuse what we cannot use."""

import copy
import hashlib
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from boxoffice.application.bounds import DOCUMENT_BYTES_MAX
from boxoffice.application.codec import encode
from boxoffice.application.plan_file import (
    DEFAULT_COLOUR,
    FILE_BYTES_MAX,
    POINTS_MAX,
    read_plan,
)
from boxoffice.domain.catalogue.commands import DrawnPlace, ImportSeatingPlan
from boxoffice.domain.catalogue.decide import import_seating_plan
from boxoffice.domain.catalogue.events import Category, PlanShape
from boxoffice.domain.catalogue.state import SeatingPlan
from boxoffice.domain.ids import PlanId
from boxoffice.errors import Invalid
from boxoffice.readmodels.seat_map import SeatMap, SeatPlace

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLAN = PlanId("ab" * 12)
REAL_PLAN = os.environ.get("BOXOFFICE_TEST_PLAN", "")


def a_seat(number: int, **fields: object) -> dict[str, Any]:
    return {
        "seat_number": str(number),
        "seat_guid": f"guid-{number}",
        "position": {"x": 10 * number, "y": 1.5},
        "category": "Stalls",
    } | fields


def a_plan(**fields: object) -> dict[str, Any]:
    return {
        "name": "Little House",
        "size": {"width": 400, "height": 300},
        "categories": [
            {"name": "Stalls", "color": "#c0392b"},
            {"name": "Balcony", "color": "teal"},
        ],
        "zones": [
            {
                "name": "Floor",
                "zone_id": "floor",
                "position": {"x": 100, "y": 200},
                "rows": [
                    {
                        "row_number": "A",
                        "position": {"x": 5, "y": 7},
                        "seats": [a_seat(1), a_seat(2, category="Balcony")],
                    }
                ],
            }
        ],
    } | fields


def a_plan_with_rows(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return a_plan(zones=[{"name": "Floor", "position": {"x": 0, "y": 0}, "rows": rows}])


def a_plan_with_areas(*areas: dict[str, Any]) -> dict[str, Any]:
    plan = a_plan()
    plan["zones"][0]["areas"] = list(areas)
    return plan


def rows_of(*lengths: int) -> list[dict[str, Any]]:
    """Rows of as many places as given, numbered through."""
    rows: list[dict[str, Any]] = []
    number = 0
    for index, length in enumerate(lengths):
        seats = [a_seat(number + i) for i in range(length)]
        rows.append({"row_number": str(index), "seats": seats})
        number += length
    return rows


def read(plan: object) -> ImportSeatingPlan:
    return read_plan(json.dumps(plan).encode(), plan=PLAN, now=NOW)


def complaint(data: bytes) -> str:
    with pytest.raises(Invalid) as caught:
        read_plan(data, plan=PLAN, now=NOW)
    return caught.value.detail


def complaint_after(change: Callable[[dict[str, Any]], object]) -> str:
    plan = a_plan()
    change(plan)
    return complaint(json.dumps(plan).encode())


def seat_in(plan: dict[str, Any]) -> dict[str, Any]:
    seat: dict[str, Any] = plan["zones"][0]["rows"][0]["seats"][1]
    return seat


def test_places_come_out_with_the_sum_of_all_positions() -> None:
    command = read(a_plan())
    (section,) = command.sections
    assert section.name == "Floor"
    assert section.places == (
        DrawnPlace("guid-1", "A", "1", 0, 115.0, 208.5),
        DrawnPlace("guid-2", "A", "2", 1, 125.0, 208.5),
    )


def test_the_command_says_what_the_file_says() -> None:
    data = json.dumps(a_plan()).encode()
    command = read_plan(data, plan=PLAN, now=NOW)
    assert command.plan == PLAN
    assert command.now == NOW
    assert command.name == "Little House"
    assert (command.width, command.height) == (400.0, 300.0)
    assert command.sha256 == hashlib.sha256(data).hexdigest()
    assert command.categories == (
        Category("Stalls", "#c0392b"),
        Category("Balcony", "teal"),
    )


def test_fields_we_do_not_know_are_tolerated_everywhere() -> None:
    plan = a_plan(version="2", extra=[1])
    zone = plan["zones"][0]
    row = zone["rows"][0]
    for part in (plan["categories"][0], plan["size"], zone, row, row["seats"][0]):
        part["uuid"] = "5585abb3"
    row["row_number_position"] = "both"
    assert read(plan).sections == read(a_plan()).sections


def test_a_row_without_a_position_starts_where_its_zone_does() -> None:
    plan = a_plan()
    del plan["zones"][0]["rows"][0]["position"]
    assert read(plan).sections[0].places[0].x == 110.0


def test_a_file_without_a_size_gets_room_for_all_places() -> None:
    plan = a_plan()
    del plan["size"]
    command = read(plan)
    assert command.width > 125.0
    assert command.height > 208.5


def test_a_plan_is_never_smaller_than_what_stands_on_it() -> None:
    command = read(a_plan(size={"width": 120, "height": 900}))
    assert (command.width, command.height) == (145.0, 900.0)


def test_a_category_without_a_colour_gets_ours() -> None:
    plan = a_plan()
    del plan["categories"][0]["color"]
    assert read(plan).categories[0] == Category("Stalls", DEFAULT_COLOUR)


def test_a_byte_order_mark_is_tolerated() -> None:
    data = b"\xef\xbb\xbf" + json.dumps(a_plan()).encode()
    assert read_plan(data, plan=PLAN, now=NOW).name == "Little House"


@pytest.mark.parametrize("kind", ["seat", "wheelchair", "companion"])
def test_a_place_may_say_its_kind(kind: str) -> None:
    plan = a_plan()
    seat_in(plan)["kind"] = kind
    assert read(plan).sections[0].places[1].kind == kind


def test_a_zone_without_places_is_no_section_but_draws_its_areas() -> None:
    plan = a_plan()
    area = {
        "shape": "rectangle",
        "position": {"x": 1, "y": 2},
        "rectangle": {"width": 3, "height": 4},
    }
    plan["zones"].insert(
        0, {"name": "Stage", "position": {"x": 10, "y": 10}, "areas": [area]}
    )
    command = read(plan)
    assert [section.name for section in command.sections] == ["Floor"]
    assert command.shapes == (
        PlanShape(shape="rectangle", x=11.0, y=12.0, width=3.0, height=4.0),
    )


def test_a_nameless_zone_is_called_by_its_id_or_its_number() -> None:
    plan = a_plan()
    plan["zones"][0]["name"] = " "
    assert read(plan).sections[0].name == "floor"
    del plan["zones"][0]["zone_id"]
    assert read(plan).sections[0].name == "Zone 1"


def test_zones_of_one_name_become_sections_of_two_names() -> None:
    plan = a_plan()
    twin = copy.deepcopy(plan["zones"][0])
    for seat in twin["rows"][0]["seats"]:
        seat["seat_guid"] += "-twin"
    plan["zones"].append(twin)
    names = [section.name for section in read(plan).sections]
    assert names == ["Floor", "Floor (2)"]


def test_a_large_zone_is_cut_between_rows_into_sections_of_at_most_2000() -> None:
    sections = read(a_plan_with_rows(rows_of(900, 900, 900, 1_500))).sections
    assert [(s.name, len(s.places)) for s in sections] == [
        ("Floor, part 1", 1_800),
        ("Floor, part 2", 900),
        ("Floor, part 3", 1_500),
    ]
    assert {p.row for p in sections[0].places} == {"0", "1"}


def test_a_zone_of_exactly_2000_places_stays_whole() -> None:
    sections = read(a_plan_with_rows(rows_of(1_000, 1_000))).sections
    assert [(s.name, len(s.places)) for s in sections] == [("Floor", 2_000)]


def test_the_longest_labels_still_fit_into_one_document() -> None:
    rows = rows_of(*[500] * 6)
    for row in rows:
        for seat in row["seats"]:
            seat["seat_number"] = f"{seat['seat_number']:\u00fc>35}"
    drawn = read(a_plan_with_rows(rows))
    (plan,) = import_seating_plan(SeatingPlan(), drawn)
    section = plan.sections[0]
    seats = tuple(
        SeatPlace(
            99_000 + p.ordinal, f"{section.name} {p.row}-{p.seat}", 99, "companion"
        )
        for p in section.places
    )
    assert len(seats) == 2_000
    seat_map = SeatMap("f" * 24, 99, section.name, seats, "f" * 2_000, 10**12)
    assert len(encode(seat_map)) <= DOCUMENT_BYTES_MAX


def test_every_shape_is_drawn_where_it_stands() -> None:
    at = {"x": 1, "y": 2}
    plan = a_plan_with_areas(
        {
            "shape": "rectangle",
            "position": at,
            "color": "#222",
            "rotation": 45,
            "rectangle": {"width": 30, "height": 40},
        },
        {"shape": "circle", "position": at, "circle": {"radius": 5}},
        {"shape": "ellipse", "position": at, "ellipse": {"radius": {"x": 5, "y": 6}}},
        {
            "shape": "polygon",
            "position": at,
            "polygon": {"points": [{"x": 0, "y": 0}, {"x": 9, "y": 0}]},
        },
    )
    assert read(plan).shapes == (
        PlanShape(
            shape="rectangle",
            x=101.0,
            y=202.0,
            width=30.0,
            height=40.0,
            rotation=45.0,
            colour="#222",
        ),
        PlanShape(shape="circle", x=101.0, y=202.0, width=10.0, height=10.0),
        PlanShape(shape="ellipse", x=101.0, y=202.0, width=10.0, height=12.0),
        PlanShape(shape="polygon", x=101.0, y=202.0, points=((0.0, 0.0), (9.0, 0.0))),
    )


def test_the_text_of_an_area_is_a_shape_of_its_own() -> None:
    text = {"position": {"x": 3, "y": 4}, "color": "red", "text": "Bar", "size": 20}
    plan = a_plan_with_areas(
        {
            "shape": "circle",
            "position": {"x": 1, "y": 2},
            "circle": {"radius": 5},
            "text": text,
        },
        {"shape": "text", "position": {"x": 0, "y": 0}, "text": {"text": "Exit"}},
        {"position": {"x": 0, "y": 0}, "width": 7, "height": 8, "text": "Old style"},
        {"shape": "text", "position": {"x": 0, "y": 0}, "text": {"text": ""}},
    )
    circle, bar, exit_, old, old_text = read(plan).shapes
    assert (circle.shape, circle.text) == ("circle", "")
    assert bar == PlanShape(
        shape="text", x=104.0, y=206.0, height=20.0, colour="red", text="Bar"
    )
    assert (exit_.text, exit_.height) == ("Exit", 16.0)
    assert (old.shape, old.width, old.height) == ("rectangle", 7.0, 8.0)
    assert old_text.text == "Old style"


def test_a_shape_of_the_future_is_left_out() -> None:
    plan = a_plan_with_areas({"shape": "hexagon", "position": {"x": 0, "y": 0}})
    assert read(plan).shapes == ()


def test_an_unknown_category_is_named_with_its_place_and_the_known_ones() -> None:
    told = complaint_after(lambda plan: seat_in(plan).update(category="Balcon"))
    assert told == (
        'zones[0].rows[0].seats[1].category: "Balcon" is not one of the categories'
        " (Stalls, Balcony)"
    )


def test_a_second_place_of_one_identity_names_the_first() -> None:
    told = complaint_after(lambda plan: seat_in(plan).update(seat_guid="guid-1"))
    assert told == (
        "zones[0].rows[0].seats[1].seat_guid: 'guid-1' stands already at"
        " zones[0].rows[0].seats[0].seat_guid"
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"seat_guid": None}, "seat_guid: is missing"),
        ({"seat_guid": ""}, "seat_guid: is empty"),
        ({"seat_guid": 7}, "seat_guid: must be a text and is a number"),
        ({"seat_number": 7}, "seat_number: must be a text and is a number"),
        ({"seat_number": "x" * 101}, "seat_number: is longer than 100 characters"),
        (
            {"seat_number": "\x00"},
            "seat_number: holds characters that cannot be printed",
        ),
        (
            {"seat_number": "\ud800"},
            "seat_number: holds characters that cannot be printed",
        ),
        ({"seat_number": "x" * 71}, "seat_number: the label 'Floor A-xxx"),
        ({"category": ["Stalls"]}, "category: must be a text and is a list"),
        (
            {"kind": "throne"},
            'kind: "throne" is not one of seat, wheelchair, companion',
        ),
        ({"position": None}, "position: is missing"),
        ({"position": [1, 2]}, "position: must be an object and is a list"),
        ({"position": {"x": 1}}, "position.y: is missing"),
        ({"position": {"x": True, "y": 0}}, "position.x: must be a number and is true"),
        (
            {"position": {"x": "1", "y": 0}},
            "position.x: must be a number and is a text",
        ),
        ({"position": {"x": float("nan"), "y": 0}}, "position.x: is not a finite"),
        ({"position": {"x": float("-inf"), "y": 0}}, "position.x: is not a finite"),
        ({"position": {"x": 1, "y": 10**400}}, "position.y: must lie between"),
    ],
)
def test_a_place_we_cannot_use_is_named(change: dict[str, Any], told: str) -> None:
    said = complaint_after(lambda plan: seat_in(plan).update(change))
    assert said.startswith(f"zones[0].rows[0].seats[1].{told}")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": None}, "name: is missing"),
        ({"name": "\n"}, "name: is empty"),
        ({"zones": None}, "zones: is missing"),
        ({"zones": {}}, "zones: must be a list and is an object"),
        ({"zones": []}, "zones: there is no place in the whole file"),
        ({"zones": ["A"]}, "zones[0]: must be an object and is a text"),
        ({"categories": None}, "categories: is missing"),
        ({"categories": [{}]}, "categories[0].name: is missing"),
        (
            {"categories": [{"name": "Stalls"}, {"name": "Stalls"}]},
            "categories[1].name: there is another category 'Stalls'",
        ),
        (
            {"categories": [{"name": "Stalls", "color": "red;} body{"}]},
            "categories[0].color: is not a colour such as #1d3557",
        ),
        ({"size": {"width": 0, "height": 1}}, "size.width: must lie between 1 and"),
        ({"size": 7}, "size: must be an object and is a number"),
    ],
)
def test_a_plan_we_cannot_use_is_refused(change: dict[str, Any], told: str) -> None:
    assert complaint_after(lambda plan: plan.update(change)).startswith(told)


def test_a_category_that_is_asked_for_where_there_are_none_says_so() -> None:
    told = complaint_after(lambda plan: plan.update(categories=[]))
    assert told.endswith('"Stalls" is not one of the categories (there are none)')


def test_a_shape_with_too_many_points_is_refused() -> None:
    points = [{"x": 0, "y": 0}] * (POINTS_MAX + 1)
    plan = a_plan_with_areas(
        {
            "shape": "polygon",
            "position": {"x": 0, "y": 0},
            "polygon": {"points": points},
        }
    )
    told = complaint(json.dumps(plan).encode())
    place = "zones[0].areas[0].polygon.points[1000]"
    assert told == f"{place}: at most 1,000 points are allowed"


def test_a_row_that_no_section_can_hold_is_refused() -> None:
    plan = a_plan_with_rows(rows_of(1, 2_001))
    told = complaint(json.dumps(plan).encode())
    assert told == "zones[0].rows[1]: has more than 2,000 places"


def test_more_than_100000_places_are_refused() -> None:
    rows = rows_of(*[2_000] * 50, 1)
    for row in rows:
        for seat in row["seats"]:
            seat |= {"position": {"x": 0, "y": 0}, "seat_number": ""}
    data = json.dumps(a_plan_with_rows(rows), separators=(",", ":")).encode()
    data = data.replace(b'"category":"Stalls"', b'"category":"S"')
    data = data.replace(b'"name":"Stalls"', b'"name":"S"')
    data = data.replace(b'"guid-', b'"')
    assert len(data) <= FILE_BYTES_MAX
    told = complaint(data)
    place = "zones[0].rows[50].seats[0].seat_guid"
    assert told == f"{place}: at most 100,000 places are allowed"


def test_a_file_that_is_too_large_is_not_even_read() -> None:
    told = complaint(b" " * (FILE_BYTES_MAX + 1))
    assert told == "The file has 8,000,001 bytes; at most 8,000,000 are allowed."


def test_what_is_not_json_is_named_by_line_and_column() -> None:
    told = complaint(b'{"name": "x",\n "zones": [}')
    assert told == "Line 2, column 12: this is not JSON (Expecting value)."


def test_what_is_not_utf8_is_named_by_its_byte() -> None:
    assert complaint(b'{"name": "\xff"}') == "Byte 11 of the file is not UTF-8."


@pytest.mark.parametrize("data", [b"[" * 200_000, b'{"name": ' + b"1" * 5_000 + b"}"])
def test_what_json_itself_cannot_bear_is_refused(data: bytes) -> None:
    assert complaint(data) == (
        "The file nests too deeply or holds a number that is too long."
    )


@pytest.mark.skipif(not REAL_PLAN, reason="BOXOFFICE_TEST_PLAN names no file")
def test_a_real_plan_is_read_whole() -> None:
    data = Path(REAL_PLAN).read_bytes()
    seats = data.count(b'"seat_guid"')
    command = read_plan(data, plan=PLAN, now=NOW)
    assert sum(len(section.places) for section in command.sections) == seats
    for section in command.sections:
        for place in section.places:
            assert 0 <= place.x <= command.width
            assert 0 <= place.y <= command.height

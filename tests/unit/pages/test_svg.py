"""The hall as SVG: every place, every state, nothing that a policy forbids."""

from __future__ import annotations

import asyncio
from threading import get_ident
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest
from msgspec.structs import replace

from boxoffice.application.queries.catalogue import Drawing
from boxoffice.domain.catalogue.events import PlanSection, PlanShape
from boxoffice_api.pages import nearness, svg
from boxoffice_api.pages.apart import set_apart
from boxoffice_api.pages.chart import chart_of, place_name
from boxoffice_api.pages.svg import Scene, Scenes, hall_svg, scene_of
from tests.unit.pages.halls import drawing, place

NS = "{http://www.w3.org/2000/svg}"
EVIL = '"><script>alert(1)</script>'


def drawn(*places: Any, states: dict[int, str], **of: Any) -> Element:
    mine = of.pop("mine", ())
    svg = hall_svg(scene_of(drawing(*places, **of)), states, mine=mine)
    return fromstring(str(svg))  # noqa: S314 - our own text


def uses(root: Element) -> dict[str, Element]:
    return {use.attrib["id"]: use for use in root.iter(f"{NS}use")}


def test_every_place_is_drawn_with_the_symbol_of_its_state() -> None:
    states = {1: "f", 2: "h", 3: "s", 4: "f"}
    found = uses(drawn(states=states, mine={4}))
    hrefs = {name: use.attrib["href"] for name, use in found.items()}
    assert hrefs == {"p1": "#fs", "p2": "#hs", "p3": "#ss", "p4": "#ys"}
    assert {use.attrib["class"] for use in found.values()} == {"f", "h", "s", "y"}


def test_every_symbol_that_is_used_is_defined() -> None:
    kinds = ("seat", "wheelchair", "companion")
    places = [place(n, 20.0 * n, kind=kinds[n % 3]) for n in range(12)]
    states = {n: "fhs"[n % 4 % 3] for n in range(12)}
    root = drawn(*places, states=states, mine={11})
    defined = {f"#{group.attrib['id']}" for group in root.find(f"{NS}defs") or ()}
    used = {use.attrib["href"] for use in uses(root).values()}
    assert used <= defined
    assert len(defined) == 12


def test_a_place_of_unknown_state_cannot_be_chosen() -> None:
    assert uses(drawn(states={}))["p1"].attrib["class"] == "s"


def test_there_is_no_style_and_no_handler_anywhere() -> None:
    shapes = (
        PlanShape("rectangle", 0, 0, 40, 20, rotation=30, colour="#232936"),
        PlanShape("circle", 50, 50, 20, 20, colour="url(evil)"),
        PlanShape("polygon", 0, 0, points=((0, 0), (10, 0), (5, 8))),
        PlanShape("text", 20, 10, height=12, text=EVIL),
    )
    root = drawn(states={}, shapes=shapes, name=EVIL)
    for element in root.iter():
        assert element.tag.removeprefix(NS) not in ("script", "style", "a")
        names = {name.lower() for name in element.attrib}
        assert not {n for n in names if n == "style" or n.startswith("on")}
    assert EVIL in root.attrib["aria-label"]
    assert EVIL in {text.text for text in root.iter(f"{NS}text")}


def test_labels_are_given_ink_for_what_they_stand_on() -> None:
    shapes = (
        PlanShape("rectangle", 0, 0, 40, 20, colour="#232936"),
        PlanShape("text", 20, 10, height=12, colour="#232936", text="Stage"),
        PlanShape("text", 300, 300, height=12, colour="#ffffff", text="Way in"),
    )
    root = drawn(states={}, shapes=shapes)
    inks = {t.text: t.attrib["class"] for t in root.iter(f"{NS}text")}
    assert (inks["Stage"], inks["Way in"]) == ("on-deep", "on-floor")


def test_the_view_holds_every_place_and_shape() -> None:
    far = place(9, -300.0)
    shape = PlanShape("circle", 500, 400, 100, 100)
    root = drawn(far, place(1, 20.0), states={}, shapes=(shape,))
    left, top, width, height = map(float, root.attrib["viewBox"].split())
    assert left < -300
    assert left + width > 550
    assert top < 10
    assert top + height > 450


def test_rows_are_lettered_where_no_place_is_in_the_way() -> None:
    free = [place(n, 20.0 * n) for n in (1, 2, 3)]
    crowded = [*free, *(place(n, 20.0 * n, row="B") for n in (4, 5, 6))]
    assert _letters(drawn(*free, states={})) == ["A", "A"]
    assert _letters(drawn(*crowded, states={})) == ["A", "B"]


@pytest.fixture
def comparisons(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Everything that a place was compared with."""
    made: list[float] = []
    real = nearness.is_near

    def counted(place: Any, x: float, y: float, *, reach: float) -> bool:
        made.append(x)
        return real(place, x, y, reach=reach)

    monkeypatch.setattr(nearness, "is_near", counted)
    return made


@pytest.mark.parametrize("rows", [10, 100, 1_000])
def test_the_end_of_a_row_is_compared_with_a_few_places_however_large_the_hall(
    rows: int, comparisons: list[float]
) -> None:
    blocks, seats = 2, 4
    places = [
        replace(
            place(n, 20.0 * (seats * block + n % seats), row=f"{row}"), y=18.0 * row
        )
        for block in range(blocks)
        for row in range(rows)
        for n in range(seats)
    ]
    scene_of(drawing(*places))
    ends = 2 * blocks * rows
    # Nine squares of less than a pitch hold at most one place each.
    assert rows <= len(comparisons) <= 9 * ends


async def test_many_who_look_first_have_the_hall_drawn_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn_by: list[int] = []

    def counted(of: Drawing) -> Scene:
        drawn_by.append(get_ident())
        return scene_of(of)

    monkeypatch.setattr(svg, "scene_of", counted)
    scenes, hall = Scenes(), drawing()
    seen = await asyncio.gather(*(scenes.of(hall) for _ in range(50)))
    assert len(drawn_by) == 1
    assert drawn_by != [get_ident()]
    assert {id(scene) for scene in seen} == {id(await scenes.of(hall))}


def _letters(root: Element) -> list[str]:
    group = root.find(f"{NS}g[@class='rows']")
    assert group is not None
    return [text.text or "" for text in group]


def test_sections_are_named_where_the_plan_names_nothing() -> None:
    here, there = place(1, 20.0), place(2, 60.0)
    bare = drawn(here, there, states={})
    label = PlanShape("text", 300, 300, height=12, text="Way in")
    named = drawn(here, there, states={}, shapes=(label,))
    assert [t.text for t in bare.iter(f"{NS}text")][-1] == "Stalls"
    assert "Stalls" not in {t.text for t in named.iter(f"{NS}text")}
    top = float(bare.attrib["viewBox"].split()[1])
    assert top < min(float(t.attrib["y"]) for t in bare.iter(f"{NS}text"))


def test_places_are_named_as_people_say_them() -> None:
    assert place_name("Stalls", "C", "12") == "Stalls row C seat 12"
    assert place_name("Lounge", "Table 4", "2") == "Lounge Table 4 seat 2"
    assert place_name("Floor", "", "") == "Floor"


def test_blocks_drawn_on_the_same_spots_are_set_side_by_side() -> None:
    one = [place(n, 20.0 * n) for n in range(1, 11)]
    onto = [place(n, 20.0 * (n - 7)) for n in range(11, 21)]
    free = [place(n, 20.0 * (n + 30)) for n in range(21, 31)]
    sections = [
        PlanSection(name, tuple(p))
        for name, p in zip("DEF", (one, onto, free), strict=True)
    ]
    apart = set_apart(sections, 20.0)
    assert (sections[0], sections[2]) == (apart[0], apart[2])
    assert [260.0 + 20 * n for n in range(10)] == [p.x for p in apart[1].places]


def test_one_place_drawn_twice_moves_no_block() -> None:
    one = [place(n, 20.0 * n) for n in range(1, 11)]
    near = [place(n, 20.0 * (n - 1)) for n in range(11, 21)]
    sections = [PlanSection("D", tuple(one)), PlanSection("E", tuple(near))]
    assert sections == set_apart(sections, 20.0)


def test_a_hall_of_one_place_can_be_drawn() -> None:
    chart = chart_of(drawing(place(1, 0.0)))
    assert chart.box.width > 0
    assert chart.names == {1: "Stalls row A seat 1"}

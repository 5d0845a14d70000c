"""What a process remembers of a hall, and the frames it makes of it."""

from __future__ import annotations

import random

import pytest

from boxoffice_api.live.hall import Hall
from tests.unit.pages.halls import Section, availability
from tests.unit.pages.viewer import Viewer


def test_a_snapshot_shows_every_place_of_every_section() -> None:
    section = Section()
    section.tell(p1="h", p2="h")
    section.tell(p2="s")
    hall, viewer = Hall(), Viewer()
    assert hall.load([section.document])
    viewer.take(hall.snapshot())
    assert viewer.states == availability(section.document)
    assert viewer.shown == section.position


def test_deltas_of_one_tick_become_one_frame_with_the_last_states() -> None:
    section, hall, viewer = Section(), Hall(), Viewer()
    hall.load([section.document])
    viewer.take(hall.snapshot())
    for changes in ({"p1": "h"}, {"p1": "f"}, {"p1": "h", "p5": "h"}, {"p5": "s"}):
        assert hall.take(section.tell(**changes)) == "taken"
    viewer.take(hall.news())
    assert not hall.has_news
    assert (viewer.deltas, viewer.states) == (1, availability(section.document))


def test_who_comes_in_the_middle_of_a_tick_ends_up_with_the_same() -> None:
    section, hall, early, late = Section(), Hall(), Viewer(), Viewer()
    hall.load([section.document])
    early.take(hall.snapshot())
    hall.take(section.tell(p3="h"))
    late.take(hall.snapshot())
    hall.take(section.tell(p3="f"))
    hall.take(section.tell(p4="h"))
    frame = hall.news()
    early.take(frame)
    late.take(frame)
    assert early.states == late.states == availability(section.document)


def test_a_delta_that_was_seen_already_changes_nothing() -> None:
    section, hall = Section(), Hall()
    hall.load([section.document])
    delta = section.tell(p1="h")
    assert hall.take(delta) == "taken"
    hall.news()
    assert hall.take(delta) == "old"
    assert not hall.has_news


def test_a_delta_that_begins_elsewhere_is_a_gap() -> None:
    section, hall = Section(), Hall()
    hall.load([section.document])
    section.tell(p1="h")
    assert hall.take(section.tell(p2="h")) == "gap"
    assert hall.load([section.document])
    assert hall.take(section.tell(p2="f")) == "taken"


def test_a_delta_of_an_unknown_section_or_in_an_unknown_tongue_is_a_gap() -> None:
    section, hall = Section(), Hall()
    hall.load([section.document])
    assert hall.take(Section(section=7).tell(p1="h")) == "gap"
    assert hall.take(b'{"position": "soon"}') == "gap"


def test_an_older_document_is_not_taken() -> None:
    section, hall = Section(), Hall()
    old = section.document
    section.tell(p1="h")
    hall.load([section.document])
    assert not hall.load([old])
    assert hall.position == section.position


@pytest.mark.parametrize("seed", range(60))
def test_any_order_of_ticks_and_arrivals_leads_to_the_same_states(seed: int) -> None:
    dice = random.Random(seed)
    sections = [Section(section=0), Section(section=1, first=101)]
    hall, viewers = Hall(), [Viewer()]
    hall.load(s.document for s in sections)
    viewers[0].take(hall.snapshot())
    for _ in range(40):
        assert hall.take(_some_change(dice, dice.choice(sections))) == "taken"
        if dice.random() < 0.3:
            viewers.append(Viewer())
            viewers[-1].take(hall.snapshot())
        if dice.random() < 0.4:
            _tick(hall, viewers)
    _tick(hall, viewers)
    wanted = availability(sections[0].document) | availability(sections[1].document)
    assert all(viewer.states == wanted for viewer in viewers)


def _some_change(dice: random.Random, section: Section) -> bytes:
    states = availability(section.document)
    touched = dice.sample(sorted(states), dice.randint(1, 3))
    return section.tell(**{f"p{n}": _next(states[n]) for n in touched})


def _tick(hall: Hall, viewers: list[Viewer]) -> None:
    if hall.has_news:
        frame = hall.news()
        for viewer in viewers:
            viewer.take(frame)


def _next(state: str) -> str:
    return {"f": "h", "h": "f", "s": "f"}[state]

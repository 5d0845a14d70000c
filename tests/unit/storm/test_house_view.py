"""What the crowd sees, and how it chooses."""

import asyncio
from collections import Counter
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from boxoffice.storm.house_view import Availability, HouseView


def a_view(*free: int, held: int = 0, sold: int = 0) -> HouseView:
    view = HouseView()
    view.update(Availability(tuple(free), held=held, sold=sold))
    return view


def test_a_party_sits_side_by_side() -> None:
    view = a_view(*range(1, 101))
    for seed in range(50):
        places = list(view.pick(4, Random(seed)))
        assert places == list(range(places[0], places[0] + 4))


def test_most_parties_want_to_sit_in_front() -> None:
    view = a_view(*range(1, 101))
    chance = Random(1)
    firsts = Counter(view.pick(2, chance)[0] <= 50 for _ in range(1_000))
    assert firsts[True] > 600


def test_every_place_is_wanted_by_somebody() -> None:
    view = a_view(*range(1, 11))
    chance = Random(1)
    wanted = {place for _ in range(1_000) for place in view.pick(3, chance)}
    assert wanted == set(range(1, 11))


@settings(deadline=None)
@given(st.integers(0, 6), st.integers(1, 4), st.integers())
def test_a_party_shrinks_to_what_is_left(free: int, party: int, seed: int) -> None:
    places = a_view(*range(free)).pick(party, Random(seed))
    assert len(places) == min(free, party)
    assert len(set(places)) == len(places)


def test_the_first_choice_is_from_the_house_as_it_was_when_the_doors_opened() -> None:
    view = a_view(1, 2, 3)
    view.strike([1, 2, 3])
    view.update(Availability((4,), sold=3))
    assert list(view.first_pick(4, Random(1))) == [1, 2, 3]
    assert list(view.pick(4, Random(1))) == [4]


def test_places_that_a_refusal_named_are_not_chosen_again() -> None:
    view = a_view(1, 2, 3)
    view.strike([1, 3, 99])
    assert list(view.pick(4, Random(1))) == [2]


def test_the_next_answer_is_believed_over_refusals() -> None:
    view = a_view(1, 2)
    view.strike([1, 2])
    view.update(Availability((1,), held=1))
    assert list(view.pick(4, Random(1))) == [1]


def test_a_house_is_sold_out_only_when_no_hold_can_lapse() -> None:
    assert not a_view(held=1, sold=9).is_sold_out
    assert not a_view(1, sold=9).is_sold_out
    assert a_view(sold=10).is_sold_out
    assert not HouseView().is_sold_out


async def test_who_waits_for_news_is_woken_by_the_next_answer() -> None:
    view = a_view()
    waiting = asyncio.create_task(view.news(timeout_s=60))
    await asyncio.sleep(0)
    assert not waiting.done()
    view.update(Availability((7,)))
    await asyncio.wait_for(waiting, timeout=5)
    assert list(view.pick(1, Random(1))) == [7]


async def test_nobody_waits_for_news_for_ever() -> None:
    view = a_view()
    async with asyncio.timeout(5):
        await view.news(timeout_s=0.001)
    assert view.known == Availability()

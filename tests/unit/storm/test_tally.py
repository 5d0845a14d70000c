"""Numbers of a storm."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boxoffice.storm.house_view import Availability
from boxoffice.storm.report import reported
from boxoffice.storm.tally import Tally, latency, percentile


def test_percentiles_are_answers_that_came() -> None:
    seconds = [n / 1000 for n in range(1, 101)]
    summed = latency(list(reversed(seconds)))
    assert (summed.count, summed.p50_ms, summed.p95_ms) == (100, 50.0, 95.0)
    assert (summed.p99_ms, summed.max_ms) == (99.0, 100.0)


def test_no_answers_have_no_latency() -> None:
    assert latency([]).p99_ms == 0.0


@settings(deadline=None)
@given(st.lists(st.floats(0, 100), min_size=1), st.integers(1, 100))
def test_a_percentile_never_leaves_the_range(values: list[float], percent: int) -> None:
    ranked = sorted(values)
    found = percentile(ranked, percent)
    assert round(ranked[0] * 1000, 1) <= found <= round(ranked[-1] * 1000, 1)


def test_an_order_code_that_comes_twice_is_noticed() -> None:
    tally = Tally()
    tally.bought("A", 2)
    tally.bought("B", 1)
    assert (tally.tickets, tally.is_sold_twice) == (3, False)
    tally.bought("A", 2)
    assert tally.is_sold_twice


@pytest.mark.parametrize(
    ("house", "went_home", "complete"),
    [
        (Availability(sold=3), {"served": 1, "sold out": 1}, True),
        (Availability((1,), sold=2), {"served": 2}, True),
        (Availability((1,), sold=2), {"served": 1, "out of time": 1}, False),
        (Availability(held=1, sold=2), {"served": 1, "unavailable": 1}, False),
    ],
)
def test_a_storm_is_complete_when_all_is_sold_or_all_are_served(
    house: Availability, went_home: dict[str, int], *, complete: bool
) -> None:
    tally = Tally()
    tally.went_home.update(went_home)
    report = reported("p", tally, house, seconds=1.0)
    assert report.is_complete is complete

"""Dates in the venue's zone, numbers and prices as people write them."""

from __future__ import annotations

from datetime import UTC, datetime

from boxoffice_api.pages import formats

LATE = datetime(2027, 1, 24, 4, 0, 5, tzinfo=UTC)
ZONE = "America/Los_Angeles"


def test_a_moment_is_told_in_the_venues_zone() -> None:
    assert formats.day(LATE, ZONE) == "Saturday, 23 January 2027"
    assert formats.clock(LATE, ZONE) == "20:00 PST"
    assert formats.second(LATE, ZONE) == "20:00:05 PST"
    assert formats.date(LATE, ZONE) == "23 January"
    block = formats.month, formats.day_of_month, formats.weekday
    assert [part(LATE, ZONE) for part in block] == ["Jan", 23, "Sat"]


def test_scripts_are_told_the_same_moment_in_utc() -> None:
    assert formats.machine(LATE.replace(microsecond=7_000)) == (
        "2027-01-24T04:00:05.007Z"
    )


def test_amounts_and_counts_have_their_commas() -> None:
    assert formats.money(104_500, "USD") == "USD 1,045.00"
    assert formats.money(1_045, "JPY") == "JPY 1,045"
    assert (formats.decimals("JPY"), formats.decimals("USD")) == (0, 2)
    assert formats.count(1_234) == "1,234"
    assert [formats.places(1), formats.places(2)] == ["1 place", "2 places"]

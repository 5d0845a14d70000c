"""A season in one TOML file: what it says, and which line is wrong."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from boxoffice.application.rehearsal import House, rehearse
from boxoffice.application.season import Import
from boxoffice.application.season_file import read_season
from boxoffice.application.toml_lines import line_of, with_line
from boxoffice.demo.load import showroom
from boxoffice.domain.catalogue.commands import (
    CreateProduction,
    ImportSeatingPlan,
    OpenSale,
    SchedulePerformance,
)
from boxoffice.domain.pricing.commands import SetPrices
from boxoffice.domain.pricing.events import Fee, PriceType, TaxRule
from boxoffice.errors import Invalid
from boxoffice.testing import NOON

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "season.toml"
Out = pytest.CaptureFixture[str]


def text() -> str:
    return EXAMPLE.read_text("utf-8")


def steps_of(source: str) -> list[object]:
    season = read_season(source.encode())
    wanted = Import(season, {"showroom": showroom()}, venue="main", now=NOON)
    house = House(None)
    return [one.command for one in rehearse(wanted.steps(house), house)]


def test_the_example_is_a_hall_a_show_and_two_dates() -> None:
    kinds = [type(command) for command in steps_of(text())]
    date_ = [SchedulePerformance, SetPrices]
    assert kinds == [ImportSeatingPlan, CreateProduction, *date_, OpenSale, *date_]


def test_a_time_without_an_offset_is_the_wall_clock_of_the_venue() -> None:
    scheduled = steps_of(text())[2]
    assert isinstance(scheduled, SchedulePerformance)
    assert scheduled.starts_at == datetime(2027, 2, 7, 4, 0, tzinfo=UTC)
    assert scheduled.sale_from == datetime(2026, 12, 1, 18, 0, tzinfo=UTC)
    assert scheduled.sale_until == scheduled.starts_at


def test_without_a_window_the_sale_runs_from_now_to_the_curtain() -> None:
    scheduled = steps_of(text())[5]
    assert isinstance(scheduled, SchedulePerformance)
    assert (scheduled.sale_from, scheduled.sale_until) == (NOON, scheduled.starts_at)


def test_prices_name_level_and_type_and_bring_their_rules() -> None:
    prices = steps_of(text())[3]
    assert isinstance(prices, SetPrices)
    found = {(p.category, p.price_type): p.price.minor for p in prices.prices}
    assert found[2, "concession"] == 6_700
    assert found[4, "adult"] == 4_200
    assert len(found) == 11
    assert prices.types[1] == PriceType(
        code="concession", name="Concession", proof="Student or senior card", quota=200
    )
    assert prices.fees[1] == Fee(
        code="service", name="Service fee", kind="outside", fixed=150, basis_points=400
    )
    tax = TaxRule(
        code="let",
        name="Live entertainment tax",
        basis_points=900,
        valid_from=date(2016, 1, 1),
    )
    assert prices.taxes == (tax,)


def test_the_same_names_give_the_same_ids_and_another_venue_has_others() -> None:
    season = read_season(text().encode())
    files = {"showroom": showroom()}
    here = Import(season, files, venue="main", now=NOON)
    assert here.performance("a") == here.performance("a")
    there = Import(season, files, venue="annexe", now=NOON)
    assert here.performance("a") != there.performance("a")


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('zone = "America', 'zone = "Amerika', "is not a time zone we know"),
        ('currency = "USD"', 'currency = "usd"', "not an ISO 4217 currency"),
        ('currency = "USD"', 'currency = "KWD"', "Tickets are not sold in KWD"),
        ('title = "Neon Nights"', 'titel = "x"', "is unknown here"),
        ('rounding = "half-up"', 'rounding = "up"', "must be one of"),
        ('percent = "4" }', "percent = 4 }", "a percentage in quotes"),
        ('kind = "inside"', 'kind = "in"', "must be inside or outside"),
        ('code = "concession"', 'code = "con.cession"', "must be a code"),
        ('code = "service"', 'code = "Service"', "must be a code"),
        ("valid_from = 2016-01-01", "valid_from = 2016", "must be a date"),
        ('adult = "145.00"', 'adult = "145.001"', "finer than USD"),
        ('adult = "145.00"', "adult = 145.0", "an amount in quotes"),
        ('adult = "145.00"', 'child = "145.00"', "no price type of this list"),
        ('Balcony" = "42.00"', 'Balconi" = "42.00"', "has no such price level"),
        ('price_list = "weekend"', 'price_list = "week"', "no price list of this"),
        ("starts_at = 2027-02-06T20:00:00", "starts_at = 7", "must be a time"),
        ("open = true", 'open = "yes"', "must be true or false"),
        ("2027-02-13", "2027-02-06", "stands in the file twice"),
        ('fixed = "2.00"', 'fixed = "1000000.01"', "between 0 and 1,000,000.00"),
        ('percent = "4"', 'percent = "400"', "between 0 and 100 percent"),
        ('percent = "9"', 'percent = "101"', "between 0 and 100 percent"),
        ("2016-01-01 }", "2016-01-01, valid_until = 2015-01-01 }", "before it begins"),
        ('"145.00"', '"14500000.00"', "between 0 and USD 1,000,000.00"),
        ('name = "Concession"', f'name = "{"x" * 150}"', "at most 100 letters"),
        ('proof = "Club card"', f'proof = "{"x" * 101}"', "is too long"),
        ('code = "member", name', 'code = "concession", name', "must differ"),
        ("sale_from = 2026-12-01", "sale_until = 2026-11-01", "start before"),
        ("2026-12-01T10:00:00", "2028-12-01T10:00:00", "start before it ends"),
    ],
)
def test_a_complaint_names_its_line(old: str, new: str, complaint: str) -> None:
    before, found, after = text().partition(old)
    assert found
    source = f"{before}{new}{after}"
    line = before.count("\n") + 1
    with pytest.raises(Invalid) as refused:
        read_with_halls(source)
    assert refused.value.detail.startswith(f"Line {line}: "), refused.value.detail
    assert complaint in refused.value.detail


def test_what_is_missing_has_the_line_of_its_table() -> None:
    with pytest.raises(Invalid) as refused:
        read_season(text().replace('file = "showroom.json"', "").encode())
    assert refused.value.detail == "Line 8: plans[0].file: is missing"


def read_with_halls(source: str) -> None:
    season = read_season(source.encode())
    wanted = Import(season, {"showroom": showroom()}, venue="main", now=NOON)
    house = House(None)
    try:
        rehearse(wanted.steps(house), house)
    except Invalid as error:
        raise with_line(error, source.encode()) from error


@pytest.mark.parametrize(
    "source",
    [
        b"\xff\xfe",
        b"[venue",
        b"a = 1e999999999999",
        b"[[venue]]\n",
        b"venue = 3\n",
        b'[venue]\nzone = ""\n',
        b"plans = [1, 2]\n[venue]\nzone='UTC'\ncurrency='EUR'\n",
        b"x = " + b"[" * 20_000,
    ],
)
def test_garbage_is_refused_with_a_sentence(source: bytes) -> None:
    with pytest.raises(Invalid):
        read_season(source)


def test_places_find_their_line_or_that_of_the_table_around() -> None:
    source = "[a]\nb = 1\n[[c]]\n'd e'.f = 2\n[[c]]\n[c.g]\nh = {i = 1}\n"
    assert line_of("a.b", source) == 2
    assert line_of("c[0].d e.f", source) == 4
    assert line_of("c[1]", source) == 5
    assert line_of("c[1].g.h.i", source) == 7
    assert line_of("c[1].missing", source) == 5
    assert line_of("nowhere", source) == 1


def test_elements_of_a_list_written_one_a_line_have_their_own_lines() -> None:
    source = "[a]\nb = [ # two\n  { c = 1 },\n  # not this\n  { c = 2 },\n]\nd = 1\n"
    assert [line_of(f"a.b[{at}].c", source) for at in (0, 1)] == [3, 5]
    assert line_of("a.d", source) == 7

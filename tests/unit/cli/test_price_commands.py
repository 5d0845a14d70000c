"""Prices from a console: what is named changes, everything else of the list stays."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from boxoffice.application.codec import decode
from boxoffice.domain.catalogue.events import Category, PerformanceScheduled
from boxoffice.domain.ids import performance_stream
from boxoffice.domain.money import Money
from boxoffice.domain.pricing.commands import SetPrices
from boxoffice.domain.pricing.events import (
    Fee,
    LevelPrice,
    PricesSet,
    PriceType,
    TaxRule,
)
from boxoffice.infrastructure.sqlite.event_store import SqliteEventStore
from boxoffice.testing import NOON, PERFORMANCE, on_sale, store_facts, told
from tests.unit.cli.houses import Out, said, tags

PRICES = ("performance", "prices", PERFORMANCE)
TYPES = (
    PriceType("adult", "Adult"),
    PriceType("member", "Member", proof="Card", quota=9),
)
RICH = SetPrices(
    now=NOON,
    performance=PERFORMANCE,
    prices=tuple(
        LevelPrice(category, Money(minor, "USD"), price_type)
        for category, minor, price_type in (
            (0, 4_000, "adult"),
            (0, 3_000, "member"),
            (1, 2_000, "adult"),
        )
    ),
    types=TYPES,
    fees=(Fee("booking", "Booking", "outside", fixed=250),),
    taxes=(TaxRule("vat", "VAT", 1_000),),
    rounding="down",
)


@pytest.fixture
def house(house: SqliteEventStore) -> SqliteEventStore:
    """A house whose list has types, fees and taxes; one level has odd letters."""
    facts = on_sale(categories=(Money(1, "USD"), Money(1, "USD")))
    (where, scheduled), *rest = facts
    assert isinstance(scheduled, PerformanceScheduled)
    levels = tuple(Category(name, "#336699") for name in ("Front", "A/B=C"))
    renamed = replace(scheduled, categories=levels)
    assert where == performance_stream(PERFORMANCE)
    store_facts(house, told([(where, renamed), *rest], RICH))
    return house


def newest(house: SqliteEventStore) -> PricesSet:
    """Give the newest list of the log."""
    lists = [
        decode(one.tag, one.data, position=one.position)
        for one in house.read(after=0, limit=1_000)
        if one.tag == "prices-set.v1"
    ]
    assert isinstance(lists[-1], PricesSet)
    return lists[-1]


def all_in(house: SqliteEventStore) -> dict[tuple[int, str], int]:
    return {(p.category, p.price_type): p.price.minor for p in newest(house).prices}


def test_prices_are_shown_all_in(house: SqliteEventStore, capsys: Out) -> None:
    before = tags(house)
    assert said(capsys, *PRICES).splitlines() == [
        "Front/adult  USD 46.75  (base USD 40.00)",
        "Front/member  USD 35.75  (base USD 30.00)",
        "A/B=C/adult  USD 24.75  (base USD 20.00)",
    ]
    assert tags(house) == before


def test_a_price_changes_and_the_rest_of_the_list_stays(
    house: SqliteEventStore, capsys: Out
) -> None:
    before = newest(house)
    shown = said(capsys, *PRICES, "Front=50", "A/B=C/member=10")
    assert "Front/adult  USD 57.75  (base USD 50.00)\n" in shown
    after = newest(house)
    assert replace(after, prices=()) == replace(before, prices=())
    assert all_in(house) == {
        (0, "adult"): 5_775,
        (0, "member"): 3_575,
        (1, "adult"): 2_475,
        (1, "member"): 1_375,
    }


def test_a_price_is_taken_away(house: SqliteEventStore, capsys: Out) -> None:
    said(capsys, *PRICES, "A/B=C=none", "Front/member=none")
    assert all_in(house) == {(0, "adult"): 4_675}


def test_naming_what_stands_changes_nothing(
    house: SqliteEventStore, capsys: Out
) -> None:
    before = tags(house)
    said(capsys, *PRICES, "Front=40.00")
    assert tags(house) == before


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Stage=89", "'Stage' is not one of the categories (Front, A/B=C)"),
        ("89", "'89' is not a price"),
        ("Front=some", "'some' is not an amount"),
        ("Front/child=5", "'child' is not a price type of this list"),
    ],
)
def test_a_price_that_cannot_be_read_is_refused(
    house: SqliteEventStore, capsys: Out, text: str, told: str
) -> None:
    before = tags(house)
    assert told in said(capsys, *PRICES, text, code=1)
    assert tags(house) == before

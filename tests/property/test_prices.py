"""Prices add up, whatever fees, taxes and discounts they are made of."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxoffice.domain.money import Money
from boxoffice.domain.pricing.calculation import all_in, discounted
from boxoffice.domain.pricing.events import Fee, LevelPrice, TaxRule
from boxoffice.domain.pricing_parts import PriceParts
from boxoffice.domain.promotions.decide import discount
from boxoffice.domain.promotions.events import PromotionTerms
from boxoffice.domain.rounding import Rounding, rounded

AMOUNTS = st.integers(0, 50) | st.integers(0, 100_000_000)
SHARES = st.integers(0, 10_000)
ROUNDINGS: st.SearchStrategy[Rounding] = st.sampled_from(
    ["half-up", "half-even", "down"]
)
FEES = st.builds(
    Fee,
    code=st.just("fee"),
    name=st.just("Fee"),
    kind=st.sampled_from(["inside", "outside"]),
    fixed=st.integers(0, 1_000),
    basis_points=SHARES,
)
TAXES = st.builds(
    TaxRule,
    code=st.just("tax"),
    name=st.just("Tax"),
    basis_points=SHARES,
    included=st.booleans(),
    on_fees=st.booleans(),
)


@st.composite
def levels(draw: st.DrawFn) -> tuple[LevelPrice, Rounding]:
    rounding = draw(ROUNDINGS)
    level = all_in(
        LevelPrice(0, Money(draw(AMOUNTS), "USD")),
        fees=draw(st.lists(FEES, max_size=4)),
        taxes=draw(st.lists(TAXES, max_size=4)),
        rounding=rounding,
    )
    return level, rounding


def check_parts(level: LevelPrice) -> PriceParts:
    parts = level.parts
    assert parts is not None
    assert level.price.minor == parts.base + parts.outside + parts.tax_added
    assert min(parts.base, parts.inside, parts.outside, parts.tax_added) >= 0
    assert parts.inside <= parts.base
    assert parts.tax_added <= parts.tax <= level.price.minor
    return parts


@given(made=levels())
def test_an_all_in_price_is_the_sum_of_its_parts(
    made: tuple[LevelPrice, Rounding],
) -> None:
    level, _ = made
    assert check_parts(level).outside <= level.price.minor


@given(made=levels(), off=AMOUNTS)
def test_a_discounted_price_is_the_sum_of_its_parts_and_never_below_nothing(
    made: tuple[LevelPrice, Rounding], off: int
) -> None:
    level, rounding = made
    cheaper = discounted(level, off, rounding)
    assert cheaper.price.minor == max(0, level.price.minor - off)
    after, before = check_parts(cheaper), check_parts(level)
    assert after.outside <= before.outside
    assert after.tax_added <= before.tax_added
    assert after.tax <= before.tax


@given(base=AMOUNTS, share=SHARES)
def test_an_included_tax_is_what_an_added_one_would_be_on_the_rest(
    base: int, share: int
) -> None:
    tax = TaxRule("tax", "Tax", share, included=True)
    level = LevelPrice(0, Money(base, "USD"))
    made = all_in(level, fees=(), taxes=(tax,), rounding="half-up")
    inside = check_parts(made).tax
    exact = Fraction(base * share, 10_000 + share)
    assert abs(inside - exact) <= Fraction(1, 2)
    assert made.price == level.price


@given(amount=st.fractions(0, 1_000_000, max_denominator=20_000), how=ROUNDINGS)
def test_rounding_goes_to_a_neighbour(amount: Fraction, how: Rounding) -> None:
    distance = rounded(amount, how) - amount
    if how == "down":
        assert -1 < distance <= 0
    else:
        assert abs(distance) <= Fraction(1, 2)


@pytest.mark.parametrize(
    ("how", "expected"),
    [("half-up", [1, 2, 3]), ("half-even", [0, 2, 2]), ("down", [0, 1, 2])],
)
def test_halves_go_where_their_rule_says(how: Rounding, expected: list[int]) -> None:
    halves = [Fraction(n, 2) for n in (1, 3, 5)]
    assert [rounded(half, how) for half in halves] == expected


@given(price=AMOUNTS, share=SHARES, amount=AMOUNTS)
def test_a_promotion_takes_something_between_nothing_and_everything(
    price: int, share: int, amount: int
) -> None:
    terms = PromotionTerms(currency="USD", basis_points=share, amount_off=amount)
    off = discount(terms, Money(price, "USD"), category=0, price_type="adult")
    assert 0 <= off <= price

"""Prices add up, whatever fees, taxes and discounts they are made of."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from boxoffice.domain.money import Money
from boxoffice.domain.pricing.calculation import WHOLE, all_in, comp_tax, discounted
from boxoffice.domain.pricing.events import Fee, LevelPrice, PricesSet, TaxRule
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
def levels(draw: st.DrawFn) -> tuple[LevelPrice, PricesSet]:
    made = PricesSet(
        prices=(),
        fees=tuple(draw(st.lists(FEES, max_size=4))),
        taxes=tuple(draw(st.lists(TAXES, max_size=4))),
        rounding=draw(ROUNDINGS),
    )
    level = all_in(
        LevelPrice(0, Money(draw(AMOUNTS), "USD")),
        fees=made.fees,
        taxes=made.taxes,
        rounding=made.rounding,
    )
    return level, made


def check_parts(level: LevelPrice) -> PriceParts:
    parts = level.parts
    assert parts is not None
    assert level.price.minor == parts.base + parts.outside + parts.tax_added
    assert min(parts.base, parts.inside, parts.outside, parts.tax_added) >= 0
    assert parts.inside <= parts.base
    assert parts.tax_added <= parts.tax <= level.price.minor
    return parts


def check_taxes(level: LevelPrice, rules: PricesSet) -> None:
    """Demand of each tax what its rate makes of what is taxed, but for its rounding."""
    parts = check_parts(level)
    on_top = [tax for tax in rules.taxes if not tax.included]
    exact = sum(
        (share(tax, parts.base, parts.outside, WHOLE, WHOLE) for tax in on_top),
        Fraction(0),
    )
    least, most = bounds(on_top, rules.rounding)
    # A unit of the base price may bring a unit of each tax: what fits no more is tax.
    skipped = sum((Fraction(tax.basis_points, WHOLE) for tax in on_top), Fraction(0))
    assert least <= parts.tax_added - exact <= most + skipped
    within = [tax for tax in rules.taxes if tax.included]
    of_base = WHOLE + sum(tax.basis_points for tax in within)
    of_fees = WHOLE + sum(tax.basis_points for tax in within if tax.on_fees)
    exact = sum(
        (share(tax, parts.base, parts.outside, of_base, of_fees) for tax in within),
        Fraction(0),
    )
    least, most = bounds(within, rules.rounding)
    assert least <= parts.tax - parts.tax_added - exact <= most


def share(
    tax: TaxRule, base: int, outside: int, of_base: int, of_fees: int
) -> Fraction:
    fees = outside if tax.on_fees else 0
    return tax.basis_points * (Fraction(base, of_base) + Fraction(fees, of_fees))


def bounds(taxes: list[TaxRule], rounding: Rounding) -> tuple[Fraction, Fraction]:
    """Say how far rounding each tax may lead away from what is exact."""
    if rounding == "down":
        return Fraction(-len(taxes)), Fraction(0)
    return Fraction(-len(taxes), 2), Fraction(len(taxes), 2)


@given(made=levels())
def test_a_comp_owes_what_is_not_exempt_of_its_face(
    made: tuple[LevelPrice, PricesSet],
) -> None:
    level, rules = made
    taxes = tuple(replace(tax, comps_exempt=False) for tax in rules.taxes)
    parts = check_parts(level)
    assert comp_tax(level, rules) == 0
    assert comp_tax(level, replace(rules, taxes=taxes)) == parts.tax


@given(made=levels())
def test_an_all_in_price_is_the_sum_of_its_parts(
    made: tuple[LevelPrice, PricesSet],
) -> None:
    level, rules = made
    assert check_parts(level).outside <= level.price.minor
    check_taxes(level, rules)


@given(made=levels(), off=AMOUNTS)
def test_a_discounted_price_is_the_sum_of_its_parts_and_never_below_nothing(
    made: tuple[LevelPrice, PricesSet], off: int
) -> None:
    level, rules = made
    cheaper = discounted(level, off, rules)
    check_taxes(cheaper, rules)
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


@given(price=AMOUNTS, share=SHARES, amount=AMOUNTS, how=ROUNDINGS)
def test_a_promotion_takes_something_between_nothing_and_everything(
    price: int, share: int, amount: int, how: Rounding
) -> None:
    terms = PromotionTerms(currency="USD", basis_points=share, amount_off=amount)
    money = Money(price, "USD")
    off = discount(terms, money, category=0, price_type="adult", rounding=how)
    assert 0 <= off <= price

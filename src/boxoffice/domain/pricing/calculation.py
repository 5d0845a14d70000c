"""From base prices to all-in prices, in exact fractions of minor units, never floats.

Every fee and every tax is rounded once, per ticket, by the list's own rounding, and
again where a discount changes what is taxed. A fee is its fixed amount plus a share of
the base price. An inside fee never exceeds the base price it is contained in. A tax is
reckoned on the base price and, where its rule says so, on the outside fees: an added
tax as a share of them, an included one as the share that is contained in them beside
the other included taxes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from fractions import Fraction

from boxoffice.domain.money import Money
from boxoffice.domain.pricing.events import Fee, LevelPrice, PricesSet, TaxRule
from boxoffice.domain.pricing_parts import PriceParts
from boxoffice.domain.rounding import Rounding, rounded

WHOLE = 10_000
"""Basis points of one."""
COMP_TYPE = "comp"
"""The price type of places that are given away."""


def applicable(
    taxes: Iterable[TaxRule], *, on: date | None, price_type: str
) -> tuple[TaxRule, ...]:
    """Choose the taxes on a ticket for a performance of that day.

    Without a day those that are bound to no dates apply.
    """
    return tuple(
        tax
        for tax in taxes
        if (tax.valid_from is None or (on is not None and tax.valid_from <= on))
        and (tax.valid_until is None or (on is not None and on <= tax.valid_until))
        and not (tax.comps_exempt and price_type == COMP_TYPE)
    )


def all_in(
    level: LevelPrice,
    *,
    fees: Sequence[Fee],
    taxes: Sequence[TaxRule],
    rounding: Rounding,
) -> LevelPrice:
    """Give the all-in price and its parts for a base price under taxes that apply."""
    base = level.price.minor
    inside = sum(_fee(f, base, rounding) for f in fees if f.kind == "inside")
    outside = sum(_fee(f, base, rounding) for f in fees if f.kind == "outside")
    added, included = _taxed(taxes, base, outside, rounding)
    return LevelPrice(
        category=level.category,
        price=Money(base + outside + added, level.price.currency),
        price_type=level.price_type,
        parts=PriceParts(
            base=base,
            inside=min(inside, base),
            outside=outside,
            tax=included + added,
            tax_added=added,
        ),
    )


def _fee(fee: Fee, base: int, rounding: Rounding) -> int:
    return fee.fixed + rounded(Fraction(base * fee.basis_points, WHOLE), rounding)


def _taxed(
    taxes: Sequence[TaxRule], base: int, outside: int, rounding: Rounding
) -> tuple[int, int]:
    """Give the taxes that come on top, and those that are contained."""
    added = sum(_added(t, base, outside, rounding) for t in taxes if not t.included)
    within = [tax for tax in taxes if tax.included]
    return added, _included(within, base, outside, rounding)


def _added(tax: TaxRule, base: int, outside: int, rounding: Rounding) -> int:
    taxed = base + (outside if tax.on_fees else 0)
    return rounded(Fraction(taxed * tax.basis_points, WHOLE), rounding)


def _included(
    taxes: Sequence[TaxRule], base: int, outside: int, rounding: Rounding
) -> int:
    on_base = WHOLE + sum(tax.basis_points for tax in taxes)
    on_fees = WHOLE + sum(tax.basis_points for tax in taxes if tax.on_fees)
    found = 0
    for tax in taxes:
        share = Fraction(base * tax.basis_points, on_base)
        if tax.on_fees:
            share += Fraction(outside * tax.basis_points, on_fees)
        found += rounded(share, rounding)
    return min(found, base + outside)


def parts_of(level: LevelPrice) -> PriceParts:
    """Give what a price is made of; one that was stored without parts is all base."""
    return level.parts or PriceParts(base=level.price.minor)


def discounted(level: LevelPrice, off: int, made: PricesSet) -> LevelPrice:
    """Take `off` minor units from an all-in price of a list, at most all of it.

    Outside fees stay whole as far as the price that is left can bear them. The base
    price is the most that fits into the rest with its taxes. Where a tax is rounded up
    with the last unit of it, none fits exactly: what is left then is tax.
    """
    parts = parts_of(level)
    before = level.price.minor
    after = max(0, before - max(0, off))
    if after == before:
        return level
    taxes = taxes_of(made, level.price_type)

    def all_of(base: int, outside: int) -> int:
        return base + outside + _taxed(taxes, base, outside, made.rounding)[0]

    outside = _most(parts.outside, after, lambda fees: all_of(0, fees))
    base = _most(parts.base, after, lambda left: all_of(left, outside))
    added = after - base - outside
    _, included = _taxed(taxes, base, outside, made.rounding)
    return LevelPrice(
        category=level.category,
        price=Money(after, level.price.currency),
        price_type=level.price_type,
        parts=PriceParts(
            base=base,
            inside=min(parts.inside, base),
            outside=outside,
            tax=added + included,
            tax_added=added,
        ),
    )


def _most(limit: int, left: int, cost: Callable[[int], int]) -> int:
    """Give the greatest number up to `limit` that costs no more than is left."""
    return bisect_right(range(1, limit + 1), left, key=cost)


def taxes_of(made: PricesSet, price_type: str) -> tuple[TaxRule, ...]:
    """Choose the taxes by which a list made the prices of a type."""
    return applicable(made.taxes, on=made.day, price_type=price_type)


def comp_tax(level: LevelPrice, made: PricesSet) -> int:
    """Give the tax that a place owes though it is given away: on its face value."""
    parts, taxes = parts_of(level), taxes_of(made, COMP_TYPE)
    return sum(_taxed(taxes, parts.base, parts.outside, made.rounding))

"""From base prices to all-in prices, in exact fractions of minor units, never floats.

Every fee and every tax is rounded once, per ticket, by the list's own rounding. A fee
is its fixed amount plus a share of the base price. An inside fee never exceeds the base
price it is contained in. A tax is reckoned on the base price and, where its rule says
so, on the outside fees: an added tax as a share of them, an included one as the share
that is contained in them beside the other included taxes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction

from boxoffice.domain.money import Money
from boxoffice.domain.pricing.events import Fee, LevelPrice, TaxRule
from boxoffice.domain.pricing_parts import PriceParts
from boxoffice.domain.rounding import Rounding, rounded

WHOLE = 10_000
"""Basis points of one."""
COMP_TYPE = "comp"
"""The price type of places that are given away."""


def applicable(
    taxes: Iterable[TaxRule], *, on: date, price_type: str
) -> tuple[TaxRule, ...]:
    """Choose the taxes on a ticket for a performance of that day."""
    return tuple(
        tax
        for tax in taxes
        if (tax.valid_from is None or tax.valid_from <= on)
        and (tax.valid_until is None or on <= tax.valid_until)
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
    included = _included([t for t in taxes if t.included], base, outside, rounding)
    added = sum(_added(t, base, outside, rounding) for t in taxes if not t.included)
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


def discounted(level: LevelPrice, off: int, rounding: Rounding) -> LevelPrice:
    """Take `off` minor units from an all-in price, at most all of it.

    Taxes shrink in proportion. Outside fees stay whole as far as the price that is
    left can bear them; the base price gives the rest.
    """
    parts = parts_of(level)
    before = level.price.minor
    after = max(0, before - max(0, off))
    if after == before or not before:
        return level
    share = Fraction(after, before)
    added = min(rounded(parts.tax_added * share, rounding), after)
    outside = min(parts.outside, after - added)
    base = after - added - outside
    included = rounded((parts.tax - parts.tax_added) * share, rounding)
    return LevelPrice(
        category=level.category,
        price=Money(after, level.price.currency),
        price_type=level.price_type,
        parts=PriceParts(
            base=base,
            inside=min(parts.inside, base),
            outside=outside,
            tax=added + min(included, base + outside),
            tax_added=added,
        ),
    )

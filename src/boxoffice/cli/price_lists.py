"""Base prices as they are typed at a console, put into the list that stands.

What is not named stays as it is: other prices, price types with their quotas, fees,
taxes and how to round. `none` takes a price away.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from boxoffice.cli.amounts import money
from boxoffice.errors import Invalid

if TYPE_CHECKING:
    from boxoffice.application.queries.catalogue import PerformanceEntry
    from boxoffice.domain.money import Money
    from boxoffice.domain.pricing.commands import SetPrices
    from boxoffice.domain.pricing.events import PricesSet

NONE = "none"
Key = tuple[int, str]
"""A price level by its index, and a price type."""


def changed_prices(
    newest: PricesSet | None,
    entry: PerformanceEntry,
    texts: Sequence[str],
    *,
    now: datetime,
) -> SetPrices:
    """Give the command that makes the list say what `texts` name.

    Raises:
        Invalid: no such price level, or no such amount.
    """
    from boxoffice.domain.money import Money
    from boxoffice.domain.pricing.calculation import parts_of
    from boxoffice.domain.pricing.commands import SetPrices
    from boxoffice.domain.pricing.events import LevelPrice, PricesSet

    before = newest or PricesSet(prices=())
    prices = {
        (level.category, level.price_type): LevelPrice(
            level.category,
            Money(parts_of(level).base, level.price.currency),
            level.price_type,
        )
        for level in before.prices
    }
    for key, price in (_named(text, entry) for text in texts):
        prices.pop(key, None)
        if price is not None:
            prices[key] = LevelPrice(key[0], price, key[1])
    return SetPrices(
        now=now,
        performance=entry.performance,
        prices=tuple(prices[key] for key in sorted(prices)),
        types=before.types,
        fees=before.fees,
        taxes=before.taxes,
        rounding=before.rounding,
    )


def described(newest: PricesSet, entry: PerformanceEntry) -> Iterator[str]:
    """Say what buyers pay, all-in, and of which base price that was made."""
    from boxoffice.domain.money import Money
    from boxoffice.domain.pricing.calculation import parts_of

    for level in sorted(newest.prices, key=lambda one: (one.category, one.price_type)):
        name = entry.categories[level.category].name
        base = Money(parts_of(level).base, level.price.currency)
        made = "" if base == level.price else f"  (base {base})"
        yield f"{name}/{level.price_type}  {level.price}{made}"


def _named(text: str, entry: PerformanceEntry) -> tuple[Key, Money | None]:
    name, equals, amount = text.rpartition("=")
    if not equals:
        raise Invalid(f"{text!r} is not a price such as 'Floor Front=89.00'.")
    key = _key(name.strip(), entry)
    if amount.strip() == NONE:
        return key, None
    return key, money(amount, currency=entry.currency)


def _key(name: str, entry: PerformanceEntry) -> Key:
    levels = [category.name for category in entry.categories]
    if name in levels:
        return levels.index(name), entry.default_type
    level, slash, price_type = name.rpartition("/")
    if slash and level in levels:
        return levels.index(level), price_type
    known = ", ".join(levels)
    raise Invalid(f"{name!r} is not one of the categories ({known}).")

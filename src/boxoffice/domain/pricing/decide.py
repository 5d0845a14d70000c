"""Rules of price lists."""

from __future__ import annotations

from boxoffice.domain.pricing.commands import SetPrices
from boxoffice.domain.pricing.events import PricesSet
from boxoffice.domain.pricing.state import PriceList
from boxoffice.errors import Invalid

PRICE_MINOR_MAX = 100_000_000
"""A million units of a two-decimal currency: above it, somebody slipped."""


def set_prices(
    price_list: PriceList, command: SetPrices, *, currency: str, categories: int
) -> list[PricesSet]:
    """Refuse foreign currencies, unknown or repeated levels, absurd amounts."""
    seen: set[int] = set()
    for level in command.prices:
        if level.price.currency != currency:
            raise Invalid(f"Prices of this performance are in {currency}.")
        if not 0 <= level.category < categories or level.category in seen:
            raise Invalid("Each price names one price level of the hall, once.")
        if not 0 <= level.price.minor <= PRICE_MINOR_MAX:
            raise Invalid("A price must lie between 0 and 1,000,000.00.")
        seen.add(level.category)
    if {level.category: level.price for level in command.prices} == price_list.prices:
        return []
    return [PricesSet(prices=command.prices)]

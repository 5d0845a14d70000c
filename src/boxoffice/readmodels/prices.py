"""What a price list says to the public."""

from __future__ import annotations

from boxoffice.domain.money import Money
from boxoffice.domain.pricing.events import DEFAULT_TYPE, PricesSet, PriceType


def public_types(event: PricesSet) -> tuple[PriceType, ...]:
    """Give the price types that buyers may choose from, in the order of the list."""
    types = event.types or (PriceType(DEFAULT_TYPE, "Adult"),)
    return tuple(one for one in types if one.audience == "public")


def default_type(event: PricesSet) -> str:
    """Give the type whose price is shown first: the first public one."""
    types = public_types(event)
    return types[0].code if types else DEFAULT_TYPE


def default_prices(event: PricesSet) -> dict[int, Money]:
    """Give the all-in prices of the default type by category."""
    wanted = default_type(event)
    return {p.category: p.price for p in event.prices if p.price_type == wanted}


def public_prices(event: PricesSet) -> dict[int, dict[str, Money]]:
    """Give the all-in prices by category and public type."""
    codes = {one.code for one in public_types(event)}
    found: dict[int, dict[str, Money]] = {}
    for level in event.prices:
        if level.price_type in codes:
            found.setdefault(level.category, {})[level.price_type] = level.price
    return found

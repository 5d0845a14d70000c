"""What a price list is."""

from __future__ import annotations

import msgspec

from boxoffice.domain.decider import Aggregate
from boxoffice.domain.money import Money
from boxoffice.domain.pricing.events import PricesSet


class PriceList(msgspec.Struct, frozen=True):
    """All-in prices by category. `version` 0 is the first list."""

    version: int = -1
    prices: dict[int, Money] = {}


def evolve_price_list(state: PriceList, event: PricesSet) -> PriceList:
    """Replace the list as a whole."""
    return PriceList(
        version=state.version + 1,
        prices={level.category: level.price for level in event.prices},
    )


PRICE_LIST = Aggregate("price-list", PriceList, evolve_price_list, (PricesSet,))

"""Facts about price lists."""

from __future__ import annotations

import msgspec

from boxoffice.domain.message import Event
from boxoffice.domain.money import Money


class LevelPrice(msgspec.Struct, frozen=True, array_like=True):
    """The all-in price of one price level of the hall."""

    category: int
    price: Money


class PricesSet(Event, frozen=True, kw_only=True, tag="prices-set.v1"):
    """A new version of a performance's price list; holds keep their old prices."""

    prices: tuple[LevelPrice, ...]

"""Intentions about price lists."""

from __future__ import annotations

from boxoffice.domain.ids import PerformanceId
from boxoffice.domain.message import Command
from boxoffice.domain.pricing.events import (
    Fee,
    LevelPrice,
    PriceType,
    TaxRule,
)
from boxoffice.domain.rounding import Rounding


class SetPrices(Command, frozen=True, kw_only=True):
    """Replace the price list of a performance.

    `prices` are base prices: fees outside and taxes on top are added to them.
    """

    performance: PerformanceId
    prices: tuple[LevelPrice, ...]
    types: tuple[PriceType, ...] = ()
    fees: tuple[Fee, ...] = ()
    taxes: tuple[TaxRule, ...] = ()
    rounding: Rounding = "half-up"

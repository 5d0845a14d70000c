"""Intentions about price lists."""

from __future__ import annotations

from boxoffice.domain.ids import PerformanceId
from boxoffice.domain.message import Command
from boxoffice.domain.pricing.events import LevelPrice


class SetPrices(Command, frozen=True, kw_only=True):
    """Replace the price list of a performance."""

    performance: PerformanceId
    prices: tuple[LevelPrice, ...]

"""How a share of an amount becomes whole minor units."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import Literal

Rounding = Literal["half-up", "half-even", "down"]
_HALF = Fraction(1, 2)


def rounded(amount: Fraction, rounding: Rounding) -> int:
    """Give whole minor units of an amount that is not negative."""
    if rounding == "down":
        return floor(amount)
    if rounding == "half-even":
        return round(amount)
    return floor(amount + _HALF)

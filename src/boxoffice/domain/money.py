"""Money as integer minor units with its ISO 4217 currency; never a float."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

MINOR_UNITS = {"JPY": 0, "KRW": 0, "CLP": 0, "BHD": 3, "KWD": 3, "TND": 3}
"""Decimals of the currencies that do not have two. Source: ISO 4217."""


class Money(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An amount in minor units (cents), stored as `[4500, "USD"]`."""

    minor: int
    currency: str

    def plus(self, other: Money) -> Money:
        """Add; both must be of one currency."""
        if self.currency != other.currency:
            msg = f"cannot add {other.currency} to {self.currency}"
            raise ValueError(msg)
        return Money(self.minor + other.minor, self.currency)

    def __str__(self) -> str:
        """Plain text for pages and the CLI: `USD 45.00`."""
        decimals = MINOR_UNITS.get(self.currency, 2)
        whole, fraction = divmod(abs(self.minor), 10**decimals)
        sign = "-" if self.minor < 0 else ""
        tail = f".{fraction:0{decimals}d}" if decimals else ""
        return f"{self.currency} {sign}{whole:,}{tail}"


def total(amounts: Iterable[Money], currency: str) -> Money:
    """Sum amounts of one currency; nothing at all is zero of `currency`."""
    result = Money(0, currency)
    for amount in amounts:
        result = result.plus(amount)
    return result

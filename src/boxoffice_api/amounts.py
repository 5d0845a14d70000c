"""Money as answers show it."""

from __future__ import annotations

import msgspec

from boxoffice.domain.money import Money


class MoneyView(msgspec.Struct, frozen=True):
    """An amount in minor units of its ISO 4217 currency."""

    minor: int
    currency: str


def money(amount: Money) -> MoneyView:
    """Show an amount."""
    return MoneyView(amount.minor, amount.currency)

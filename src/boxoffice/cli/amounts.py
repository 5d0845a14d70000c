"""Amounts of money as they are typed at a console."""

from __future__ import annotations

import re
from decimal import Decimal

from boxoffice.domain.money import Money, minor_digits
from boxoffice.errors import Invalid

PERCENT = re.compile(r"\d{1,3}(\.\d{1,2})?", re.ASCII)
AMOUNT = re.compile(r"\d{1,12}(\.\d{1,4})?", re.ASCII)


def money(text: str, *, currency: str) -> Money:
    """Read an amount; it must not be finer than the currency.

    Raises:
        Invalid: it is no amount, too fine, or in no currency.
    """
    if not AMOUNT.fullmatch(text.strip()):
        raise Invalid(f"{text!r} is not an amount such as 89.00.")
    minor = Decimal(text.strip()).scaleb(minor_digits(currency))
    if minor != minor.to_integral_value():
        raise Invalid(f"{text!r} is finer than {currency} can be paid.")
    return Money(int(minor), currency)


def basis_points(text: str) -> int:
    """Read a share in percent, such as 12.5.

    Raises:
        Invalid: it is none, or finer than a hundredth of a percent.
    """
    if not PERCENT.fullmatch(text.strip()):
        raise Invalid(f"{text!r} is not a share in percent such as 12.5.")
    return int(Decimal(text.strip()) * 100)

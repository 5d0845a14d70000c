"""Money as integer minor units with its ISO 4217 currency; never a float."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from boxoffice.errors import Invalid

_DECIMALS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
    2: """
        AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP
        BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD
        FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS
        KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR
        MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD
        RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT
        TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
    """,
    3: "BHD IQD JOD KWD LYD OMR TND",
}
MINOR_UNITS = {
    currency: decimals
    for decimals, currencies in _DECIMALS.items()
    for currency in currencies.split()
}
"""Decimals of every currency that people pay with. Source: ISO 4217, list one, 2026.

One that is withdrawn later stays: logs may hold it.
"""
UNSOLD = frozenset({*_DECIMALS[3].split(), "MGA"})
"""Card networks take these in coarser steps than their minor unit, so that a price
could not be paid to the last unit. Source: docs.stripe.com/currencies."""


def minor_digits(currency: str) -> int:
    """Give how many digits of a currency stand behind its point.

    Raises:
        Invalid: it is no currency.
    """
    digits = MINOR_UNITS.get(currency)
    if digits is None:
        raise Invalid(f"{currency!r} is not an ISO 4217 currency such as USD.")
    return digits


def check_currency(currency: str) -> None:
    """Refuse what tickets cannot be sold in.

    Raises:
        Invalid: it is no currency, or cards cannot pay all amounts of it.
    """
    minor_digits(currency)
    if currency in UNSOLD:
        raise Invalid(
            f"Tickets are not sold in {currency}: cards pay it in coarser steps"
            " than prices have."
        )


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
        """Plain text for pages and the CLI: `USD 45.00`.

        What is in no currency we know is shown in minor units.
        """
        decimals = MINOR_UNITS.get(self.currency, 0)
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

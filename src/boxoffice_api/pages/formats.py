"""How dates and numbers stand on pages: in the venue's zone, in plain English."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from boxoffice.domain.money import MINOR_UNITS, Money
from boxoffice_api.amounts import MoneyView

DAYS = (
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
)
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
"""Not taken from the machine's locale: pages say the same everywhere."""


def day(moment: datetime, zone: str) -> str:
    """Say `Saturday, 23 January 2027`."""
    local = moment.astimezone(ZoneInfo(zone))
    weekday, month = DAYS[local.weekday()], MONTHS[local.month - 1]
    return f"{weekday}, {local.day} {month} {local.year}"


def date(moment: datetime, zone: str) -> str:
    """Say `23 January`."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local.day} {MONTHS[local.month - 1]}"


def clock(moment: datetime, zone: str) -> str:
    """Say `20:00 PST`."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local:%H:%M} {local.tzname()}"


def second(moment: datetime, zone: str) -> str:
    """Say `20:00:05 PST`."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local:%H:%M:%S} {local.tzname()}"


def month(moment: datetime, zone: str) -> str:
    """Say `Jan`."""
    return MONTHS[moment.astimezone(ZoneInfo(zone)).month - 1][:3]


def day_of_month(moment: datetime, zone: str) -> int:
    """Say `23`."""
    return moment.astimezone(ZoneInfo(zone)).day


def weekday(moment: datetime, zone: str) -> str:
    """Say `Sat`."""
    return DAYS[moment.astimezone(ZoneInfo(zone)).weekday()][:3]


def machine(moment: datetime) -> str:
    """Give a moment as scripts read it: `2027-01-24T04:00:00.000Z`."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def decimals(currency: str) -> int:
    """Give how many digits of a currency stand behind its point, as `Money` does."""
    return MINOR_UNITS.get(currency, 0)


def money(minor: int, currency: str) -> str:
    """Say `USD 1,045.00`."""
    return str(Money(minor, currency))


def amount(view: MoneyView) -> str:
    """Say an amount of an answer: `USD 1,045.00`."""
    return str(Money(view.minor, view.currency))


def count(number: int) -> str:
    """Say `1,234`."""
    return f"{number:,}"


def places(number: int) -> str:
    """Say `1 place` or `2 places`."""
    return f"{number:,} place{'' if number == 1 else 's'}"


FILTERS = {
    "day": day,
    "date": date,
    "clock": clock,
    "second": second,
    "month": month,
    "day_of_month": day_of_month,
    "weekday": weekday,
    "machine": machine,
    "decimals": decimals,
    "money": money,
    "amount": amount,
    "count": count,
    "places": places,
}

"""Single values of a season file: each is what it must be, or its place is named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from boxoffice.application.json_cursor import Cursor
from boxoffice.application.toml_lines import table_of
from boxoffice.domain.money import check_currency, minor_digits
from boxoffice.domain.pricing.events import CODE
from boxoffice.errors import Invalid

ENTRIES_MAX = 10_000
NAME_MAX = 200
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
AMOUNT = re.compile(r"\d{1,9}(\.\d{1,3})?", re.ASCII)
PERCENT = re.compile(r"\d{1,3}(\.\d{1,2})?", re.ASCII)


@contextmanager
def judged_at(cursor: Cursor) -> Iterator[None]:
    """Say of what a rule of the house refuses where it stands."""
    try:
        yield
    except Invalid as error:
        raise cursor.refuse(error.detail) from error


def only(cursor: Cursor, *names: str) -> None:
    """Refuse a table that has other keys than these."""
    for name in table_of(cursor):
        if name not in names:
            raise cursor.field(name).refuse(f"is unknown here ({', '.join(names)})")


def elements(cursor: Cursor, name: str) -> list[Cursor]:
    """Give the elements of a list; no list has none."""
    found = list(cursor.items(name))
    if len(found) > ENTRIES_MAX:
        raise cursor.field(name).refuse(f"has more than {ENTRIES_MAX:,} entries")
    return found


def tables(cursor: Cursor, name: str) -> list[tuple[str, Cursor]]:
    """Give the tables in a table, with their names."""
    found = cursor.maybe(name)
    return [(n, found.field(n)) for n in table_of(found)] if found else []


def by_name(entries: list[tuple[Cursor, Any]]) -> dict[str, Any]:
    """Give entries by their names, which must differ."""
    found: dict[str, Any] = {}
    for cursor, entry in entries:
        if entry.name in found:
            raise cursor.field("name").refuse("stands in the file twice")
        found[entry.name] = entry
    return found


def name_in(cursor: Cursor) -> str:
    """Read by which name the file finds something again."""
    wanted = "a short name of a-z, 0-9, dot and dash"
    return matching(cursor.field("name"), NAME, wanted)


def code_in(cursor: Cursor) -> str:
    """Read the code of a price type, a fee or a tax."""
    wanted = "a code of a-z, 0-9, dash and underscore"
    return matching(cursor.field("code"), re.compile(CODE), wanted)


def matching(cursor: Cursor, pattern: re.Pattern[str], wanted: str) -> str:
    """Read a text of a certain form."""
    if not isinstance(cursor.value, str) or not pattern.fullmatch(cursor.value):
        raise cursor.refuse(f"must be {wanted}")
    return cursor.value


def text_in(cursor: Cursor, name: str) -> str:
    """Read a text that may be absent, and is empty then."""
    found = cursor.maybe(name)
    return found.text(characters_max=NAME_MAX) if found else ""


def zone_at(cursor: Cursor) -> str:
    """Read the name of a time zone."""
    zone = cursor.text(characters_max=NAME_MAX)
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise cursor.refuse(f"{zone!r} is not a time zone we know") from error
    return zone


def currency_at(cursor: Cursor) -> str:
    """Read a currency that tickets can be sold in."""
    currency = cursor.text(characters_max=NAME_MAX)
    with judged_at(cursor):
        check_currency(currency)
    return currency


def flag_in(cursor: Cursor, name: str, *, otherwise: bool) -> bool:
    """Read true or false."""
    found = cursor.maybe(name)
    if found is None:
        return otherwise
    if not isinstance(found.value, bool):
        raise found.refuse("must be true or false")
    return found.value


def whole_at(cursor: Cursor) -> int:
    """Read a whole number that is not negative."""
    if isinstance(cursor.value, bool) or not isinstance(cursor.value, int):
        raise cursor.refuse("must be a whole number")
    return int(cursor.number(least=0, most=1_000_000))


def amount_at(cursor: Cursor, currency: str) -> int:
    """Read an amount such as "89.00" as minor units; a bare number is refused.

    A text says exactly what is meant; 89.10 as a number is not 89.10 in binary.
    """
    text = matching(cursor, AMOUNT, 'an amount in quotes, such as "89.00"')
    minor = Decimal(text).scaleb(minor_digits(currency))
    if minor != minor.to_integral_value():
        raise cursor.refuse(f"is finer than {currency} can be paid")
    return int(minor)


def basis_points_at(cursor: Cursor) -> int:
    """Read a percentage such as "4.25" as basis points."""
    text = matching(cursor, PERCENT, 'a percentage in quotes, such as "4.25"')
    return int(Decimal(text) * 100)


def day_at(cursor: Cursor) -> date:
    """Read a day without a time."""
    if isinstance(cursor.value, datetime) or not isinstance(cursor.value, date):
        raise cursor.refuse("must be a date such as 2026-12-31, without quotes")
    return cursor.value


def moment_at(cursor: Cursor, zone: str) -> datetime:
    """Read a time; without an offset it is the wall clock's at the venue."""
    if not isinstance(cursor.value, datetime):
        wanted = "must be a time such as 2026-12-31T20:00:00, without quotes"
        raise cursor.refuse(wanted)
    found = cursor.value
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))

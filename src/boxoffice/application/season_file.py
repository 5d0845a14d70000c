"""Reading a season from a TOML file: halls, shows, price lists and dates.

Whatever the file says must be understood: an unknown key is an error, so that a slip
of the pen is found before the sale. Every complaint names the line.

Source: docs/reference/season-file.md says what can be written.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from boxoffice.application.json_cursor import Cursor
from boxoffice.application.toml_lines import parse_toml, table_of, with_line
from boxoffice.domain.money import check_currency, minor_digits
from boxoffice.domain.pricing.events import CODE, Fee, PriceType, TaxRule
from boxoffice.domain.rounding import Rounding
from boxoffice.errors import Invalid

FILE_BYTES_MAX = 4_000_000
ENTRIES_MAX = 10_000
NAME_MAX = 200
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
AMOUNT = re.compile(r"\d{1,9}(\.\d{1,3})?", re.ASCII)
PERCENT = re.compile(r"\d{1,3}(\.\d{1,2})?", re.ASCII)
ROUNDINGS: tuple[Rounding, ...] = ("half-up", "half-even", "down")


class SeasonPlan(msgspec.Struct, frozen=True):
    """A hall: its name in this file, and the plan file's path beside it."""

    at: Cursor
    name: str
    file: str


class SeasonProduction(msgspec.Struct, frozen=True):
    """A show."""

    name: str
    title: str


class SeasonPrice(msgspec.Struct, frozen=True):
    """The base price, in minor units, of a price level for a price type."""

    at: Cursor
    level: str
    price_type: str
    minor: int


class SeasonPriceList(msgspec.Struct, frozen=True):
    """A price list that performances share."""

    types: tuple[PriceType, ...]
    fees: tuple[Fee, ...]
    taxes: tuple[TaxRule, ...]
    rounding: Rounding
    prices: tuple[SeasonPrice, ...]


class SeasonPerformance(msgspec.Struct, frozen=True):
    """A date of a show, in a hall, at a price list; all three by name."""

    at: Cursor
    name: str
    production: str
    plan: str
    price_list: str
    starts_at: datetime
    sale_from: datetime | None
    sale_until: datetime | None
    is_open: bool


class Season(msgspec.Struct, frozen=True):
    """Everything in the file, in its order."""

    zone: str
    currency: str
    plans: dict[str, SeasonPlan]
    productions: dict[str, SeasonProduction]
    price_lists: dict[str, SeasonPriceList]
    performances: tuple[SeasonPerformance, ...]


def read_season(data: bytes) -> Season:
    """Read a season file.

    Raises:
        Invalid: the text says what is wrong, and in which line.
    """
    top = parse_toml(data, bytes_max=FILE_BYTES_MAX)
    try:
        return _season(top)
    except Invalid as error:
        raise with_line(error, data) from error


def _season(top: Cursor) -> Season:
    _only(top, "venue", "plans", "productions", "price_lists", "performances")
    venue = top.field("venue")
    _only(venue, "zone", "currency")
    zone = _zone(venue.field("zone"))
    currency = _currency(venue.field("currency"))
    plans = _named([_plan(c) for c in _elements(top, "plans")])
    productions = _named([_production(c) for c in _elements(top, "productions")])
    lists = {
        name: _price_list(cursor, currency)
        for name, cursor in _tables(top, "price_lists")
    }
    known = {"plan": plans, "production": productions, "price_list": lists}
    performances = [
        _performance(c, zone, known) for c in _elements(top, "performances")
    ]
    _named([(c.at, c) for c in performances])
    return Season(
        zone=zone,
        currency=currency,
        plans=plans,
        productions=productions,
        price_lists=lists,
        performances=tuple(performances),
    )


def _plan(cursor: Cursor) -> tuple[Cursor, SeasonPlan]:
    _only(cursor, "name", "file")
    file = cursor.field("file").text(characters_max=NAME_MAX)
    return cursor, SeasonPlan(at=cursor.field("file"), name=_name(cursor), file=file)


def _production(cursor: Cursor) -> tuple[Cursor, SeasonProduction]:
    _only(cursor, "name", "title")
    title = cursor.field("title").text(characters_max=NAME_MAX)
    return cursor, SeasonProduction(name=_name(cursor), title=title)


def _price_list(cursor: Cursor, currency: str) -> SeasonPriceList:
    _only(cursor, "types", "fees", "taxes", "rounding", "prices")
    rounding: Rounding = "half-up"
    if given := cursor.maybe("rounding"):
        found = [known for known in ROUNDINGS if known == given.value]
        if not found:
            raise given.refuse(f"must be one of {', '.join(ROUNDINGS)}")
        rounding = found[0]
    types = tuple(_price_type(c) for c in _elements(cursor, "types"))
    codes = [kind.code for kind in types] or ["adult"]
    return SeasonPriceList(
        types=types,
        fees=tuple(_fee(c, currency) for c in _elements(cursor, "fees")),
        taxes=tuple(_tax(c) for c in _elements(cursor, "taxes")),
        rounding=rounding,
        prices=tuple(_prices(cursor.field("prices"), codes, currency)),
    )


def _price_type(cursor: Cursor) -> PriceType:
    _only(cursor, "code", "name", "proof", "quota", "audience")
    audience = cursor.maybe("audience")
    if audience is not None and audience.value not in ("public", "staff"):
        raise audience.refuse("must be public or staff")
    quota = cursor.maybe("quota")
    return PriceType(
        code=_code(cursor),
        name=cursor.field("name").text(characters_max=NAME_MAX),
        proof=_text(cursor, "proof"),
        quota=_whole(quota) if quota else None,
        audience="staff" if audience and audience.value == "staff" else "public",
    )


def _fee(cursor: Cursor, currency: str) -> Fee:
    _only(cursor, "code", "name", "kind", "fixed", "percent")
    kind = cursor.field("kind")
    if kind.value not in ("inside", "outside"):
        raise kind.refuse("must be inside or outside")
    fixed, percent = cursor.maybe("fixed"), cursor.maybe("percent")
    return Fee(
        code=_code(cursor),
        name=cursor.field("name").text(characters_max=NAME_MAX),
        kind="inside" if kind.value == "inside" else "outside",
        fixed=_amount(fixed, currency) if fixed else 0,
        basis_points=_basis_points(percent) if percent else 0,
    )


def _tax(cursor: Cursor) -> TaxRule:
    rules = ("included", "on_fees", "comps_exempt")
    _only(cursor, "code", "name", "percent", *rules, "valid_from", "valid_until")
    first, last = cursor.maybe("valid_from"), cursor.maybe("valid_until")
    return TaxRule(
        code=_code(cursor),
        name=cursor.field("name").text(characters_max=NAME_MAX),
        basis_points=_basis_points(cursor.field("percent")),
        included=_flag(cursor, "included", otherwise=False),
        on_fees=_flag(cursor, "on_fees", otherwise=True),
        comps_exempt=_flag(cursor, "comps_exempt", otherwise=True),
        valid_from=_day(first) if first else None,
        valid_until=_day(last) if last else None,
    )


def _prices(cursor: Cursor, codes: list[str], currency: str) -> list[SeasonPrice]:
    rows: list[SeasonPrice] = []
    for level in table_of(cursor):
        found = cursor.field(level)
        if isinstance(found.value, str):
            rows.append(SeasonPrice(found, level, codes[0], _amount(found, currency)))
            continue
        for code in table_of(found):
            price = found.field(code)
            if code not in codes:
                raise price.refuse(
                    f"is no price type of this list ({', '.join(codes)})"
                )
            rows.append(SeasonPrice(price, level, code, _amount(price, currency)))
    if not rows:
        raise cursor.refuse("names no price")
    return rows


def _performance(cursor: Cursor, zone: str, known: dict[str, Any]) -> SeasonPerformance:
    _only(cursor, "name", *known, "starts_at", "sale_from", "sale_until", "open")
    named = {}
    for kind, entries in known.items():
        named[kind] = cursor.field(kind).text(characters_max=NAME_MAX)
        if named[kind] not in entries:
            where = f"there is no {kind.replace('_', ' ')} of this name in the file"
            raise cursor.field(kind).refuse(where)
    sale_from, sale_until = cursor.maybe("sale_from"), cursor.maybe("sale_until")
    return SeasonPerformance(
        at=cursor,
        name=_name(cursor),
        starts_at=_moment(cursor.field("starts_at"), zone),
        sale_from=_moment(sale_from, zone) if sale_from else None,
        sale_until=_moment(sale_until, zone) if sale_until else None,
        is_open=_flag(cursor, "open", otherwise=False),
        **named,
    )


# ------------------------------------------------------------------ single values


def _only(cursor: Cursor, *names: str) -> None:
    for name in table_of(cursor):
        if name not in names:
            raise cursor.field(name).refuse(f"is unknown here ({', '.join(names)})")


def _elements(cursor: Cursor, name: str) -> list[Cursor]:
    found = list(cursor.items(name))
    if len(found) > ENTRIES_MAX:
        raise cursor.field(name).refuse(f"has more than {ENTRIES_MAX:,} entries")
    return found


def _tables(cursor: Cursor, name: str) -> list[tuple[str, Cursor]]:
    tables = cursor.maybe(name)
    return [(n, tables.field(n)) for n in table_of(tables)] if tables else []


def _named(entries: list[tuple[Cursor, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for cursor, entry in entries:
        if entry.name in found:
            raise cursor.field("name").refuse("stands in the file twice")
        found[entry.name] = entry
    return found


def _name(cursor: Cursor) -> str:
    wanted = "a short name of a-z, 0-9, dot and dash"
    return _matching(cursor.field("name"), NAME, wanted)


def _code(cursor: Cursor) -> str:
    wanted = "a code of a-z, 0-9, dash and underscore"
    return _matching(cursor.field("code"), re.compile(CODE), wanted)


def _matching(cursor: Cursor, pattern: re.Pattern[str], wanted: str) -> str:
    if not isinstance(cursor.value, str) or not pattern.fullmatch(cursor.value):
        raise cursor.refuse(f"must be {wanted}")
    return cursor.value


def _text(cursor: Cursor, name: str) -> str:
    found = cursor.maybe(name)
    return found.text(characters_max=NAME_MAX) if found else ""


def _zone(cursor: Cursor) -> str:
    zone = cursor.text(characters_max=NAME_MAX)
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise cursor.refuse(f"{zone!r} is not a time zone we know") from error
    return zone


def _currency(cursor: Cursor) -> str:
    currency = cursor.text(characters_max=NAME_MAX)
    try:
        check_currency(currency)
    except Invalid as error:
        raise cursor.refuse(error.detail) from error
    return currency


def _flag(cursor: Cursor, name: str, *, otherwise: bool) -> bool:
    found = cursor.maybe(name)
    if found is None:
        return otherwise
    if not isinstance(found.value, bool):
        raise found.refuse("must be true or false")
    return found.value


def _whole(cursor: Cursor) -> int:
    if isinstance(cursor.value, bool) or not isinstance(cursor.value, int):
        raise cursor.refuse("must be a whole number")
    return int(cursor.number(least=0, most=1_000_000))


def _amount(cursor: Cursor, currency: str) -> int:
    """Read an amount such as "89.00" as minor units; a bare number is refused.

    A text says exactly what is meant; 89.10 as a number is not 89.10 in binary.
    """
    text = _matching(cursor, AMOUNT, 'an amount in quotes, such as "89.00"')
    minor = Decimal(text).scaleb(minor_digits(currency))
    if minor != minor.to_integral_value():
        raise cursor.refuse(f"is finer than {currency} can be paid")
    return int(minor)


def _basis_points(cursor: Cursor) -> int:
    text = _matching(cursor, PERCENT, 'a percentage in quotes, such as "4.25"')
    return int(Decimal(text) * 100)


def _day(cursor: Cursor) -> date:
    if isinstance(cursor.value, datetime) or not isinstance(cursor.value, date):
        raise cursor.refuse("must be a date such as 2026-12-31, without quotes")
    return cursor.value


def _moment(cursor: Cursor, zone: str) -> datetime:
    """Read a time; without an offset it is the wall clock's at the venue."""
    if not isinstance(cursor.value, datetime):
        wanted = "must be a time such as 2026-12-31T20:00:00, without quotes"
        raise cursor.refuse(wanted)
    found = cursor.value
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))

"""Reading a season from a TOML file: halls, shows, price lists and dates.

Whatever the file says must be understood: an unknown key is an error, so that a slip
of the pen is found before the sale. Every complaint names the line.

Source: docs/reference/season-file.md says what can be written.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from boxoffice.application.json_cursor import Cursor
from boxoffice.application.season_values import (
    NAME_MAX,
    amount_at,
    basis_points_at,
    by_name,
    code_in,
    currency_at,
    day_at,
    elements,
    flag_in,
    judged_at,
    moment_at,
    name_in,
    only,
    tables,
    text_in,
    whole_at,
    zone_at,
)
from boxoffice.application.toml_lines import parse_toml, table_of, with_line
from boxoffice.domain.money import Money
from boxoffice.domain.pricing.decide import (
    Rule,
    check_codes,
    check_price,
    check_rule,
    check_types,
)
from boxoffice.domain.pricing.events import Fee, PriceType, TaxRule
from boxoffice.domain.rounding import Rounding
from boxoffice.errors import Invalid

FILE_BYTES_MAX = 4_000_000
R = TypeVar("R", bound=Rule)
ROUNDINGS: tuple[Rounding, ...] = ("half-up", "half-even", "down")


class SeasonPlan(msgspec.Struct, frozen=True):
    """A hall: its name in this file, and the plan file's path beside it."""

    at: Cursor
    name: str
    file: str


class SeasonProduction(msgspec.Struct, frozen=True):
    """A show."""

    at: Cursor
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
    only(top, "venue", "plans", "productions", "price_lists", "performances")
    venue = top.field("venue")
    only(venue, "zone", "currency")
    zone = zone_at(venue.field("zone"))
    currency = currency_at(venue.field("currency"))
    plans = by_name([_plan(c) for c in elements(top, "plans")])
    productions = by_name([_production(c) for c in elements(top, "productions")])
    lists = {
        name: _price_list(cursor, currency)
        for name, cursor in tables(top, "price_lists")
    }
    known = {"plan": plans, "production": productions, "price_list": lists}
    performances = [_performance(c, zone, known) for c in elements(top, "performances")]
    by_name([(c.at, c) for c in performances])
    return Season(
        zone=zone,
        currency=currency,
        plans=plans,
        productions=productions,
        price_lists=lists,
        performances=tuple(performances),
    )


def _plan(cursor: Cursor) -> tuple[Cursor, SeasonPlan]:
    only(cursor, "name", "file")
    file = cursor.field("file").text(characters_max=NAME_MAX)
    return cursor, SeasonPlan(at=cursor.field("file"), name=name_in(cursor), file=file)


def _production(cursor: Cursor) -> tuple[Cursor, SeasonProduction]:
    only(cursor, "name", "title")
    title = cursor.field("title").text(characters_max=NAME_MAX)
    return cursor, SeasonProduction(at=cursor, name=name_in(cursor), title=title)


def _price_list(cursor: Cursor, currency: str) -> SeasonPriceList:
    only(cursor, "types", "fees", "taxes", "rounding", "prices")
    rounding: Rounding = "half-up"
    if given := cursor.maybe("rounding"):
        found = [known for known in ROUNDINGS if known == given.value]
        if not found:
            raise given.refuse(f"must be one of {', '.join(ROUNDINGS)}")
        rounding = found[0]
    types = _together(cursor, "types", _price_type)
    with judged_at(cursor.maybe("types") or cursor):
        check_types(types)
    codes = [kind.code for kind in types] or ["adult"]
    return SeasonPriceList(
        types=types,
        fees=_together(cursor, "fees", lambda fee: _fee(fee, currency)),
        taxes=_together(cursor, "taxes", _tax),
        rounding=rounding,
        prices=tuple(_prices(cursor.field("prices"), codes, currency)),
    )


def _together(cursor: Cursor, name: str, read: Callable[[Cursor], R]) -> tuple[R, ...]:
    """Read rules of a kind; the first that is one too many is named."""
    found: tuple[R, ...] = ()
    for element in elements(cursor, name):
        found = (*found, read(element))
        with judged_at(element):
            check_codes(name, found)
    return found


def _price_type(cursor: Cursor) -> PriceType:
    only(cursor, "code", "name", "proof", "quota", "audience")
    audience = cursor.maybe("audience")
    if audience is not None and audience.value not in ("public", "staff"):
        raise audience.refuse("must be public or staff")
    quota = cursor.maybe("quota")
    made = PriceType(
        code=code_in(cursor),
        name=cursor.field("name").text(characters_max=NAME_MAX),
        proof=text_in(cursor, "proof"),
        quota=whole_at(quota) if quota else None,
        audience="staff" if audience and audience.value == "staff" else "public",
    )
    return _judged(cursor, made)


def _fee(cursor: Cursor, currency: str) -> Fee:
    only(cursor, "code", "name", "kind", "fixed", "percent")
    kind = cursor.field("kind")
    if kind.value not in ("inside", "outside"):
        raise kind.refuse("must be inside or outside")
    fixed, percent = cursor.maybe("fixed"), cursor.maybe("percent")
    made = Fee(
        code=code_in(cursor),
        name=cursor.field("name").text(characters_max=NAME_MAX),
        kind="inside" if kind.value == "inside" else "outside",
        fixed=amount_at(fixed, currency) if fixed else 0,
        basis_points=basis_points_at(percent) if percent else 0,
    )
    return _judged(cursor, made)


def _tax(cursor: Cursor) -> TaxRule:
    rules = ("included", "on_fees", "comps_exempt")
    only(cursor, "code", "name", "percent", *rules, "valid_from", "valid_until")
    first, last = cursor.maybe("valid_from"), cursor.maybe("valid_until")
    made = TaxRule(
        code=code_in(cursor),
        name=cursor.field("name").text(characters_max=NAME_MAX),
        basis_points=basis_points_at(cursor.field("percent")),
        included=flag_in(cursor, "included", otherwise=False),
        on_fees=flag_in(cursor, "on_fees", otherwise=True),
        comps_exempt=flag_in(cursor, "comps_exempt", otherwise=True),
        valid_from=day_at(first) if first else None,
        valid_until=day_at(last) if last else None,
    )
    return _judged(cursor, made)


def _judged(cursor: Cursor, made: R) -> R:
    with judged_at(cursor):
        check_rule(made)
    return made


def _prices(cursor: Cursor, codes: list[str], currency: str) -> list[SeasonPrice]:
    rows: list[SeasonPrice] = []
    for level in table_of(cursor):
        found = cursor.field(level)
        if isinstance(found.value, str):
            rows.append(_price(found, level, codes[0], currency))
            continue
        for code in table_of(found):
            price = found.field(code)
            if code not in codes:
                raise price.refuse(
                    f"is no price type of this list ({', '.join(codes)})"
                )
            rows.append(_price(price, level, code, currency))
    if not rows:
        raise cursor.refuse("names no price")
    return rows


def _price(cursor: Cursor, level: str, code: str, currency: str) -> SeasonPrice:
    minor = amount_at(cursor, currency)
    with judged_at(cursor):
        check_price(Money(minor, currency))
    return SeasonPrice(cursor, level, code, minor)


def _performance(cursor: Cursor, zone: str, known: dict[str, Any]) -> SeasonPerformance:
    only(cursor, "name", *known, "starts_at", "sale_from", "sale_until", "open")
    named = {}
    for kind, entries in known.items():
        named[kind] = cursor.field(kind).text(characters_max=NAME_MAX)
        if named[kind] not in entries:
            where = f"there is no {kind.replace('_', ' ')} of this name in the file"
            raise cursor.field(kind).refuse(where)
    sale_from, sale_until = cursor.maybe("sale_from"), cursor.maybe("sale_until")
    return SeasonPerformance(
        at=cursor,
        name=name_in(cursor),
        starts_at=moment_at(cursor.field("starts_at"), zone),
        sale_from=moment_at(sale_from, zone) if sale_from else None,
        sale_until=moment_at(sale_until, zone) if sale_until else None,
        is_open=flag_in(cursor, "open", otherwise=False),
        **named,
    )

"""The price list of a performance as a form: levels by types, fees, taxes, rounding.

Before anything is saved the list is decided by the rule itself, and the all-in prices
that buyers would see are shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from boxoffice.application.queries.catalogue import PerformanceEntry
from boxoffice.application.queries.prices import KnownPrices, find_prices
from boxoffice.domain.money import minor_digits
from boxoffice.domain.pricing.events import PricesSet, PriceType
from boxoffice.errors import Refused
from boxoffice_api.answers import Answer, as_response
from boxoffice_api.edge import Edge
from boxoffice_api.head import Head, head_of
from boxoffice_api.pages.forms import (
    TABLE_FIELDS_MAX,
    as_api,
    form_token,
    new_key,
)
from boxoffice_api.pages.foyer import Foyer
from boxoffice_api.pages.hall_page import Refusal
from boxoffice_api.pages.paper import see_other
from boxoffice_api.pages.staff_forms import (
    as_staff,
    basis_points_of,
    minor_of,
    number_of,
    staff_form,
)
from boxoffice_api.paths import performance_in_path
from boxoffice_api.problems import Malformed, status_of
from boxoffice_api.routes.prices import PRICES, prices_command, set_prices

SPARE_ROWS = 1
ROWS_MAX = 20
ROUNDINGS = {
    "half-up": "to the nearest, halves up",
    "half-even": "to the nearest, halves to even",
    "down": "down",
}
UNREADABLE = "Look at the codes and names: codes are small letters and digits."
Values = dict[str, str]


async def editor(foyer: Foyer, head: Head, performance: str) -> Answer:
    """Show the list as it is."""
    edge = foyer.edge
    await edge.staff.required(head, "manager")
    entry = await edge.catalogue.performance(performance_in_path(performance))
    known = await _known(edge, entry)
    newest = known.newest
    values = _values(newest, entry) if newest else {"type-0-code": "adult"}
    if newest and not newest.types:
        values |= {"type-0-code": "adult", "type-0-name": "Adult"}
    values.setdefault("type-0-name", "Adult")
    return await _page(foyer, head, entry, values, left=known.left)


async def edit(foyer: Foyer, head: Head, performance: str, body: bytes) -> Answer:
    """Show what buyers would pay, or save, as the pressed button says."""
    edge = foyer.edge
    form = await staff_form(edge, head, body, fields_max=TABLE_FIELDS_MAX)
    staff = await edge.staff.required(head, "manager")
    entry = await edge.catalogue.performance(performance_in_path(performance))
    values = form.values()
    known = await _known(edge, entry)
    of = f"/v1/performances/{entry.performance}/prices"
    try:
        wish = msgspec.json.encode(_wish(values, entry))
        asked = as_api(as_staff(head), form, path=of, what="prices", method="PUT")
        command = await prices_command(
            edge, entry.performance, PRICES.read(asked, wish)
        )
        if form.text("act") == "save":
            await set_prices(edge, asked, entry.performance, wish)
            return see_other(f"/staff/performances/{entry.performance}/prices?saved")
        would = await edge.ask_whether(
            head, staff, identity=edge.new_identity(), command=command
        )
    except Malformed:
        raise
    except Refused as refused:
        sentence = UNREADABLE if refused.data.get("errors") else refused.detail
        refusal = Refusal(sentence, status_of(refused))
        return await _page(foyer, head, entry, values, left=known.left, refusal=refusal)
    event = would.facts[0].event if would.facts else known.newest
    assert isinstance(event, PricesSet)
    return await _page(foyer, head, entry, values, left=known.left, preview=event)


def _wish(values: Values, entry: PerformanceEntry) -> dict[str, Any]:
    """Say what the form asks for, as the API wants it."""
    types = [(i, _type(values, i)) for i in _rows(values, "type")]
    prices = [
        {
            "category": category,
            "type": one["code"],
            "price": {
                "minor": minor_of(text, entry.currency),
                "currency": entry.currency,
            },
        }
        for i, one in types
        for category in range(len(entry.categories))
        if (text := values.get(f"price-{category}-{i}", "").strip())
    ]
    return {
        "prices": prices,
        "types": [one for _, one in types],
        "fees": [_fee(values, i, entry.currency) for i in _rows(values, "fee")],
        "taxes": [_tax(values, i) for i in _rows(values, "tax")],
        "rounding": values.get("rounding", "half-up"),
    }


def _rows(values: Values, kind: str) -> list[int]:
    return [i for i in range(ROWS_MAX) if values.get(f"{kind}-{i}-code", "").strip()]


def _type(values: Values, i: int) -> dict[str, Any]:
    return {
        "code": values[f"type-{i}-code"].strip(),
        "name": values.get(f"type-{i}-name", "").strip(),
        "proof": values.get(f"type-{i}-proof", "").strip(),
        "quota": number_of(values.get(f"type-{i}-quota", "")),
        "audience": "staff" if values.get(f"type-{i}-staff") else "public",
    }


def _fee(values: Values, i: int, currency: str) -> dict[str, Any]:
    return {
        "code": values[f"fee-{i}-code"].strip(),
        "name": values.get(f"fee-{i}-name", "").strip(),
        "kind": values.get(f"fee-{i}-kind", "outside"),
        "fixed": minor_of(values.get(f"fee-{i}-fixed", ""), currency),
        "basis_points": basis_points_of(values.get(f"fee-{i}-share", "")),
    }


def _tax(values: Values, i: int) -> dict[str, Any]:
    tax: dict[str, Any] = {
        "code": values[f"tax-{i}-code"].strip(),
        "name": values.get(f"tax-{i}-name", "").strip(),
        "basis_points": basis_points_of(values.get(f"tax-{i}-share", "")),
        "included": values.get(f"tax-{i}-kind") == "included",
        "on_fees": values.get(f"tax-{i}-fees", "yes") == "yes",
        "comps_exempt": values.get(f"tax-{i}-comps", "yes") == "yes",
    }
    for bound in ("from", "until"):
        if given := values.get(f"tax-{i}-{bound}"):
            tax[f"valid_{bound}"] = given
    return tax


def _values(event: PricesSet, entry: PerformanceEntry) -> Values:
    """Give the fields of a list that was set."""
    types = event.types or (PriceType(entry.default_type, "Adult"),)
    row = {one.code: i for i, one in enumerate(types)}
    found: Values = {"rounding": event.rounding}
    for level in event.prices:
        base = level.parts.base if level.parts else level.price.minor
        field = f"price-{level.category}-{row[level.price_type]}"
        found[field] = _plain(base, entry.currency)
    for i, one in enumerate(types):
        quota = "" if one.quota is None else str(one.quota)
        staff = "yes" if one.audience == "staff" else ""
        found |= {
            f"type-{i}-code": one.code,
            f"type-{i}-name": one.name,
            f"type-{i}-proof": one.proof,
            f"type-{i}-quota": quota,
            f"type-{i}-staff": staff,
        }
    for i, fee in enumerate(event.fees):
        found |= {
            f"fee-{i}-code": fee.code,
            f"fee-{i}-name": fee.name,
            f"fee-{i}-kind": fee.kind,
            f"fee-{i}-fixed": _plain(fee.fixed, entry.currency),
            f"fee-{i}-share": f"{fee.basis_points / 100:g}",
        }
    for i, tax in enumerate(event.taxes):
        found |= {
            f"tax-{i}-code": tax.code,
            f"tax-{i}-name": tax.name,
            f"tax-{i}-share": f"{tax.basis_points / 100:g}",
            f"tax-{i}-kind": "included" if tax.included else "added",
            f"tax-{i}-fees": "yes" if tax.on_fees else "no",
            f"tax-{i}-comps": "yes" if tax.comps_exempt else "no",
            f"tax-{i}-from": tax.valid_from.isoformat() if tax.valid_from else "",
            f"tax-{i}-until": tax.valid_until.isoformat() if tax.valid_until else "",
        }
    return found


def _plain(minor: int, currency: str) -> str:
    decimals = minor_digits(currency)
    return f"{minor / 10**decimals:.{decimals}f}"


async def _known(edge: Edge, entry: PerformanceEntry) -> KnownPrices:
    now = edge.container.clock.now()
    return await find_prices(edge.container.store, entry.performance, now=now)


async def _page(
    foyer: Foyer,
    head: Head,
    entry: PerformanceEntry,
    values: Values,
    *,
    left: Mapping[str, int],
    refusal: Refusal | None = None,
    preview: PricesSet | None = None,
) -> Answer:
    edge = foyer.edge
    staff = await edge.staff.required(head, "manager")
    rows = {
        kind: range(min(ROWS_MAX, len(_rows(values, kind)) + SPARE_ROWS))
        for kind in ("type", "fee", "tax")
    }
    return foyer.paper.page(
        head,
        "staff_prices.html",
        status=refusal.status if refusal else 200,
        staff=staff,
        entry=entry,
        values=values,
        rows=rows,
        roundings=ROUNDINGS,
        all_in=_grid(preview),
        preview=preview,
        left=left,
        saved=b"saved" in head.query and preview is None and refusal is None,
        refusal=refusal,
        form=form_token(edge, staff.actor),
        key=new_key(edge),
        position=edge.tail.position,
    )


def _grid(event: PricesSet | None) -> dict[tuple[int, str], Any]:
    if event is None:
        return {}
    return {(one.category, one.price_type): one.price for one in event.prices}


# ------------------------------------------------------- the framework's routes

_Asked = Request[Any, Any, Any]


@get("/staff/performances/{performance:str}/prices")
async def get_prices_page(
    request: _Asked, foyer: NamedDependency[Foyer], performance: FromPath[str]
) -> Response[bytes]:
    """Show the price list."""
    return as_response(await editor(foyer, head_of(request), performance))


@post("/staff/performances/{performance:str}/prices", status_code=303)
async def post_prices_form(
    request: _Asked, foyer: NamedDependency[Foyer], performance: FromPath[str]
) -> Response[bytes]:
    """Try or save the price list."""
    head, body = head_of(request), await request.body()
    return as_response(await edit(foyer, head, performance, body))


HANDLERS = [get_prices_page, post_prices_form]

"""Promotions: a list, a form for a new or changed one, and a button to end each."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from boxoffice.errors import Invalid, NotFound, Refused
from boxoffice_api.answers import Answer, as_response
from boxoffice_api.edge import Edge
from boxoffice_api.head import Head, head_of
from boxoffice_api.pages.forms import Form, as_api, form_token, new_key
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
from boxoffice_api.paths import promotion_in_path
from boxoffice_api.problems import status_of
from boxoffice_api.routes.promotions import (
    PromotionList,
    define_promotion,
    end_promotion,
    list_promotions,
)

UNSHOWN = ("valid_from", "valid_until", "performances", "categories", "types")
_LIST = msgspec.json.Decoder(PromotionList)


async def listed(
    foyer: Foyer,
    head: Head,
    *,
    form: Form | None = None,
    refusal: Refusal | None = None,
) -> Answer:
    """Show all codes."""
    edge = foyer.edge
    staff = await edge.staff.required(head, "manager", "finance", "till")
    found = _LIST.decode((await list_promotions(edge, as_staff(head))).body)
    entries = await edge.catalogue.performances()
    return foyer.paper.page(
        head,
        "staff_promotions.html",
        status=refusal.status if refusal else 200,
        staff=staff,
        promotions=found.items,
        may_define=staff.role in ("manager", "admin"),
        currency=entries[0].currency if entries else "",
        given=form.values() if form else {},
        refusal=refusal,
        form=form_token(edge, staff.actor),
        key=new_key(edge),
        position=edge.tail.position,
    )


async def define(foyer: Foyer, head: Head, body: bytes) -> Answer:
    """Offer a code."""
    edge = foyer.edge
    form = await staff_form(edge, head, body)
    code = form.text("code").strip()
    try:
        named = promotion_in_path(code)
        wish = msgspec.json.encode(await _unshown(edge, head, named) | _wish(form))
        path = f"/v1/promotions/{named}"
        asked = as_api(as_staff(head), form, path=path, what="define", method="PUT")
        await define_promotion(edge, asked, named, wish)
    except (Refused, NotFound) as refused:
        sentence = refused.detail
        if refused.data.get("errors"):
            sentence = "Look at the currency and the share once more."
        refusal = Refusal(sentence, status_of(Invalid()))
        return await listed(foyer, head, form=form, refusal=refusal)
    return see_other("/staff/promotions")


async def end(foyer: Foyer, head: Head, code: str, body: bytes) -> Answer:
    """Stop a code."""
    edge = foyer.edge
    form = await staff_form(edge, head, body)
    path = f"/v1/promotions/{promotion_in_path(code)}"
    asked = as_api(as_staff(head), form, path=path, what="end", method="DELETE")
    await end_promotion(edge, asked, code)
    return see_other("/staff/promotions")


async def _unshown(edge: Edge, head: Head, code: str) -> dict[str, Any]:
    """Give the limits of a known code that the form does not show: they stay."""
    found = _LIST.decode((await list_promotions(edge, as_staff(head))).body)
    for known in found.items:
        if known.code.upper() == code.upper():
            return {name: getattr(known, name) for name in UNSHOWN}
    return {}


def _wish(form: Form) -> dict[str, Any]:
    currency = form.text("currency").strip().upper()
    share = basis_points_of(form.text("share"))
    amount = minor_of(form.text("amount"), currency)
    if bool(share) == bool(amount):
        raise Invalid("Take a share off, or an amount off each ticket: one of both.")
    budget = form.text("budget").strip()
    return {
        "currency": currency,
        "basis_points": share,
        "amount_off": amount,
        "budget": minor_of(budget, currency) if budget else None,
        "orders_max": number_of(form.text("orders_max")),
        "per_customer_max": number_of(form.text("per_customer_max")),
    }


# ------------------------------------------------------- the framework's routes

_Asked = Request[Any, Any, Any]


@get("/staff/promotions")
async def get_promotions_page(
    request: _Asked, foyer: NamedDependency[Foyer]
) -> Response[bytes]:
    """Show all codes."""
    return as_response(await listed(foyer, head_of(request)))


@post("/staff/promotions", status_code=303)
async def post_promotion_form(
    request: _Asked, foyer: NamedDependency[Foyer]
) -> Response[bytes]:
    """Offer a code."""
    head, body = head_of(request), await request.body()
    return as_response(await define(foyer, head, body))


@post("/staff/promotions/{code:str}/end", status_code=303)
async def post_end_form(
    request: _Asked, foyer: NamedDependency[Foyer], code: FromPath[str]
) -> Response[bytes]:
    """Stop a code."""
    head, body = head_of(request), await request.body()
    return as_response(await end(foyer, head, code, body))


HANDLERS = [get_promotions_page, post_promotion_form, post_end_form]

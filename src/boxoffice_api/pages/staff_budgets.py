"""Budgets for comps: what is left of each, and a form to set one."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency

from boxoffice.errors import Invalid, NotFound, Refused
from boxoffice_api.answers import Answer, as_response
from boxoffice_api.head import Head, head_of
from boxoffice_api.pages.forms import Form, as_api, form_token, new_key
from boxoffice_api.pages.foyer import Foyer
from boxoffice_api.pages.hall_page import Refusal
from boxoffice_api.pages.paper import see_other
from boxoffice_api.pages.staff_forms import as_staff, minor_of, number_of, staff_form
from boxoffice_api.paths import budget_in_path
from boxoffice_api.problems import status_of
from boxoffice_api.routes.promotions import set_budget

UNREADABLE = "Look at the currency and the numbers once more."


async def listed(
    foyer: Foyer,
    head: Head,
    *,
    form: Form | None = None,
    refusal: Refusal | None = None,
) -> Answer:
    """Show all budgets."""
    edge = foyer.edge
    staff = await edge.staff.required(head, "manager", "finance")
    entries = await edge.catalogue.performances()
    return foyer.paper.page(
        head,
        "staff_budgets.html",
        status=refusal.status if refusal else 200,
        staff=staff,
        budgets=await edge.comp_budgets.all(),
        may_set=staff.role in ("manager", "admin"),
        currency=entries[0].currency if entries else "",
        given=form.values() if form else {},
        refusal=refusal,
        form=form_token(edge, staff.actor),
        key=new_key(edge),
        position=edge.tail.position,
    )


async def change(foyer: Foyer, head: Head, body: bytes) -> Answer:
    """Set a budget; what was drawn stays drawn."""
    edge = foyer.edge
    form = await staff_form(edge, head, body)
    try:
        name = budget_in_path(form.text("budget").strip())
        wish = msgspec.json.encode(_wish(form))
        path = f"/v1/comp-budgets/{name}"
        asked = as_api(as_staff(head), form, path=path, what="budget", method="PUT")
        await set_budget(edge, asked, name, wish)
    except (Refused, NotFound) as refused:
        sentence = UNREADABLE if refused.data.get("errors") else refused.detail
        refusal = Refusal(sentence, status_of(Invalid()))
        return await listed(foyer, head, form=form, refusal=refusal)
    return see_other("/staff/comp-budgets")


def _wish(form: Form) -> dict[str, Any]:
    currency = form.text("currency").strip().upper()
    places, face = number_of(form.text("places_max")), form.text("face_max").strip()
    if places is None or not face:
        raise Invalid("Say how many places at most, and worth how much.")
    money = {"minor": minor_of(face, currency), "currency": currency}
    return {"places_max": places, "face_max": money}


# ------------------------------------------------------- the framework's routes

_Asked = Request[Any, Any, Any]


@get("/staff/comp-budgets")
async def get_budgets_page(
    request: _Asked, foyer: NamedDependency[Foyer]
) -> Response[bytes]:
    """Show all budgets."""
    return as_response(await listed(foyer, head_of(request)))


@post("/staff/comp-budgets", status_code=303)
async def post_budget_form(
    request: _Asked, foyer: NamedDependency[Foyer]
) -> Response[bytes]:
    """Set a budget."""
    head, body = head_of(request), await request.body()
    return as_response(await change(foyer, head, body))


HANDLERS = [get_budgets_page, post_budget_form]

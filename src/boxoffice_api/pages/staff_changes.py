"""Calling a performance off or moving it, with one step to think about it."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from boxoffice.application.queries.catalogue import PerformanceEntry
from boxoffice.errors import Invalid, Refused
from boxoffice_api.answers import Answer, as_response
from boxoffice_api.head import Head, head_of
from boxoffice_api.pages.forms import Form, as_api, form_token, new_key
from boxoffice_api.pages.foyer import Foyer
from boxoffice_api.pages.hall_page import Refusal
from boxoffice_api.pages.paper import see_other
from boxoffice_api.pages.staff_forms import as_staff, moment_of, staff_form
from boxoffice_api.paths import performance_in_path
from boxoffice_api.problems import Malformed, status_of
from boxoffice_api.routes.changes import cancel_performance, move_performance

CHANGES = ("cancel", "move")
MOMENTS = ("starts_at", "sale_until", "refund_until")
WHY = "Say why; buyers will read it."


async def page(
    foyer: Foyer,
    head: Head,
    entry: PerformanceEntry,
    *,
    form: Form | None = None,
    refusal: Refusal | None = None,
    asks: str = "",
) -> Answer:
    """Show both forms, or the question whether it is really meant."""
    edge = foyer.edge
    staff = await edge.staff.required(head, "manager")
    return foyer.paper.page(
        head,
        "staff_change.html",
        status=refusal.status if refusal else 200,
        staff=staff,
        entry=entry,
        given=form.values() if form else {},
        asks=asks,
        refusal=refusal,
        form=form_token(edge, staff.actor),
        key=new_key(edge),
        position=edge.tail.position,
    )


async def change(foyer: Foyer, head: Head, performance: str, body: bytes) -> Answer:
    """Ask once more, then do it."""
    edge = foyer.edge
    form = await staff_form(edge, head, body)
    entry = await edge.catalogue.performance(performance_in_path(performance))
    what = form.text("what")
    if what not in CHANGES:
        raise Malformed("The form cannot be read.")
    try:
        wish = msgspec.json.encode(_wish(form, entry, what))
        if form.text("sure") != "yes":
            return await page(foyer, head, entry, form=form, asks=what)
        path = f"/v1/performances/{entry.performance}/{what}"
        asked = as_api(as_staff(head), form, path=path, what=what)
        do = cancel_performance if what == "cancel" else move_performance
        await do(edge, asked, entry.performance, wish)
    except Malformed:
        raise
    except Refused as refused:
        refusal = Refusal(refused.detail, status_of(refused))
        return await page(foyer, head, entry, form=form, refusal=refusal)
    return see_other(f"/staff/performances/{entry.performance}")


def _wish(form: Form, entry: PerformanceEntry, what: str) -> dict[str, Any]:
    reason = form.text("reason").strip()
    if not reason:
        raise Invalid(WHY)
    if what == "cancel":
        return {"reason": reason}
    moments = {name: moment_of(form.text(name), entry.zone) for name in MOMENTS}
    if not all(moments.values()):
        raise Invalid("Give the new start, the end of the sale and of returns.")
    return {"reason": reason, **moments}


# ------------------------------------------------------- the framework's routes

_Asked = Request[Any, Any, Any]


@get("/staff/performances/{performance:str}/change")
async def get_change_page(
    request: _Asked, foyer: NamedDependency[Foyer], performance: FromPath[str]
) -> Response[bytes]:
    """Show the forms."""
    wanted = performance_in_path(performance)
    entry = await foyer.edge.catalogue.performance(wanted)
    return as_response(await page(foyer, head_of(request), entry))


@post("/staff/performances/{performance:str}/change", status_code=303)
async def post_change_form(
    request: _Asked, foyer: NamedDependency[Foyer], performance: FromPath[str]
) -> Response[bytes]:
    """Call off or move."""
    head, body = head_of(request), await request.body()
    return as_response(await change(foyer, head, performance, body))


HANDLERS = [get_change_page, post_change_form]

"""Refunds that failed for good: which orders have one, and what staff do about it.

The forms stand on the page of the order and ask what the API's own routes ask, so who
may do what, and that two people say of a pay-out that it happened, is decided there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from boxoffice.application.queries.orders import list_owed
from boxoffice.errors import Forbidden, Invalid, NotFound, Refused
from boxoffice_api.answers import Answer, as_response
from boxoffice_api.edge import Edge
from boxoffice_api.head import Head, head_of
from boxoffice_api.pages.forms import Form, as_api
from boxoffice_api.pages.foyer import Foyer
from boxoffice_api.pages.hall_page import Refusal
from boxoffice_api.pages.paper import see_other
from boxoffice_api.pages.staff_forms import as_staff, staff_form
from boxoffice_api.pages.staff_orders import PAGE, detail
from boxoffice_api.paths import refund_in_path
from boxoffice_api.problems import status_of
from boxoffice_api.query import Query
from boxoffice_api.routes.orders import LISTERS, NUMBER_MAX
from boxoffice_api.routes.owed import confirm_pay_out, pay_out_refund, retry_refund

HOW = "Say how the money was given back, and name nobody."
Ask = Callable[[Edge, Head, str, str, bytes], Awaitable[Answer]]


async def failed_refunds(foyer: Foyer, head: Head) -> Answer:
    """List the orders whose money no bank takes back, the oldest first."""
    edge = foyer.edge
    staff = await edge.staff.required(head, *LISTERS)
    after = Query(head).number("after", default=0, most=NUMBER_MAX) or None
    found = await list_owed(edge.container.documents, after=after, limit=PAGE)
    return foyer.paper.page(
        head,
        "staff_refunds.html",
        staff=staff,
        orders=found.orders,
        more=found.after,
        entries={e.performance: e for e in await edge.catalogue.performances()},
        names=await edge.staff.names(),
        position=edge.tail.position,
    )


async def settle(
    foyer: Foyer, head: Head, *, code: str, refund: str, what: str, body: bytes
) -> Answer:
    """Do what a form about a failed refund asks for, or show why not."""
    edge = foyer.edge
    form = await staff_form(edge, head, body)
    if what not in _WAYS:
        raise NotFound("There is no such page.")
    ask, said = _WAYS[what]
    path = f"/v1/orders/{code}/refunds/{refund_in_path(refund)}/{what}"
    asked = as_api(as_staff(head), form, path=path, what=f"{what}-{refund}")
    try:
        await ask(edge, asked, code, refund, said(form))
    except (Refused, Forbidden) as refused:
        refusal = Refusal(refused.detail, status_of(refused))
        return await detail(foyer, head, code, refusal=refusal)
    return see_other(f"/staff/orders/{code}")


def _nothing(_: Form) -> bytes:
    return b""


def _how(form: Form) -> bytes:
    note = form.text("note").strip()
    if not note:
        raise Invalid(HOW)
    return msgspec.json.encode({"note": note})


_WAYS: dict[str, tuple[Ask, Callable[[Form], bytes]]] = {
    "retry": (retry_refund, _nothing),
    "pay-out": (pay_out_refund, _how),
    "confirm": (confirm_pay_out, _nothing),
}


# ------------------------------------------------------- the framework's routes

_Asked = Request[Any, Any, Any]


@get("/staff/refunds")
async def get_failed_refunds(
    request: _Asked, foyer: NamedDependency[Foyer]
) -> Response[bytes]:
    """List refunds that failed for good."""
    return as_response(await failed_refunds(foyer, head_of(request)))


@post("/staff/orders/{code:str}/refunds/{refund:str}/{what:str}", status_code=303)
async def post_refund_form(
    request: _Asked,
    foyer: NamedDependency[Foyer],
    code: FromPath[str],
    refund: FromPath[str],
    what: FromPath[str],
) -> Response[bytes]:
    """Try it again, pay it out by hand, or confirm that."""
    head, body = head_of(request), await request.body()
    return as_response(
        await settle(foyer, head, code=code, refund=refund, what=what, body=body)
    )


HANDLERS = [get_failed_refunds, post_refund_form]

"""Orders for staff: lists, one order with everything, and what may be done about it.

Names and e-mail addresses are shown on the page of one order only, where the vault
opened them for whoever works here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, get_args

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from boxoffice.application.queries.orders import list_approvals, list_orders
from boxoffice.domain.ids import PerformanceId
from boxoffice.errors import Forbidden, NotFound, Refused
from boxoffice.readmodels.order_document import Status
from boxoffice_api.answers import Answer, as_response
from boxoffice_api.edge import Edge
from boxoffice_api.head import Head, head_of
from boxoffice_api.order_views import order_document
from boxoffice_api.pages.assets import levels_path
from boxoffice_api.pages.forms import Form, as_api, form_token, new_key
from boxoffice_api.pages.foyer import Foyer
from boxoffice_api.pages.hall_page import Refusal
from boxoffice_api.pages.paper import see_other
from boxoffice_api.pages.programme import sale_of
from boxoffice_api.pages.staff_forms import as_staff, minor_of, staff_form
from boxoffice_api.pages.tickets import grouped
from boxoffice_api.paths import performance_in_path
from boxoffice_api.problems import status_of
from boxoffice_api.query import Query
from boxoffice_api.routes.order_changes import cancel_order
from boxoffice_api.routes.order_desk import approve, deny, refund_tickets, void_order
from boxoffice_api.routes.orders import (
    LISTERS,
    NUMBER_MAX,
    own_order,
    shown_order,
)
from boxoffice_api.routes.owed import CASHIERS

PAGE = 50
STATUSES: tuple[Status, ...] = get_args(Status)
DECIDERS = ("manager", "admin")
PAYERS = (*CASHIERS, "admin")
Ask = Callable[[Edge, Head, str, bytes], Awaitable[Answer]]


async def of_performance(foyer: Foyer, head: Head, performance: str) -> Answer:
    """List the orders of a performance, the newest first."""
    edge, query = foyer.edge, Query(head)
    staff = await edge.staff.required(head, *LISTERS)
    entry = await edge.catalogue.performance(performance_in_path(performance))
    wanted = query.text("status")
    found = await list_orders(
        edge.container.documents,
        performance=entry.performance,
        status=next((s for s in STATUSES if s == wanted), None),
        after=query.number("after", default=0, most=NUMBER_MAX) or None,
        newest=True,
        limit=PAGE,
    )
    return foyer.paper.page(
        head,
        "staff_orders.html",
        staff=staff,
        entry=entry,
        statuses=STATUSES,
        wanted=wanted,
        orders=found.orders,
        more=found.after,
        position=edge.tail.position,
    )


def find(head: Head) -> Answer:
    """Go to the order whose code was typed."""
    code = "".join((Query(head).text("code") or "").split()).upper()
    if not code.isalnum():
        raise NotFound("There is no such order.")
    return see_other(f"/staff/orders/{code}")


async def approvals(foyer: Foyer, head: Head) -> Answer:
    """List what waits for a second person."""
    edge = foyer.edge
    staff = await edge.staff.required(head, *LISTERS)
    found = await list_approvals(edge.container.documents, limit=PAGE)
    titles = {e.performance: e for e in await edge.catalogue.performances()}
    return foyer.paper.page(
        head,
        "staff_approvals.html",
        staff=staff,
        orders=found.orders,
        titles=titles,
        names=await edge.staff.names(),
        may_decide=staff.role in DECIDERS,
        form=form_token(edge, staff.actor),
        keys=[new_key(edge) for _ in range(len(found.orders))],
        position=edge.tail.position,
    )


async def detail(
    foyer: Foyer, head: Head, code: str, *, refusal: Refusal | None = None
) -> Answer:
    """Show an order with its person, its money and its history."""
    edge = foyer.edge
    staff = await edge.staff.required(head, *LISTERS)
    view = await shown_order(edge, staff, code)
    known = await own_order(edge, staff, code)
    document = order_document(known.facts)
    entry = await edge.catalogue.performance(PerformanceId(view.performance))
    now = edge.container.clock.now()
    entries = await edge.catalogue.performances()
    return foyer.paper.page(
        head,
        "staff_order.html",
        status=refusal.status if refusal else 200,
        staff=staff,
        names=await edge.staff.names(),
        may_decide=staff.role in DECIDERS,
        may_pay_out=staff.role in PAYERS,
        refunds=known.payment.refunds,
        order=view,
        document=document,
        entry=entry,
        groups=await grouped(foyer, view.lines),
        dates=[e for e in entries if sale_of(e, now) == "open"][:PAGE],
        levels_css=levels_path([c.colour for c in entry.categories]),
        refusal=refusal,
        form=form_token(edge, staff.actor),
        key=new_key(edge),
        position=document.position,
    )


async def change(
    foyer: Foyer, head: Head, *, code: str, what: str, body: bytes
) -> Answer:
    """Do what a form of the page asks for, or show the page with the reason."""
    edge = foyer.edge
    form = await staff_form(edge, head, body)
    if what not in _CHANGES:
        raise NotFound("There is no such page.")
    ask, said = _CHANGES[what]
    asked = as_api(as_staff(head), form, path=f"/v1/orders/{code}/{what}", what=what)
    try:
        await ask(edge, asked, code, msgspec.json.encode(said(form)))
    except Refused as refused:
        refusal = Refusal(refused.detail, status_of(refused))
        return await detail(foyer, head, code, refusal=refusal)
    return see_other(f"/staff/orders/{code}")


async def decide(
    foyer: Foyer, head: Head, *, code: str, wish: str, what: str, body: bytes
) -> Answer:
    """Agree to what another person asked for, or say no."""
    edge = foyer.edge
    form = await staff_form(edge, head, body)
    path = f"/v1/orders/{code}/requests/{wish}/{what}"
    asked = as_api(as_staff(head), form, path=path, what=what)
    note = msgspec.json.encode({"note": form.text("note")})
    try:
        if what == "approve":
            await approve(edge, asked, code, wish, b"")
        elif what == "deny":
            await deny(edge, asked, code, wish, note)
        else:
            raise NotFound("There is no such page.")
    except (Refused, Forbidden) as refused:
        refusal = Refusal(refused.detail, status_of(refused))
        return await detail(foyer, head, code, refusal=refusal)
    return see_other(f"/staff/orders/{code}")


def _refund(form: Form) -> dict[str, Any]:
    return {
        "tickets": form.tickets(),
        "note": form.text("note"),
        "keep_outside_fees": form.text("keep") == "yes",
        "fee": minor_of(form.text("fee"), form.text("currency")),
    }


_CHANGES: dict[str, tuple[Ask, Callable[[Form], dict[str, Any]]]] = {
    "refund": (refund_tickets, _refund),
    "void": (void_order, lambda form: {"note": form.text("note")}),
    "cancel": (cancel_order, lambda form: {"note": form.text("note")}),
}


# ------------------------------------------------------- the framework's routes

_Asked = Request[Any, Any, Any]


@get("/staff/performances/{performance:str}/orders")
async def get_orders_page(
    request: _Asked, foyer: NamedDependency[Foyer], performance: FromPath[str]
) -> Response[bytes]:
    """List orders."""
    return as_response(await of_performance(foyer, head_of(request), performance))


@get("/staff/find", status_code=303)
async def get_find(request: _Asked) -> Response[bytes]:
    """Find an order by its code."""
    return as_response(find(head_of(request)))


@get("/staff/approvals")
async def get_approvals(
    request: _Asked, foyer: NamedDependency[Foyer]
) -> Response[bytes]:
    """List what waits for a second person."""
    return as_response(await approvals(foyer, head_of(request)))


@get("/staff/orders/{code:str}")
async def get_staff_order(
    request: _Asked, foyer: NamedDependency[Foyer], code: FromPath[str]
) -> Response[bytes]:
    """Show an order to staff."""
    return as_response(await detail(foyer, head_of(request), code))


@post("/staff/orders/{code:str}/do/{what:str}", status_code=303)
async def post_staff_order(
    request: _Asked,
    foyer: NamedDependency[Foyer],
    code: FromPath[str],
    what: FromPath[str],
) -> Response[bytes]:
    """Refund, void or cancel."""
    head, body = head_of(request), await request.body()
    return as_response(await change(foyer, head, code=code, what=what, body=body))


@post("/staff/orders/{code:str}/requests/{wish:str}/{what:str}", status_code=303)
async def post_decision(
    request: _Asked,
    foyer: NamedDependency[Foyer],
    code: FromPath[str],
    wish: FromPath[str],
    what: FromPath[str],
) -> Response[bytes]:
    """Agree or say no."""
    head, body = head_of(request), await request.body()
    return as_response(
        await decide(foyer, head, code=code, wish=wish, what=what, body=body)
    )


HANDLERS = [
    get_orders_page,
    get_find,
    get_approvals,
    get_staff_order,
    post_staff_order,
    post_decision,
]

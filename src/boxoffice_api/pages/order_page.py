"""`/orders/<code>`: an order in every state, read from the log each time.

The page a buyer lands on after ordering has `pay` in its address: it leads on to the
provider's page as soon as there is one, with a refresh and not with a redirect, because
forms of ours may end nowhere else than here. A buyer who comes back stays.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from boxoffice.application.queries.catalogue import PerformanceEntry
from boxoffice.domain.ids import PerformanceId
from boxoffice.errors import NotFound, Refused
from boxoffice_api.answers import Answer, as_response
from boxoffice_api.auth import ROLES, Buyer, Caller
from boxoffice_api.edge import Edge
from boxoffice_api.head import Head, head_of
from boxoffice_api.order_views import OrderView
from boxoffice_api.pages.assets import levels_path
from boxoffice_api.pages.forms import (
    Form,
    as_api,
    check_form,
    form_token,
    new_key,
    owner_of,
)
from boxoffice_api.pages.foyer import Foyer
from boxoffice_api.pages.hall_page import Refusal
from boxoffice_api.pages.order_stage import stage_of
from boxoffice_api.pages.paper import see_other
from boxoffice_api.pages.programme import sale_of
from boxoffice_api.pages.tickets import grouped
from boxoffice_api.problems import status_of
from boxoffice_api.query import Query
from boxoffice_api.routes.order_changes import (
    cancel_order,
    decline_alternative,
    pay_order,
    take_alternative,
)
from boxoffice_api.routes.order_desk import refund_tickets
from boxoffice_api.routes.orders import own_order, shown_order

DATES_MAX = 50
Ask = Callable[[Edge, Head, str, bytes], Awaitable[Answer]]


async def order_page(
    foyer: Foyer, head: Head, code: str, *, refusal: Refusal | None = None
) -> Answer:
    """Show an order to its owner or to staff."""
    edge = foyer.edge
    caller = await edge.buyer_or(head, *ROLES)
    order = await shown_order(edge, caller, code)
    entry = await edge.catalogue.performance(PerformanceId(order.performance))
    query, now = Query(head), edge.container.clock.now()
    stage = stage_of(order, is_back=query.text("redirect_status") == "succeeded")
    url = _web(order.operation.action_url)
    return foyer.paper.page(
        head,
        "order.html",
        status=refusal.status if refusal else 200,
        order=order,
        stage=stage,
        entry=entry,
        groups=await grouped(foyer, order.lines),
        wanted=await grouped(foyer, order.exchange.lines) if order.exchange else [],
        offered=(
            await grouped(foyer, order.alternative.lines) if order.alternative else []
        ),
        pay_url=url,
        forward=url if query.text("pay") and stage.name == "pay" else "",
        may_return=await _may_return(edge, caller, entry, code),
        dates=await _dates(edge, order) if stage.name == "confirmed" else [],
        levels_css=levels_path([c.colour for c in entry.categories]),
        refusal=refusal,
        is_own=isinstance(caller, Buyer),
        now=now,
        form=form_token(edge, owner_of(caller)),
        key=new_key(edge),
        position=int(order.token.rpartition(".")[2]),
    )


async def _may_return(
    edge: Edge, caller: Caller, entry: PerformanceEntry, code: str
) -> bool:
    """Tell whether the buyer may give a ticket back, because the date was moved."""
    if entry.refund_until is None:
        return False
    now, known = edge.container.clock.now(), await own_order(edge, caller, code)
    return any(
        entry.takes_back(now, bought_at=ticket.chosen_at)
        for ticket in known.order.valid()
        if ticket.line.performance == entry.performance
    )


async def _dates(edge: Edge, order: OrderView) -> list[Any]:
    """Give the performances on sale that tickets can be exchanged into."""
    now = edge.container.clock.now()
    known = [
        entry
        for entry in await edge.catalogue.performances()
        if sale_of(entry, now) == "open" and entry.currency == order.total.currency
    ]
    return sorted(known, key=lambda e: e.performance != order.performance)[:DATES_MAX]


def _web(url: str | None) -> str:
    """Let an address of the web pass, and nothing else that could be a link."""
    return url if url and urlsplit(url).scheme in ("http", "https") else ""


async def change(
    foyer: Foyer, head: Head, *, code: str, what: str, body: bytes
) -> Answer:
    """Do what a form of the page asks for, or show the page with the reason."""
    edge = foyer.edge
    if what not in _CHANGES:
        raise NotFound("There is no such page.")
    caller: Caller = await edge.buyer_or(head, *ROLES)
    form = Form(head, body)
    check_form(edge, head, form, owner=owner_of(caller))
    path, ask, said = _CHANGES[what]
    asked = as_api(head, form, path=f"/v1/orders/{code}/{path}", what=what)
    try:
        await ask(edge, asked, code, msgspec.json.encode(said(form)))
    except Refused as refused:
        refusal = Refusal(refused.detail, status_of(refused))
        return await order_page(foyer, head, code, refusal=refusal)
    return see_other(f"/orders/{code}{'?pay=now' if what == 'pay' else ''}")


_CHANGES: dict[str, tuple[str, Ask, Callable[[Form], dict[str, Any]]]] = {
    "pay": ("pay", pay_order, lambda form: {"method": form.text("method") or "card"}),
    "cancel": ("cancel", cancel_order, lambda _: {}),
    "accept": ("alternative/accept", take_alternative, lambda _: {}),
    "decline": ("alternative/decline", decline_alternative, lambda _: {}),
    "refund": ("refund", refund_tickets, lambda form: {"tickets": form.tickets()}),
}


# ------------------------------------------------------- the framework's routes

_Asked = Request[Any, Any, Any]


@get("/orders/{code:str}")
async def get_order_page(
    request: _Asked, foyer: NamedDependency[Foyer], code: FromPath[str]
) -> Response[bytes]:
    """Show an order."""
    return as_response(await order_page(foyer, head_of(request), code))


@post("/orders/{code:str}/{what:str}", status_code=303)
async def post_order_form(
    request: _Asked,
    foyer: NamedDependency[Foyer],
    code: FromPath[str],
    what: FromPath[str],
) -> Response[bytes]:
    """Pay again, cancel, choose, or give tickets back."""
    head, body = head_of(request), await request.body()
    return as_response(await change(foyer, head, code=code, what=what, body=body))


HANDLERS = [get_order_page, post_order_form]

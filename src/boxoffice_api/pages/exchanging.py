"""Exchanging tickets: new places in the hall, the difference, one confirmation."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from boxoffice.errors import NotFound, Refused
from boxoffice_api.answers import Answer, as_response
from boxoffice_api.auth import SELLERS
from boxoffice_api.head import Head, head_of
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
from boxoffice_api.pages.hall_page import Refusal, held_places
from boxoffice_api.pages.paper import see_other
from boxoffice_api.pages.swaps import Swap, swap_of_form, swap_of_query
from boxoffice_api.pages.tickets import grouped
from boxoffice_api.paths import hold_in_path, performance_in_path
from boxoffice_api.problems import status_of
from boxoffice_api.query import Query
from boxoffice_api.renderers import HoldView
from boxoffice_api.routes.holds import look_at_hold
from boxoffice_api.routes.order_changes import exchange
from boxoffice_api.routes.orders import shown_order

_HOLD = msgspec.json.Decoder(HoldView)


def begin(head: Head) -> Answer:
    """Lead on to the hall where the new places are."""
    swap = swap_of_query(head)
    if swap is None:
        raise NotFound("There is no such order.")
    if not swap.tickets:
        return see_other(f"/orders/{swap.order}?chosen=none")
    into = performance_in_path(Query(head).text("into") or "")
    return see_other(f"/performances/{into}?{swap.query}")


async def confirm(
    foyer: Foyer,
    head: Head,
    *,
    performance: str,
    hold: str,
    swap: Swap | None,
    refusal: Refusal | None = None,
) -> Answer:
    """Show what is given, what is got, and the difference."""
    edge = foyer.edge
    if swap is None:
        raise NotFound("There is no such order.")
    view = _HOLD.decode((await look_at_hold(edge, head, performance, hold)).body)
    if view.state != "held":
        return see_other(f"/performances/{performance}/holds/{hold}")
    caller = await edge.buyer_or(head, *SELLERS)
    order = await shown_order(edge, caller, swap.order)
    given = [
        line
        for line in order.lines
        if f"{line.performance}:{line.place}" in swap.tickets
    ]
    entry = await edge.catalogue.performance(performance_in_path(performance))
    chart = (await foyer.halls.scene(entry)).chart
    fee = edge.container.settings.exchange_fee * len(given)
    before = sum(line.price.minor for line in given)
    return foyer.paper.page(
        head,
        "exchange.html",
        status=refusal.status if refusal else 200,
        entry=entry,
        hall=chart.hall,
        order=order,
        swap=swap,
        given=await grouped(foyer, given),
        hold=view,
        chosen=held_places(entry, chart, view),
        fee=fee,
        due=view.total.minor - before + fee,
        refusal=refusal,
        levels_css=levels_path([c.colour for c in entry.categories]),
        now=edge.container.clock.now(),
        form=form_token(edge, owner_of(caller)),
        key=new_key(edge),
        position=edge.tail.position,
    )


async def swap_tickets(
    foyer: Foyer, head: Head, *, performance: str, hold: str, body: bytes
) -> Answer:
    """Exchange, or show the page with the reason."""
    edge = foyer.edge
    caller = await edge.buyer_or(head, *SELLERS)
    form = Form(head, body)
    check_form(edge, head, form, owner=owner_of(caller))
    swap = swap_of_form(form)
    if swap is None:
        raise NotFound("There is no such order.")
    of, named = performance_in_path(performance), hold_in_path(hold)
    path = f"/v1/orders/{swap.order}/exchange"
    asked = as_api(head, form, path=path, what="exchange")
    wish = {
        "tickets": swap.named(),
        "hold": {"performance": of, "hold": named},
        "method": form.text("method") or "card",
    }
    try:
        await exchange(edge, asked, swap.order, msgspec.json.encode(wish))
    except Refused as refused:
        refusal = Refusal(refused.detail, status_of(refused))
        return await confirm(
            foyer, head, performance=of, hold=named, swap=swap, refusal=refusal
        )
    return see_other(f"/orders/{swap.order}?pay=now")


# ------------------------------------------------------- the framework's routes

_Asked = Request[Any, Any, Any]


@get("/exchanges", status_code=303)
async def get_begin(request: _Asked) -> Response[bytes]:
    """Lead on to the hall."""
    return as_response(begin(head_of(request)))


@get("/performances/{performance:str}/holds/{hold:str}/exchange")
async def get_exchange(
    request: _Asked,
    foyer: NamedDependency[Foyer],
    performance: FromPath[str],
    hold: FromPath[str],
) -> Response[bytes]:
    """Show the difference."""
    head = head_of(request)
    swap = swap_of_query(head)
    return as_response(
        await confirm(foyer, head, performance=performance, hold=hold, swap=swap)
    )


@post("/performances/{performance:str}/holds/{hold:str}/exchange", status_code=303)
async def post_exchange_form(
    request: _Asked,
    foyer: NamedDependency[Foyer],
    performance: FromPath[str],
    hold: FromPath[str],
) -> Response[bytes]:
    """Exchange."""
    head, body = head_of(request), await request.body()
    return as_response(
        await swap_tickets(foyer, head, performance=performance, hold=hold, body=body)
    )


HANDLERS = [get_begin, get_exchange, post_exchange_form]

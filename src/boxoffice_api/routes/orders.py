"""Orders: shown to who bought them and to staff, from the log."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from boxoffice import errors
from boxoffice.application.queries.orders import confirmed_order, find_order
from boxoffice.domain.orders.events import OrderConfirmed
from boxoffice_api.answers import NO_STORE, Answer, as_response
from boxoffice_api.edge import Edge
from boxoffice_api.head import Head, head_of
from boxoffice_api.renderers import OrderView, render_order
from boxoffice_api.spec import spec


async def look_at_order(edge: Edge, head: Head, code: str) -> Answer:
    """Show an order to its owner or to staff; to others there is none."""
    buyer = edge.buyers.known(head)
    staff = await edge.staff.known(head)
    if buyer is None and staff is None:
        raise errors.Unauthenticated
    facts = await find_order(edge.container.store, code)
    confirmed = confirmed_order(facts).event
    assert isinstance(confirmed, OrderConfirmed)
    if staff is None and (buyer is None or buyer.id != confirmed.buyer):
        raise errors.NotFound("There is no such order.")
    return Answer(200, render_order(facts, edge.token), headers=(NO_STORE,))


@get(
    "/v1/orders/{code:str}",
    opt=spec(
        tag="orders",
        who="buyer or staff",
        answers={200: OrderView},
        problems=(errors.NotFound,),
    ),
)
async def get_order(
    request: Request[Any, Any, Any],
    edge: NamedDependency[Edge],
    code: FromPath[str],
) -> Response[bytes]:
    """Show an order; it is read from the log, so it is never behind."""
    return as_response(await look_at_order(edge, head_of(request), code))


HANDLERS = [get_order]

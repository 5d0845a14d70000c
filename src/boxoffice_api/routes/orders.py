"""Orders: shown to who placed them and to staff, from the log; listed for staff."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from boxoffice import errors
from boxoffice.application.ports.vault import Particulars
from boxoffice.application.queries.orders import (
    LISTED_MAX,
    KnownOrder,
    find_order,
    list_approvals,
    list_orders,
    list_owed,
)
from boxoffice.domain.ids import BuyerId, PersonId
from boxoffice.readmodels.order_document import OrderDocument
from boxoffice_api.amounts import MoneyView
from boxoffice_api.answers import NO_STORE, Answer, as_response
from boxoffice_api.auth import ROLES, Buyer, Caller, Staff
from boxoffice_api.edge import Edge
from boxoffice_api.head import Head, head_of
from boxoffice_api.order_views import (
    OperationView,
    OrderView,
    encode,
    operation_of,
    order_document,
    order_view,
)
from boxoffice_api.paths import performance_in_path
from boxoffice_api.problems import Malformed
from boxoffice_api.query import Query
from boxoffice_api.spec import Query as QuerySpec
from boxoffice_api.spec import spec

PAGE_DEFAULT = 50
NUMBER_MAX = 999_999_999
LISTERS = ("manager", "finance", "till")


class ListedOrder(msgspec.Struct, frozen=True):
    """An order in a list; whose it is and every detail is in the order itself."""

    order: str
    status: str
    channel: str
    performance: str
    places: int
    total: MoneyView
    paid: MoneyView
    placed_at: str
    waits_for: str | None


class OrderListView(msgspec.Struct, frozen=True):
    """Orders as they were placed; `next` goes into `after` for the following ones."""

    items: list[ListedOrder]
    next: int | None


async def own_order(edge: Edge, caller: Caller, code: str) -> KnownOrder:
    """Give an order to its owner or to staff.

    Raises:
        NotFound: there is none, or it is another buyer's.
    """
    known = await find_order(edge.container.store, code)
    if isinstance(caller, Buyer) and caller.id != known.order.buyer:
        raise errors.NotFound("There is no such order.")
    return known


def buyer_of(caller: Caller) -> BuyerId | None:
    """Give the buyer that a command of this caller carries; staff is none."""
    return caller.id if isinstance(caller, Buyer) else None


async def look_at_order(edge: Edge, head: Head, code: str) -> Answer:
    """Show an order to its owner or to staff; to others there is none."""
    caller = await edge.buyer_or(head, *ROLES)
    view = await shown_order(edge, caller, code)
    return Answer(200, encode(view), headers=(NO_STORE,))


async def shown_order(edge: Edge, caller: Caller, code: str) -> OrderView:
    """Give an order as its owner or staff may see it, as it is now."""
    known = await own_order(edge, caller, code)
    document = order_document(known.facts)
    return order_view(
        document,
        edge.token,
        people=await _people(edge, document),
        staff=await edge.staff.names() if isinstance(caller, Staff) else None,
    )


async def look_at_operation(edge: Edge, head: Head, code: str) -> Answer:
    """Tell what an order waits for."""
    caller = await edge.buyer_or(head, *ROLES)
    known = await own_order(edge, caller, code)
    operation = operation_of(order_document(known.facts))
    return Answer(200, encode(operation), headers=(NO_STORE,))


async def _people(edge: Edge, document: OrderDocument) -> dict[PersonId, Particulars]:
    """Open whom the order names."""
    host = document.comps.host if document.comps else ""
    people = [PersonId(one) for one in (document.person, host) if one]
    return await asyncio.to_thread(edge.container.vault.open, people)


async def list_of_orders(edge: Edge, head: Head) -> Answer:
    """List orders for staff: of a performance, or all that are confirmed.

    Raises:
        Malformed: they are to wait for something that orders do not wait for.
    """
    await edge.staff.required(head, *LISTERS)
    query = Query(head)
    limit = query.number("limit", default=PAGE_DEFAULT, most=LISTED_MAX)
    after = query.number("after", default=0, most=NUMBER_MAX) or None
    documents = edge.container.documents
    waiting = query.text("waiting")
    if waiting == "approval":
        found = await list_approvals(documents, after=after, limit=limit)
    elif waiting == "pay-out":
        found = await list_owed(documents, after=after, limit=limit)
    elif waiting is not None:
        raise Malformed("waiting is `approval` or `pay-out`.")
    else:
        of = query.text("performance")
        performance = None if of is None else performance_in_path(of)
        found = await list_orders(
            documents, performance=performance, after=after, limit=limit
        )
    items = [
        ListedOrder(
            order=document.order,
            status=document.status,
            channel=document.channel,
            performance=document.performance,
            places=len(document.lines),
            total=MoneyView(document.total, document.currency),
            paid=MoneyView(document.paid, document.currency),
            placed_at=document.placed_at.isoformat(),
            waits_for=operation_of(document).waits_for,
        )
        for document in found.orders
    ]
    return Answer(200, encode(OrderListView(items, found.after)), headers=(NO_STORE,))


# ------------------------------------------------------- the framework's routes

_Asked = Request[Any, Any, Any]


@get(
    "/v1/orders",
    opt=spec(
        tag="staff",
        who="staff",
        answers={200: OrderListView},
        query=(
            QuerySpec("performance", "Only orders with tickets for this performance."),
            QuerySpec(
                "waiting",
                "`approval`: what a second person must agree to; `pay-out`: refunds"
                " that failed for good.",
            ),
            QuerySpec("after", "What `next` of the page before said.", "integer"),
            QuerySpec("limit", f"At most {LISTED_MAX}.", "integer"),
        ),
        problems=(errors.NotFound,),
    ),
)
async def get_orders(request: _Asked, edge: NamedDependency[Edge]) -> Response[bytes]:
    """List orders as they were placed; names are in the orders themselves."""
    return as_response(await list_of_orders(edge, head_of(request)))


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
    request: _Asked, edge: NamedDependency[Edge], code: FromPath[str]
) -> Response[bytes]:
    """Show an order; it is read from the log, so it is never behind."""
    return as_response(await look_at_order(edge, head_of(request), code))


@get(
    "/v1/orders/{code:str}/operation",
    opt=spec(
        tag="orders",
        who="buyer or staff",
        answers={200: OperationView},
        problems=(errors.NotFound,),
    ),
)
async def get_operation(
    request: _Asked, edge: NamedDependency[Edge], code: FromPath[str]
) -> Response[bytes]:
    """Tell what the order waits for; ask again while it is pending."""
    return as_response(await look_at_operation(edge, head_of(request), code))


HANDLERS = [get_orders, get_order, get_operation]

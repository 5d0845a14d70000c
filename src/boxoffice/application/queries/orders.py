"""Orders: one by one from their own streams, and listed from the read model.

A single order is read from the log, which outlives every read model and is never
behind. Lists come from the `order` documents, in the order in which orders were placed.
"""

from __future__ import annotations

import asyncio
import re

import msgspec

from boxoffice.application.codec import decode
from boxoffice.application.ports.documents import ListedDocuments, Query
from boxoffice.application.ports.log import LogReader
from boxoffice.domain.ids import (
    ORDER_ALPHABET,
    ORDER_CODE_LETTERS,
    OrderCode,
    PerformanceId,
    order_family,
    order_stream,
    payment_stream,
)
from boxoffice.domain.message import Fact
from boxoffice.domain.orders.state import ORDER, Order
from boxoffice.domain.payments.state import PAYMENT, Payment
from boxoffice.errors import NotFound
from boxoffice.readmodels.order import ORDER as ORDERS
from boxoffice.readmodels.order_document import OrderDocument, Status

_CODE = re.compile(f"[{ORDER_ALPHABET}]{{{ORDER_CODE_LETTERS}}}")
LISTED_MAX = 500
"""Orders on one page of a list."""


class KnownOrder(msgspec.Struct, frozen=True):
    """An order and its payment as they are now, and the facts that made them so.

    `position` is that of the last fact.
    """

    code: OrderCode
    order: Order
    payment: Payment
    facts: tuple[Fact, ...]
    position: int


class OrderList(msgspec.Struct, frozen=True):
    """A page of orders; `after` is where the next page begins, None at the end."""

    generation: int
    orders: tuple[OrderDocument, ...]
    after: int | None


async def find_order(store: LogReader, code: str) -> KnownOrder:
    """Give an order and its payment as they are now.

    Raises:
        NotFound: there is no such order.
        Unavailable: the log does not answer.
    """
    if not _CODE.fullmatch(code):
        raise NotFound("There is no such order.")
    family = order_family(OrderCode(code))
    records = await asyncio.to_thread(store.families, [family])
    facts = tuple(
        Fact(
            r.position,
            r.stream,
            r.version,
            r.recorded_at,
            decode(r.tag, r.data, position=r.position),
        )
        for r in records
    )
    return known_order(OrderCode(code), facts)


def known_order(code: OrderCode, facts: tuple[Fact, ...]) -> KnownOrder:
    """Fold the facts of one order and of its payment.

    Raises:
        NotFound: they are of no order.
    """
    order = ORDER.fold(f.event for f in facts if f.stream == order_stream(code))
    payment = PAYMENT.fold(f.event for f in facts if f.stream == payment_stream(code))
    if order.status == "none":
        raise NotFound("There is no such order.")
    return KnownOrder(code, order, payment, facts, facts[-1].position)


async def list_orders(
    documents: ListedDocuments,
    *,
    performance: PerformanceId | None = None,
    status: Status | None = None,
    after: int | None = None,
    newest: bool = False,
    limit: int = LISTED_MAX,
) -> OrderList:
    """List orders by when they were placed; with neither condition, those confirmed.

    Raises:
        Unavailable: the store does not answer.
    """
    where: dict[str, str | bool] = {}
    if performance is not None:
        where["performances"] = performance
    if status is not None or performance is None:
        where["status"] = status or "confirmed"
    return await _listed(documents, where, after=after, newest=newest, limit=limit)


async def list_approvals(
    documents: ListedDocuments, *, after: int | None = None, limit: int = LISTED_MAX
) -> OrderList:
    """List the orders with a request that waits for a second person.

    Raises:
        Unavailable: the store does not answer.
    """
    return await _listed(
        documents, {"waiting": True}, after=after, newest=False, limit=limit
    )


async def list_owed(
    documents: ListedDocuments, *, after: int | None = None, limit: int = LISTED_MAX
) -> OrderList:
    """List the orders with a refund that failed for good.

    Raises:
        Unavailable: the store does not answer.
    """
    return await _listed(
        documents, {"owed": True}, after=after, newest=False, limit=limit
    )


async def _listed(
    documents: ListedDocuments,
    where: dict[str, str | bool],
    *,
    after: int | None,
    newest: bool,
    limit: int,
) -> OrderList:
    limit = max(1, min(limit, LISTED_MAX))
    generation = await documents.generation(ORDERS.name)
    query = Query(where, by="number", limit=limit, after=after, newest=newest)
    found = await documents.find(ORDERS.name, generation, query)
    orders = tuple(ORDERS.decode(document.body) for document in found)
    more = orders[-1].number if len(orders) == limit else None
    return OrderList(generation, orders, more)

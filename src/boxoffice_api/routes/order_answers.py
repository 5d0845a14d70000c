"""The answer to whatever changes an order: what the change itself waits for.

It is made from the facts of the change's own append. When there was nothing to do it
tells how the order stands.
"""

from __future__ import annotations

from collections.abc import Sequence

from boxoffice.application.queries.orders import find_order
from boxoffice.application.writer import Accepted
from boxoffice.domain.message import Fact
from boxoffice.domain.orders.events import ApprovalAsked
from boxoffice.domain.payments.events import PaymentRequested, RefundRequested
from boxoffice_api.answers import NO_STORE, Answer
from boxoffice_api.edge import Edge
from boxoffice_api.order_views import (
    OperationView,
    OrderChangeView,
    WaitsFor,
    encode,
    operation_of,
    order_document,
)


async def answer_change(edge: Edge, accepted: Accepted, *, code: str) -> Answer:
    """Answer a command about an order."""
    request: str | None = None
    if accepted.facts:
        position = accepted.facts[-1].position
        operation = _begun(accepted.facts, code)
        request = _request(accepted.facts)
    else:
        known = await find_order(edge.container.store, code)
        position = known.position
        operation = operation_of(order_document(known.facts))
    view = OrderChangeView(code, operation, request, edge.token(position))
    location = ("location", f"/v1/orders/{code}")
    return Answer(202, encode(view), headers=(NO_STORE, location))


def _begun(facts: Sequence[Fact], code: str) -> OperationView:
    href = f"/v1/orders/{code}/operation"
    waiting: tuple[tuple[type, WaitsFor], ...] = (
        (PaymentRequested, "house"),
        (ApprovalAsked, "approval"),
        (RefundRequested, "refund"),
    )
    for kind, waits_for in waiting:
        if any(isinstance(fact.event, kind) for fact in facts):
            return OperationView("pending", href, waits_for)
    return OperationView("succeeded", href)


def _request(facts: Sequence[Fact]) -> str | None:
    asked = [f.event.request for f in facts if isinstance(f.event, ApprovalAsked)]
    return asked[-1] if asked else None

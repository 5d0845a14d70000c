"""Bodies of answers to whoever orders, or changes an order, from facts alone."""

from __future__ import annotations

from collections.abc import Sequence

from boxoffice.domain.message import Fact
from boxoffice.domain.orders.events import ApprovalAsked
from boxoffice.domain.payments.events import PaymentRequested, RefundRequested
from boxoffice_api.order_views import (
    OperationView,
    OrderChangeView,
    Token,
    WaitsFor,
    encode,
    order_document,
    order_view,
)


def render_order(facts: Sequence[Fact], token: Token) -> bytes:
    """Render what placing an order did."""
    return encode(order_view(order_document(facts), token))


def render_order_change(facts: Sequence[Fact], order: str, token: Token) -> bytes:
    """Render what a change of an order did, and what it waits for."""
    view = OrderChangeView(
        order, _begun(facts, order), _request(facts), token(facts[-1].position)
    )
    return encode(view)


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

"""The answer to whatever changes an order: what the change itself waits for.

It is made from the facts of the change's own append. When there was nothing to do it
tells how the order stands.
"""

from __future__ import annotations

from boxoffice.application.queries.orders import find_order
from boxoffice.domain.orders.commands import (
    AcceptAlternative,
    ApproveRequest,
    CancelOrder,
    DeclineAlternative,
    DenyRequest,
    ExchangeTickets,
    PayOrder,
    RefundTickets,
    VoidOrder,
)
from boxoffice.domain.payments.commands import (
    ConfirmPayOut,
    PayOutRefund,
    RetryRefund,
)
from boxoffice_api.answers import NO_STORE, Answer
from boxoffice_api.auth import Caller
from boxoffice_api.edge import Edge
from boxoffice_api.head import Head
from boxoffice_api.idempotency import Identity
from boxoffice_api.order_views import (
    OrderChangeView,
    encode,
    operation_of,
    order_document,
)
from boxoffice_api.renderings import renderers_of

OfOrder = (
    PayOrder
    | CancelOrder
    | AcceptAlternative
    | DeclineAlternative
    | ExchangeTickets
    | RefundTickets
    | VoidOrder
    | ApproveRequest
    | DenyRequest
    | RetryRefund
    | PayOutRefund
    | ConfirmPayOut
)


async def change_order(
    edge: Edge, head: Head, caller: Caller, *, identity: Identity, command: OfOrder
) -> Answer:
    """Have a command about an order decided; answer it."""
    accepted = await edge.ask(head, caller, identity=identity, command=command)
    code = command.order
    if accepted.facts:
        render = renderers_of(accepted).order_change
        body = render(accepted.facts, code, edge.token)
    else:
        known = await find_order(edge.container.store, code)
        operation = operation_of(order_document(known.facts))
        token = edge.token(known.position)
        body = encode(OrderChangeView(code, operation, None, token))
    location = ("location", f"/v1/orders/{code}")
    return Answer(202, body, headers=(NO_STORE, location))

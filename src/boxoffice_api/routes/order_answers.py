"""The answer to whatever changes an order: what the change itself waits for.

It is made from the facts of the change's own append. When there was nothing to do it
tells how the order stands.
"""

from __future__ import annotations

from boxoffice.application.queries.orders import find_order
from boxoffice.application.writer import Accepted
from boxoffice_api.answers import NO_STORE, Answer
from boxoffice_api.edge import Edge
from boxoffice_api.order_views import (
    OrderChangeView,
    encode,
    operation_of,
    order_document,
)
from boxoffice_api.renderings import renderers_of


async def answer_change(edge: Edge, accepted: Accepted, *, code: str) -> Answer:
    """Answer a command about an order."""
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

"""The HTTP application: routes, limits and handling of errors, in one place.

Requests meet the lean route for holds first, then the shield, then Litestar. A module
with routes offers a list `HANDLERS`; it is gathered here and nowhere else. Handlers
are given what they share by the name `edge`.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any, cast

from litestar import Litestar, Request, Response
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.middleware import DefineMiddleware
from litestar.types import ControllerRouterHandler
from msgspec.structs import replace

from boxoffice.bootstrap import Container
from boxoffice_api.answers import as_response
from boxoffice_api.asgi import App
from boxoffice_api.bodies import BODY_BYTES_MAX
from boxoffice_api.edge import Edge, Entropy, open_edge
from boxoffice_api.lean import LeanHolds
from boxoffice_api.live import orders as live_orders
from boxoffice_api.openapi import document
from boxoffice_api.pages.plugin import LivePages
from boxoffice_api.patience import Patience
from boxoffice_api.problems import answer_error
from boxoffice_api.routes import (
    availability,
    buyers,
    cart,
    changes,
    checkout,
    documents,
    holds,
    operations,
    order_changes,
    order_desk,
    orders,
    owed,
    performances,
    plans,
    prices,
    productions,
    promotions,
    records,
    webhooks,
)
from boxoffice_api.shield import Shield

API = [
    *plans.HANDLERS,
    *productions.HANDLERS,
    *performances.HANDLERS,
    *prices.HANDLERS,
    *changes.HANDLERS,
    *promotions.HANDLERS,
    *availability.HANDLERS,
    *buyers.HANDLERS,
    *holds.HANDLERS,
    *cart.HANDLERS,
    *checkout.HANDLERS,
    *records.HANDLERS,
    *orders.HANDLERS,
    *order_changes.HANDLERS,
    *order_desk.HANDLERS,
    *owed.HANDLERS,
    *webhooks.HANDLERS,
    *operations.HANDLERS,
]
"""What the OpenAPI document describes."""
PAGES: list[ControllerRouterHandler] = [*documents.HANDLERS, *live_orders.HANDLERS]
"""Pages and sockets."""
FORM_PARTS_MAX = 20


def create_app(container: Container, *, entropy: Entropy = os.urandom) -> App:
    """Build the application on an open container; it reads the log while it serves."""
    edge = open_edge(container, entropy=entropy)
    return LeanHolds(edge, Shield(cast("App", framework(edge))))


def framework(edge: Edge) -> Litestar:
    """Build what stands behind the lean route."""
    openapi = documents.openapi_route(_described())
    patience_s = edge.container.settings.command_timeout_s
    return Litestar(
        route_handlers=[*API, *PAGES, openapi],
        dependencies={"edge": Provide(lambda: edge, sync_to_thread=False)},
        exception_handlers={Exception: _problem},
        on_startup=[edge.tail.begin],
        on_shutdown=[edge.order_news.close],
        plugins=[LivePages(edge)],
        middleware=[DefineMiddleware(cast("Any", Patience), patience_s=patience_s)],
        request_max_body_size=BODY_BYTES_MAX,
        multipart_form_part_limit=FORM_PARTS_MAX,
        openapi_config=None,
        logging_config=None,
    )


@cache
def _described() -> bytes:
    return document(API)


def _problem(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    answer = answer_error(error, path=request.scope["path"])
    if isinstance(error, HTTPException) and error.headers:
        allowed = error.headers.get("allow")
        if allowed is not None:
            answer = replace(answer, headers=(*answer.headers, ("allow", allowed)))
    return as_response(answer)

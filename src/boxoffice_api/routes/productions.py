"""Productions: shows as works, across their dates."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency

from boxoffice.domain.catalogue.commands import CreateProduction
from boxoffice.domain.ids import ProductionId
from boxoffice_api.answers import NO_STORE, Answer, as_response
from boxoffice_api.bodies import Body, body_of
from boxoffice_api.catalogue_renderers import ProductionMade
from boxoffice_api.edge import Edge
from boxoffice_api.fields import Line
from boxoffice_api.head import Head, head_of
from boxoffice_api.idempotency import family_id
from boxoffice_api.renderings import renderers_of
from boxoffice_api.spec import spec


class ProductionRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A show to announce."""

    title: Line


class ProductionView(msgspec.Struct, frozen=True):
    """A show."""

    production: str
    title: str


class ProductionList(msgspec.Struct, frozen=True):
    """All shows, by title."""

    items: list[ProductionView]


PRODUCTION = Body(ProductionRequest)


async def create_production(edge: Edge, head: Head, body: bytes) -> Answer:
    """Announce a show."""
    staff = await edge.staff.required(head, "manager")
    asked = PRODUCTION.read(head, body)
    identity = edge.identify(head, staff, msgspec.json.encode(asked))
    command = CreateProduction(
        now=edge.container.clock.now(),
        production=ProductionId(family_id(edge.keys, identity)),
        title=asked.title,
    )
    accepted = await edge.ask(head, staff, identity=identity, command=command)
    render = renderers_of(accepted).production
    body = render(accepted.facts, command.production, edge.token)
    return Answer(201, body, headers=(NO_STORE,))


async def list_productions(edge: Edge) -> Answer:
    """List shows."""
    items = [
        ProductionView(entry.production, entry.title)
        for entry in await edge.catalogue.productions()
    ]
    body = msgspec.json.encode(ProductionList(items))
    return Answer(200, body, headers=(NO_STORE,))


# ------------------------------------------------------- the framework's routes

_Asked = Request[Any, Any, Any]


@post(
    "/v1/productions",
    opt=spec(
        tag="catalogue",
        who="staff",
        body=ProductionRequest,
        answers={201: ProductionMade},
        is_command=True,
    ),
)
async def post_production(
    request: _Asked, edge: NamedDependency[Edge]
) -> Response[bytes]:
    """Announce a show."""
    head, body = head_of(request), await body_of(request)
    return as_response(await create_production(edge, head, body))


@get("/v1/productions", opt=spec(tag="catalogue", answers={200: ProductionList}))
async def get_productions(edge: NamedDependency[Edge]) -> Response[bytes]:
    """List all shows by title."""
    return as_response(await list_productions(edge))


HANDLERS = [post_production, get_productions]

"""What operators and their machines ask: alive, ready, figures."""

from __future__ import annotations

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from boxoffice_api.answers import NO_STORE, Answer, as_response
from boxoffice_api.edge import Edge
from boxoffice_api.health import Health, health_of
from boxoffice_api.spec import spec


class Alive(msgspec.Struct, frozen=True):
    """The process runs."""

    status: str = "alive"


@get("/livez", opt=spec(tag="operations", answers={200: Alive}))
async def get_livez() -> Response[bytes]:
    """Tell that the process runs; nothing else is looked at."""
    body = msgspec.json.encode(Alive())
    return as_response(Answer(200, body, headers=(NO_STORE,)))


@get("/readyz", opt=spec(tag="operations", answers={200: Health, 503: Health}))
async def get_readyz(edge: NamedDependency[Edge]) -> Response[bytes]:
    """Tell whether this process should be given requests."""
    health = await health_of(edge.container, epoch=edge.epoch, tail=edge.tail)
    status = 503 if health.status == "unready" else 200
    body = msgspec.json.encode(health)
    return as_response(Answer(status, body, headers=(NO_STORE,)))


@get("/metrics")
async def get_metrics() -> Response[bytes]:
    """Give all figures to Prometheus."""
    figures = generate_latest()
    return as_response(Answer(200, figures, CONTENT_TYPE_LATEST, (NO_STORE,)))


HANDLERS = [get_livez, get_readyz, get_metrics]

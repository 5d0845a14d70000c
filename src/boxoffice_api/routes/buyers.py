"""Buyers: a random id, signed, and nothing else."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, post
from litestar.di import NamedDependency

from boxoffice_api.answers import NO_STORE, Answer, as_response
from boxoffice_api.auth import buyer_cookie
from boxoffice_api.edge import Edge
from boxoffice_api.head import Head, head_of
from boxoffice_api.spec import spec


class BuyerView(msgspec.Struct, frozen=True):
    """Send `token` as a Bearer token, or let the cookie do it."""

    buyer: str
    token: str


def welcome(edge: Edge, head: Head) -> Answer:
    """Make a new buyer."""
    buyer, token = edge.buyers.welcome(edge.entropy)
    cookie = buyer_cookie(token, is_https=head.is_https)
    return Answer(
        status=201,
        body=msgspec.json.encode(BuyerView(buyer.id, token)),
        headers=(NO_STORE, ("set-cookie", cookie)),
    )


@post("/v1/buyers", opt=spec(tag="buyers", answers={201: BuyerView}))
async def post_buyer(
    request: Request[Any, Any, Any], edge: NamedDependency[Edge]
) -> Response[bytes]:
    """Become a buyer: get a random id, as a signed token and as a cookie."""
    return as_response(welcome(edge, head_of(request)))


HANDLERS = [post_buyer]

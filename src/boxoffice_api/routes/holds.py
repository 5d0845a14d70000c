"""Holds: place, look at, release, buy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from boxoffice import errors
from boxoffice.application.queries.holds import KnownHold
from boxoffice.application.queries.orders import find_order
from boxoffice.domain.ids import PLACE_ORDINAL_MAX, HoldId, OrderCode, PerformanceId
from boxoffice.domain.inventory.commands import HoldPlaces, PurchaseHold, ReleaseHold
from boxoffice.domain.inventory.decide import PLACES_PER_BUYER_MAX
from boxoffice.domain.message import Fact
from boxoffice_api.answers import NO_STORE, Answer, as_response
from boxoffice_api.auth import Buyer
from boxoffice_api.bodies import Body, body_of
from boxoffice_api.edge import Edge
from boxoffice_api.head import Head, head_of
from boxoffice_api.idempotency import code_of_order, hold_id
from boxoffice_api.paths import hold_in_path, performance_in_path
from boxoffice_api.payment import Payment
from boxoffice_api.renderers import (
    HoldView,
    OrderView,
    render_hold,
    render_known_hold,
    render_order,
)
from boxoffice_api.spec import spec

Ordinal = Annotated[int, msgspec.Meta(ge=1, le=PLACE_ORDINAL_MAX)]


class HoldRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The places to hold, by their numbers in the hall."""

    places: Annotated[
        tuple[Ordinal, ...],
        msgspec.Meta(min_length=1, max_length=PLACES_PER_BUYER_MAX),
    ]


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """There is nothing to say yet."""


HOLD = Body(HoldRequest)
NOTHING = Body(Nothing)


async def place_hold(edge: Edge, head: Head, performance: str, body: bytes) -> Answer:
    """Hold places; both routes to `POST …/holds` end here."""
    buyer = edge.buyers.required(head)
    asked = HOLD.read(head, body)
    entry = await edge.catalogue.scheduled(performance_in_path(performance))
    identity = edge.identify(head, buyer, msgspec.json.encode(asked))
    command = HoldPlaces(
        now=edge.container.clock.now(),
        performance=entry.performance,
        buyer=buyer.id,
        hold=hold_id(edge.keys, identity),
        ordinals=asked.places,
        ttl_s=edge.container.settings.hold_ttl_s,
    )
    accepted = await edge.ask(head, buyer, identity=identity, command=command)
    location = f"/v1/performances/{entry.performance}/holds/{command.hold}"
    return Answer(
        status=201,
        body=render_hold(accepted.facts, edge.token),
        headers=(NO_STORE, ("location", location)),
    )


async def look_at_hold(edge: Edge, head: Head, performance: str, hold: str) -> Answer:
    """Tell a buyer how a hold stands."""
    buyer = edge.buyers.required(head)
    known = await _own(edge, buyer, performance, hold)
    now = edge.container.clock.now()
    return Answer(200, render_known_hold(known, now, edge.token), headers=(NO_STORE,))


async def release_hold(edge: Edge, head: Head, performance: str, hold: str) -> Answer:
    """Give the places of a hold back."""
    buyer = edge.buyers.required(head)
    entry = await edge.catalogue.scheduled(performance_in_path(performance))
    command = ReleaseHold(
        now=edge.container.clock.now(),
        performance=entry.performance,
        buyer=buyer.id,
        hold=hold_in_path(hold),
    )
    identity = edge.identify(head, buyer, b"")
    accepted = await edge.ask(head, buyer, identity=identity, command=command)
    return edge.done(accepted)


async def purchase(
    edge: Edge, head: Head, performance: str, hold: str, body: bytes
) -> Answer:
    """Pay for a hold and turn it into an order."""
    buyer = edge.buyers.required(head)
    NOTHING.read_optional(head, body)
    known = await _own(edge, buyer, performance, hold)
    identity = edge.identify(head, buyer, b"")
    code = code_of_order(edge.keys, identity)
    if known.hold.order == code:
        return _bought(edge, code, await find_order(edge.container.store, code))
    await edge.check_unused(identity)
    payment = Payment(edge, head, buyer, identity, known.hold)
    approval = await payment.take()
    command = PurchaseHold(
        now=edge.container.clock.now(),
        performance=PerformanceId(known.hold.placed.performance),
        buyer=buyer.id,
        hold=HoldId(known.hold.placed.hold),
        order=code,
        approval=approval,
    )
    try:
        accepted = await edge.ask(head, buyer, identity=identity, command=command)
    except errors.Refused:
        await payment.give_back()
        raise
    return _bought(edge, code, accepted.facts)


def _bought(edge: Edge, code: OrderCode, facts: Sequence[Fact]) -> Answer:
    return Answer(
        status=201,
        body=render_order(facts, edge.token),
        headers=(NO_STORE, ("location", f"/v1/orders/{code}")),
    )


async def _own(edge: Edge, buyer: Buyer, performance: str, hold: str) -> KnownHold:
    return await edge.holds.find(
        performance_in_path(performance), hold_in_path(hold), buyer=buyer.id
    )


# ------------------------------------------------------- the framework's routes

_Asked = Request[Any, Any, Any]


@post(
    "/v1/performances/{performance:str}/holds",
    opt=spec(
        tag="holds",
        who="buyer",
        body=HoldRequest,
        answers={201: HoldView},
        is_command=True,
        problems=(
            errors.SeatsUnavailable,
            errors.UnknownPlace,
            errors.NotPriced,
            errors.SaleNotOpen,
            errors.HoldLimitReached,
            errors.NotFound,
        ),
    ),
)
async def post_hold(
    request: _Asked, edge: NamedDependency[Edge], performance: FromPath[str]
) -> Response[bytes]:
    """Hold 1 to 8 places, all or none, until the deadline in the answer."""
    head, body = head_of(request), await body_of(request)
    return as_response(await place_hold(edge, head, performance, body))


@get(
    "/v1/performances/{performance:str}/holds/{hold:str}",
    opt=spec(
        tag="holds",
        who="buyer",
        answers={200: HoldView},
        problems=(errors.NotFound,),
    ),
)
async def get_hold(
    request: _Asked,
    edge: NamedDependency[Edge],
    performance: FromPath[str],
    hold: FromPath[str],
) -> Response[bytes]:
    """Tell how a hold stands; another buyer's hold is not found."""
    head = head_of(request)
    return as_response(await look_at_hold(edge, head, performance, hold))


@delete(
    "/v1/performances/{performance:str}/holds/{hold:str}",
    status_code=200,  # The framework's word only; the answer is a 204.
    opt=spec(
        tag="holds",
        who="buyer",
        answers={204: None},
        is_command=True,
        problems=(errors.HoldNotOpen, errors.NotFound),
    ),
)
async def delete_hold(
    request: _Asked,
    edge: NamedDependency[Edge],
    performance: FromPath[str],
    hold: FromPath[str],
) -> Response[bytes]:
    """Give the places back; releasing twice is as good as once."""
    head = head_of(request)
    return as_response(await release_hold(edge, head, performance, hold))


@post(
    "/v1/performances/{performance:str}/holds/{hold:str}/purchase",
    opt=spec(
        tag="holds",
        who="buyer",
        body=Nothing,
        needs_body=False,
        answers={201: OrderView},
        is_command=True,
        problems=(
            errors.HoldExpired,
            errors.HoldNotOpen,
            errors.PaymentDeclined,
            errors.NotFound,
        ),
    ),
)
async def post_purchase(
    request: _Asked,
    edge: NamedDependency[Edge],
    performance: FromPath[str],
    hold: FromPath[str],
) -> Response[bytes]:
    """Pay for a hold at its frozen prices and get the order."""
    head, body = head_of(request), await body_of(request)
    return as_response(await purchase(edge, head, performance, hold, body))


HANDLERS = [post_hold, get_hold, delete_hold, post_purchase]

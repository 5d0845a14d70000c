"""Holds: place, look at, release.

Staff at the window may have holds as well, each as a buyer of its own.
"""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from boxoffice import errors
from boxoffice.application.queries.holds import KnownHold
from boxoffice.domain.inventory.commands import HoldPlaces, ReleaseHold
from boxoffice_api.answers import NO_STORE, Answer, as_response
from boxoffice_api.auth import SELLERS, Caller, Staff
from boxoffice_api.bodies import Body, body_of
from boxoffice_api.edge import Edge
from boxoffice_api.fields import Ordinals, Types
from boxoffice_api.head import Head, head_of
from boxoffice_api.idempotency import hold_id
from boxoffice_api.paths import hold_in_path, performance_in_path
from boxoffice_api.renderers import HoldView, render_known_hold
from boxoffice_api.renderings import renderers_of
from boxoffice_api.spec import spec


class HoldRequest(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True
):
    """The places to hold, by their numbers in the hall.

    `types` are the price types of the places, in their order; none: all of the
    default one.
    """

    places: Ordinals
    types: Types = ()


HOLD = Body(HoldRequest)


async def place_hold(edge: Edge, head: Head, performance: str, body: bytes) -> Answer:
    """Hold places; both routes to `POST …/holds` end here."""
    known = edge.buyers.known(head)
    caller = known or await edge.staff.required(head, *SELLERS)
    asked = HOLD.read(head, body)
    entry = await edge.catalogue.scheduled(performance_in_path(performance))
    identity = edge.identify(head, caller, msgspec.json.encode(asked))
    hold = hold_id(edge.keys, identity)
    command = HoldPlaces(
        now=edge.container.clock.now(),
        performance=entry.performance,
        buyer=edge.holder(caller, hold),
        hold=hold,
        ordinals=asked.places,
        types=asked.types,
        ttl_s=edge.container.settings.hold_ttl_s,
        cap_s=edge.container.settings.hold_cap_s,
        staff=isinstance(caller, Staff),
    )
    accepted = await edge.ask(head, caller, identity=identity, command=command)
    location = f"/v1/performances/{entry.performance}/holds/{command.hold}"
    return Answer(
        status=201,
        body=renderers_of(accepted).hold(accepted.facts, edge.token),
        headers=(NO_STORE, ("location", location)),
    )


async def look_at_hold(edge: Edge, head: Head, performance: str, hold: str) -> Answer:
    """Tell a buyer how a hold stands."""
    caller = await edge.buyer_or(head, *SELLERS)
    known = await own_hold(edge, caller, performance, hold)
    now = edge.container.clock.now()
    return Answer(200, render_known_hold(known, now, edge.token), headers=(NO_STORE,))


async def release_hold(edge: Edge, head: Head, performance: str, hold: str) -> Answer:
    """Give the places of a hold back."""
    caller = await edge.buyer_or(head, *SELLERS)
    entry = await edge.catalogue.scheduled(performance_in_path(performance))
    named = hold_in_path(hold)
    command = ReleaseHold(
        now=edge.container.clock.now(),
        performance=entry.performance,
        buyer=edge.holder(caller, named),
        hold=named,
    )
    return await edge.carry_out(head, caller, command, b"")


async def own_hold(
    edge: Edge, caller: Caller, performance: str, hold: str
) -> KnownHold:
    """Give a hold to who has it.

    Raises:
        NotFound: there is no such hold, or it is another's.
    """
    of, named = performance_in_path(performance), hold_in_path(hold)
    return await edge.holds.find(of, named, buyer=edge.holder(caller, named))


# ------------------------------------------------------- the framework's routes

_Asked = Request[Any, Any, Any]


@post(
    "/v1/performances/{performance:str}/holds",
    opt=spec(
        tag="holds",
        who="buyer or staff",
        body=HoldRequest,
        answers={201: HoldView},
        is_command=True,
        problems=(
            errors.SeatsUnavailable,
            errors.UnknownPlace,
            errors.NotPriced,
            errors.SaleNotOpen,
            errors.HoldLimitReached,
            errors.PriceTypeUnknown,
            errors.QuotaReached,
            errors.PerformanceOff,
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
        who="buyer or staff",
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
        who="buyer or staff",
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


HANDLERS = [post_hold, get_hold, delete_hold]

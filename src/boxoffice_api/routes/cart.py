"""Changing a hold: more places, fewer places, more time."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, delete, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from boxoffice import errors
from boxoffice.domain.ids import PLACE_ORDINAL_MAX
from boxoffice.domain.inventory.commands import AddPlaces, RemovePlaces, RenewHold
from boxoffice_api.answers import NO_STORE, Answer, as_response
from boxoffice_api.auth import SELLERS, Caller, Staff
from boxoffice_api.bodies import Body, body_of
from boxoffice_api.edge import Edge
from boxoffice_api.fields import Ordinals, Types
from boxoffice_api.head import Head, head_of
from boxoffice_api.paths import hold_in_path, performance_in_path
from boxoffice_api.renderers import (
    HoldChangeView,
    render_known_change,
)
from boxoffice_api.renderings import renderers_of
from boxoffice_api.routes.holds import own_hold
from boxoffice_api.spec import spec

DIGITS_MAX = 10


class AddRequest(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True
):
    """Places to add, with their price types in the same order, as for a new hold."""

    places: Ordinals
    types: Types = ()


ADD = Body(AddRequest)


async def add_places(
    edge: Edge, head: Head, performance: str, hold: str, body: bytes
) -> Answer:
    """Put more places into a hold, all or none; done, the hold is renewed."""
    caller = await edge.buyer_or(head, *SELLERS)
    asked = ADD.read(head, body)
    entry = await edge.catalogue.scheduled(performance_in_path(performance))
    named = hold_in_path(hold)
    command = AddPlaces(
        now=edge.container.clock.now(),
        performance=entry.performance,
        buyer=edge.holder(caller, named),
        hold=named,
        ordinals=asked.places,
        types=asked.types,
        ttl_s=edge.container.settings.hold_ttl_s,
        staff=isinstance(caller, Staff),
    )
    return await _changed(edge, head, caller, command, msgspec.json.encode(asked))


async def remove_place(
    edge: Edge, head: Head, performance: str, hold: str, place: str
) -> Answer:
    """Take a place out of a hold; the last one ends it."""
    caller = await edge.buyer_or(head, *SELLERS)
    entry = await edge.catalogue.scheduled(performance_in_path(performance))
    named = hold_in_path(hold)
    command = RemovePlaces(
        now=edge.container.clock.now(),
        performance=entry.performance,
        buyer=edge.holder(caller, named),
        hold=named,
        ordinals=(_place_in_path(place),),
    )
    return await _changed(edge, head, caller, command, b"")


async def renew_hold(edge: Edge, head: Head, performance: str, hold: str) -> Answer:
    """Keep a hold longer, as far as its cap allows."""
    caller = await edge.buyer_or(head, *SELLERS)
    entry = await edge.catalogue.scheduled(performance_in_path(performance))
    named = hold_in_path(hold)
    command = RenewHold(
        now=edge.container.clock.now(),
        performance=entry.performance,
        buyer=edge.holder(caller, named),
        hold=named,
        ttl_s=edge.container.settings.hold_ttl_s,
    )
    return await _changed(edge, head, caller, command, b"")


async def _changed(
    edge: Edge,
    head: Head,
    caller: Caller,
    command: AddPlaces | RemovePlaces | RenewHold,
    canonical: bytes,
) -> Answer:
    identity = edge.identify(head, caller, canonical)
    accepted = await edge.ask(head, caller, identity=identity, command=command)
    of, hold = command.performance, command.hold
    if accepted.facts:
        render = renderers_of(accepted).hold_change
        body = render(accepted.facts, of, edge.token)
    else:
        known = await own_hold(edge, caller, of, hold)
        body = render_known_change(known, command.now, edge.token)
    return Answer(200, body, headers=(NO_STORE,))


def _place_in_path(text: str) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX
    if not is_number or not 1 <= int(text) <= PLACE_ORDINAL_MAX:
        raise errors.NotFound("There is no such place in this hold.")
    return int(text)


# ------------------------------------------------------- the framework's routes

_Asked = Request[Any, Any, Any]
_REFUSALS = (errors.HoldExpired, errors.HoldNotOpen, errors.NotFound)


@post(
    "/v1/performances/{performance:str}/holds/{hold:str}/places",
    opt=spec(
        tag="holds",
        who="buyer or staff",
        body=AddRequest,
        answers={200: HoldChangeView},
        is_command=True,
        problems=(
            errors.SeatsUnavailable,
            errors.UnknownPlace,
            errors.NotPriced,
            errors.SaleNotOpen,
            errors.HoldLimitReached,
            errors.PriceTypeUnknown,
            errors.QuotaReached,
            *_REFUSALS,
        ),
    ),
)
async def post_places(
    request: _Asked,
    edge: NamedDependency[Edge],
    performance: FromPath[str],
    hold: FromPath[str],
) -> Response[bytes]:
    """Add places, all or none; done, the hold is renewed."""
    head, body = head_of(request), await body_of(request)
    return as_response(await add_places(edge, head, performance, hold, body))


@delete(
    "/v1/performances/{performance:str}/holds/{hold:str}/places/{place:str}",
    status_code=200,
    opt=spec(
        tag="holds",
        who="buyer or staff",
        answers={200: HoldChangeView},
        is_command=True,
        problems=_REFUSALS,
    ),
)
async def delete_place(
    request: _Asked,
    edge: NamedDependency[Edge],
    performance: FromPath[str],
    hold: FromPath[str],
    place: FromPath[str],
) -> Response[bytes]:
    """Take a place out; the deadline stays, and the last place ends the hold."""
    head = head_of(request)
    return as_response(await remove_place(edge, head, performance, hold, place))


@post(
    "/v1/performances/{performance:str}/holds/{hold:str}/renew",
    opt=spec(
        tag="holds",
        who="buyer or staff",
        answers={200: HoldChangeView},
        is_command=True,
        problems=_REFUSALS,
    ),
)
async def post_renew(
    request: _Asked,
    edge: NamedDependency[Edge],
    performance: FromPath[str],
    hold: FromPath[str],
) -> Response[bytes]:
    """Keep the hold longer: never beyond its cap, never shorter than before."""
    head = head_of(request)
    return as_response(await renew_hold(edge, head, performance, hold))


HANDLERS = [post_places, delete_place, post_renew]

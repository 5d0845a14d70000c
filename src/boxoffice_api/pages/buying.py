"""Buying by forms: choose, hold, give back. Complete without any script.

Each form stands for one request of the API and goes through the same function. Its
hidden key makes that request safe to send twice.
"""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from boxoffice.domain.ids import PerformanceId
from boxoffice.errors import (
    Refused,
    SeatsUnavailable,
)
from boxoffice_api.answers import Answer, as_response
from boxoffice_api.edge import TOKEN_HEADER, Edge
from boxoffice_api.head import Head, head_of
from boxoffice_api.pages.chart import Chart
from boxoffice_api.pages.forms import Form, as_api, check_form
from boxoffice_api.pages.foyer import Foyer
from boxoffice_api.pages.hall_page import Refusal, hall_page
from boxoffice_api.pages.paper import see_other
from boxoffice_api.pages.swaps import Swap, swap_of_form, swap_of_query
from boxoffice_api.paths import hold_in_path, performance_in_path
from boxoffice_api.problems import Malformed, status_of
from boxoffice_api.renderers import HoldView
from boxoffice_api.routes.cart import add_places, remove_place, renew_hold
from boxoffice_api.routes.holds import (
    look_at_hold,
    place_hold,
    release_hold,
)

_HOLD = msgspec.json.Decoder(HoldView)


async def choose(foyer: Foyer, head: Head, performance: str) -> Answer:
    """Show a performance to choose places."""
    entry = await foyer.edge.catalogue.performance(performance_in_path(performance))
    return await hall_page(foyer, head, entry, swap=swap_of_query(head))


async def hold_places(
    foyer: Foyer, head: Head, performance: str, body: bytes
) -> Answer:
    """Hold what was chosen, or show the same page with the reason and the choice."""
    wanted = performance_in_path(performance)
    form = _own_form(foyer.edge, head, body)
    path = f"/v1/performances/{wanted}/holds"
    kept: tuple[int, ...] = ()
    swap = swap_of_form(form)
    try:
        kept = form.places()
        asked = as_api(head, form, path=path, what="hold")
        wish = {"places": kept, "types": form.types(kept)}
        places = msgspec.json.encode(wish)
        answer = await place_hold(foyer.edge, asked, wanted, places)
    except Malformed:
        raise
    except Refused as refused:
        return await _refused(
            foyer, head, wanted, refused=refused, kept=kept, swap=swap
        )
    held = _HOLD.decode(answer.body)
    if swap is not None:
        way = f"/performances/{wanted}/holds/{held.hold}/exchange"
        return see_other(f"{way}?{swap.query}")
    return see_other(f"/performances/{wanted}/holds/{held.hold}")


async def show_hold(
    foyer: Foyer,
    head: Head,
    *,
    performance: str,
    hold: str,
    refusal: Refusal | None = None,
) -> Answer:
    """Show a hold with its deadline; a sold one leads to its order."""
    answer = await look_at_hold(foyer.edge, head, performance, hold)
    view = _HOLD.decode(answer.body)
    if view.order is not None:
        return see_other(f"/orders/{view.order}")
    entry = await foyer.edge.catalogue.performance(performance_in_path(performance))
    return await hall_page(foyer, head, entry, hold=view, refusal=refusal)


async def change_hold(
    foyer: Foyer, head: Head, *, performance: str, hold: str, what: str, body: bytes
) -> Answer:
    """Add the ticked places, take one out (its number is `what`), or renew."""
    edge = foyer.edge
    form = _own_form(edge, head, body)
    path = _hold_path(performance, hold)
    try:
        if what == "add":
            kept = form.places()
            wish = {"places": kept, "types": form.types(kept)}
            asked = as_api(head, form, path=f"{path}/places", what="add")
            await add_places(edge, asked, performance, hold, msgspec.json.encode(wish))
        elif what == "renew":
            asked = as_api(head, form, path=f"{path}/renew", what="renew")
            await renew_hold(edge, asked, performance, hold)
        else:
            asked = as_api(
                head, form, path=f"{path}/places/{what}", what="take", method="DELETE"
            )
            await remove_place(edge, asked, performance, hold, what)
    except Malformed:
        raise
    except Refused as refused:
        refusal = Refusal(
            await _sentence(foyer, performance, refused), status_of(refused)
        )
        return await show_hold(
            foyer, head, performance=performance, hold=hold, refusal=refusal
        )
    return see_other(f"/performances/{performance}/holds/{hold}")


async def _sentence(foyer: Foyer, performance: str, refused: Refused) -> str:
    """Say why not; taken places are named."""
    if not isinstance(refused, SeatsUnavailable):
        return refused.detail
    entry = await foyer.edge.catalogue.performance(performance_in_path(performance))
    taken = refused.data["places"]
    assert isinstance(taken, list)
    return taken_sentence((await foyer.halls.scene(entry)).chart, taken)


async def release(
    foyer: Foyer, head: Head, *, performance: str, hold: str, body: bytes
) -> Answer:
    """Give places back and choose again."""
    form = _own_form(foyer.edge, head, body)
    path = _hold_path(performance, hold)
    asked = as_api(head, form, path=path, what="release")
    try:
        answer = await release_hold(foyer.edge, asked, performance, hold)
    except Refused:
        return see_other(f"/performances/{performance}/holds/{hold}")
    token = dict(answer.headers).get(TOKEN_HEADER)
    query = f"?token={token}" if token else ""
    return see_other(f"/performances/{performance}{query}")


def _own_form(edge: Edge, head: Head, body: bytes) -> Form:
    buyer = edge.buyers.required(head)
    form = Form(head, body)
    check_form(edge, head, form, owner=buyer.id)
    return form


def _hold_path(performance: str, hold: str) -> str:
    wanted, named = performance_in_path(performance), hold_in_path(hold)
    return f"/v1/performances/{wanted}/holds/{named}"


async def _refused(
    foyer: Foyer,
    head: Head,
    performance: PerformanceId,
    *,
    refused: Refused,
    kept: tuple[int, ...],
    swap: Swap | None,
) -> Answer:
    entry = await foyer.edge.catalogue.performance(performance)
    sentence = refused.detail
    if isinstance(refused, SeatsUnavailable):
        taken = refused.data["places"]
        assert isinstance(taken, list)
        scene = await foyer.halls.scene(entry)
        sentence = taken_sentence(scene.chart, taken)
        kept = tuple(ordinal for ordinal in kept if ordinal not in taken)
    refusal = Refusal(sentence, status_of(refused), kept)
    return await hall_page(foyer, head, entry, refusal=refusal, swap=swap)


def taken_sentence(chart: Chart, taken: list[int]) -> str:
    """Name the places that somebody else has."""
    names = [chart.names.get(ordinal, "A place") for ordinal in taken]
    if len(names) == 1:
        return f"{names[0]} was just taken by somebody else."
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{listed} were just taken by somebody else."


# ------------------------------------------------------- the framework's routes

_Asked = Request[Any, Any, Any]


@get("/performances/{performance:str}")
async def get_choose(
    request: _Asked,
    foyer: NamedDependency[Foyer],
    performance: FromPath[str],
) -> Response[bytes]:
    """Show a performance to choose places."""
    return as_response(await choose(foyer, head_of(request), performance))


@post("/performances/{performance:str}/holds", status_code=303)
async def post_hold_form(
    request: _Asked,
    foyer: NamedDependency[Foyer],
    performance: FromPath[str],
) -> Response[bytes]:
    """Hold the places that were ticked."""
    head, body = head_of(request), await request.body()
    return as_response(await hold_places(foyer, head, performance, body))


@get("/performances/{performance:str}/holds/{hold:str}")
async def get_hold_page(
    request: _Asked,
    foyer: NamedDependency[Foyer],
    performance: FromPath[str],
    hold: FromPath[str],
) -> Response[bytes]:
    """Show a hold and its deadline."""
    head = head_of(request)
    return as_response(await show_hold(foyer, head, performance=performance, hold=hold))


@post("/performances/{performance:str}/holds/{hold:str}/add", status_code=303)
async def post_add_form(
    request: _Asked,
    foyer: NamedDependency[Foyer],
    performance: FromPath[str],
    hold: FromPath[str],
) -> Response[bytes]:
    """Add places to a hold."""
    head, body = head_of(request), await request.body()
    return as_response(
        await change_hold(
            foyer, head, performance=performance, hold=hold, what="add", body=body
        )
    )


@post("/performances/{performance:str}/holds/{hold:str}/renew", status_code=303)
async def post_renew_form(
    request: _Asked,
    foyer: NamedDependency[Foyer],
    performance: FromPath[str],
    hold: FromPath[str],
) -> Response[bytes]:
    """Keep a hold longer."""
    head, body = head_of(request), await request.body()
    return as_response(
        await change_hold(
            foyer, head, performance=performance, hold=hold, what="renew", body=body
        )
    )


@post(
    "/performances/{performance:str}/holds/{hold:str}/take-out/{place:str}",
    status_code=303,
)
async def post_take_out_form(
    request: _Asked,
    foyer: NamedDependency[Foyer],
    performance: FromPath[str],
    hold: FromPath[str],
    place: FromPath[str],
) -> Response[bytes]:
    """Take a place out of a hold."""
    head, body = head_of(request), await request.body()
    return as_response(
        await change_hold(
            foyer, head, performance=performance, hold=hold, what=place, body=body
        )
    )


@post("/performances/{performance:str}/holds/{hold:str}/release", status_code=303)
async def post_release_form(
    request: _Asked,
    foyer: NamedDependency[Foyer],
    performance: FromPath[str],
    hold: FromPath[str],
) -> Response[bytes]:
    """Give the places of a hold back."""
    head, body = head_of(request), await request.body()
    return as_response(
        await release(foyer, head, performance=performance, hold=hold, body=body)
    )


HANDLERS = [
    get_choose,
    post_hold_form,
    get_hold_page,
    post_add_form,
    post_renew_form,
    post_take_out_form,
    post_release_form,
]

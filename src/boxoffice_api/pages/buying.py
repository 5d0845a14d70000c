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
from boxoffice_api.paths import hold_in_path, performance_in_path
from boxoffice_api.problems import Malformed, status_of
from boxoffice_api.renderers import HoldView
from boxoffice_api.routes.holds import (
    look_at_hold,
    place_hold,
    release_hold,
)

_HOLD = msgspec.json.Decoder(HoldView)


async def choose(foyer: Foyer, head: Head, performance: str) -> Answer:
    """Show a performance to choose places."""
    entry = await foyer.edge.catalogue.performance(performance_in_path(performance))
    return await hall_page(foyer, head, entry)


async def hold_places(
    foyer: Foyer, head: Head, performance: str, body: bytes
) -> Answer:
    """Hold what was chosen, or show the same page with the reason and the choice."""
    wanted = performance_in_path(performance)
    form = _own_form(foyer.edge, head, body)
    path = f"/v1/performances/{wanted}/holds"
    kept: tuple[int, ...] = ()
    try:
        kept = form.places()
        asked = as_api(head, form, path=path, what="hold")
        places = msgspec.json.encode({"places": kept})
        answer = await place_hold(foyer.edge, asked, wanted, places)
    except Malformed:
        raise
    except Refused as refused:
        return await _refused(foyer, head, wanted, refused=refused, kept=kept)
    held = _HOLD.decode(answer.body)
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
    return await hall_page(foyer, head, entry, refusal=refusal)


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
    post_release_form,
]

"""Staff take places from the list and give them away, or swap tickets for them.

Two requests of the API in one form, a hold and what is done with it; both have names
that follow from the form's key, so sending it twice does both once. When the second is
refused, the hold is given back.
"""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec.structs import replace

from boxoffice.errors import Invalid, Refused
from boxoffice_api.answers import Answer, as_response
from boxoffice_api.auth import SELLERS
from boxoffice_api.head import Head, head_of
from boxoffice_api.order_views import OrderView
from boxoffice_api.pages.assets import levels_path
from boxoffice_api.pages.forms import Form, as_api, form_token, new_key
from boxoffice_api.pages.foyer import Foyer
from boxoffice_api.pages.hall_page import Refusal
from boxoffice_api.pages.paper import see_other
from boxoffice_api.pages.staff_forms import as_staff, staff_form
from boxoffice_api.pages.swaps import Swap, swap_of_form, swap_of_query
from boxoffice_api.pages.tickets import offered_types
from boxoffice_api.paths import performance_in_path
from boxoffice_api.problems import Malformed, status_of
from boxoffice_api.query import Query
from boxoffice_api.renderers import HoldView
from boxoffice_api.routes.checkout import issue_comps
from boxoffice_api.routes.holds import place_hold, release_hold
from boxoffice_api.routes.order_changes import exchange

FIELDS = ("name", "email", "host", "reason", "budget")
FULL = "Give a name, an e-mail address, a host, a reason and a budget."
_HOLD = msgspec.json.Decoder(HoldView)
_ORDER = msgspec.json.Decoder(OrderView)


async def choose(
    foyer: Foyer,
    head: Head,
    performance: str,
    *,
    swap: Swap | None,
    form: Form | None = None,
    refusal: Refusal | None = None,
) -> Answer:
    """Show the list of places, and what is to be said about them."""
    edge = foyer.edge
    roles = SELLERS if swap else ("manager",)
    staff = await edge.staff.required(head, *roles)
    entry = await edge.catalogue.performance(performance_in_path(performance))
    kept = refusal.kept if refusal else ()
    return foyer.paper.page(
        head,
        "staff_places.html",
        status=refusal.status if refusal else 200,
        insert=await foyer.halls.listed(head, entry, kept=kept),
        staff=staff,
        entry=entry,
        swap=swap,
        types=offered_types(entry),
        budgets=() if swap else await edge.comp_budgets.all(),
        given={field: form.text(field) if form else "" for field in FIELDS},
        refusal=refusal,
        levels_css=levels_path([c.colour for c in entry.categories]),
        form=form_token(edge, staff.actor),
        key=new_key(edge),
        position=edge.tail.position,
    )


async def take(foyer: Foyer, head: Head, performance: str, body: bytes) -> Answer:
    """Hold what was ticked, and give it away or swap for it."""
    edge = foyer.edge
    form = await staff_form(edge, head, body)
    swap = swap_of_form(form)
    kept: tuple[int, ...] = ()
    try:
        kept = form.places()
        hold = await _hold(foyer, head, form, performance, kept)
        code = await _use(foyer, head, form, hold, swap)
    except Malformed:
        raise
    except Refused as refused:
        sentence = refused.detail
        if refused.data.get("errors"):
            sentence = FULL
        refusal = Refusal(sentence, status_of(refused), kept)
        return await choose(
            foyer,
            await _as_of_now(foyer, head),
            performance,
            swap=swap,
            form=form,
            refusal=refusal,
        )
    return see_other(f"/staff/orders/{code}")


async def _as_of_now(foyer: Foyer, head: Head) -> Head:
    """Have the list wait until it shows what was given back as free again."""
    edge = foyer.edge
    position = (await asyncio.to_thread(edge.container.store.head)).position
    return replace(head, query=f"token={edge.token(position)}".encode())


async def _hold(
    foyer: Foyer, head: Head, form: Form, performance: str, kept: tuple[int, ...]
) -> HoldView:
    of = performance_in_path(performance)
    wish = {"places": kept, "types": form.types(kept)}
    path = f"/v1/performances/{of}/holds"
    asked = as_api(as_staff(head), form, path=path, what="hold")
    answer = await place_hold(foyer.edge, asked, of, msgspec.json.encode(wish))
    return _HOLD.decode(answer.body)


async def _use(
    foyer: Foyer, head: Head, form: Form, hold: HoldView, swap: Swap | None
) -> str:
    edge, of = foyer.edge, f"/v1/performances/{hold.performance}/holds/{hold.hold}"
    try:
        if swap is not None:
            path = f"/v1/orders/{swap.order}/exchange"
            asked = as_api(as_staff(head), form, path=path, what="exchange")
            wish: dict[str, Any] = {
                "tickets": swap.named(),
                "hold": {"performance": hold.performance, "hold": hold.hold},
            }
            await exchange(edge, asked, swap.order, msgspec.json.encode(wish))
            return swap.order
        said = {field: form.text(field).strip() for field in FIELDS}
        if not all(said.values()):
            raise Invalid(FULL)
        asked = as_api(as_staff(head), form, path=f"{of}/comps", what="comps")
        body = msgspec.json.encode(said)
        answer = await issue_comps(edge, asked, hold.performance, hold.hold, body)
    except Refused:
        back = as_api(as_staff(head), form, path=of, what="back", method="DELETE")
        await release_hold(edge, back, hold.performance, hold.hold)
        raise
    return _ORDER.decode(answer.body).order


# ------------------------------------------------------- the framework's routes

_Asked = Request[Any, Any, Any]


@get("/staff/performances/{performance:str}/places")
async def get_places_page(
    request: _Asked, foyer: NamedDependency[Foyer], performance: FromPath[str]
) -> Response[bytes]:
    """Show the list of places."""
    head = head_of(request)
    swap = swap_of_query(head)
    return as_response(await choose(foyer, head, performance, swap=swap))


@post("/staff/performances/{performance:str}/places", status_code=303)
async def post_places_form(
    request: _Asked, foyer: NamedDependency[Foyer], performance: FromPath[str]
) -> Response[bytes]:
    """Give places away, or swap tickets for them."""
    head, body = head_of(request), await request.body()
    return as_response(await take(foyer, head, performance, body))


@get("/staff/exchanges", status_code=303)
async def get_staff_begin(request: _Asked) -> Response[bytes]:
    """Lead on to the list of places of the performance that was chosen."""
    head = head_of(request)
    swap = swap_of_query(head)
    if swap is None or not swap.tickets:
        raise Invalid("Choose at least one ticket.")
    into = performance_in_path(Query(head).text("into") or "")
    return as_response(see_other(f"/staff/performances/{into}/places?{swap.query}"))


HANDLERS = [get_places_page, post_places_form, get_staff_begin]

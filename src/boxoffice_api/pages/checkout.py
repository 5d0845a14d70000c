"""The checkout: who the order is for, how it is paid, what a code takes off.

What was typed stays in the page when something is wrong, and each mistake is told
beside its field. Cards are given on the provider's own page, never here.
"""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from boxoffice.errors import (
    HoldExpired,
    HoldNotOpen,
    PromotionExhausted,
    PromotionInvalid,
    PromotionLimitReached,
    Refused,
)
from boxoffice_api.answers import Answer, as_response
from boxoffice_api.edge import Edge
from boxoffice_api.fields import Email, PersonName, PromotionCode
from boxoffice_api.head import Head, head_of
from boxoffice_api.order_views import OrderView
from boxoffice_api.pages.assets import levels_path
from boxoffice_api.pages.forms import (
    Form,
    as_api,
    check_form,
    form_token,
    new_key,
    owner_of,
)
from boxoffice_api.pages.foyer import Foyer
from boxoffice_api.pages.hall_page import held_places
from boxoffice_api.pages.paper import see_other
from boxoffice_api.paths import hold_in_path, performance_in_path
from boxoffice_api.problems import Malformed, status_of
from boxoffice_api.renderers import HoldView
from boxoffice_api.routes.checkout import QuoteView, place_order, quote
from boxoffice_api.routes.holds import look_at_hold

METHODS = ("card", "pix")
WRONG = 422
_HOLD = msgspec.json.Decoder(HoldView)
_ORDER = msgspec.json.Decoder(OrderView)
_QUOTE = msgspec.json.Decoder(QuoteView)
_OF_CODE = (PromotionInvalid, PromotionExhausted, PromotionLimitReached)
_FIELDS: dict[str, tuple[Any, str]] = {
    "name": (PersonName, "Tell us a name for the order; digits do not belong in it."),
    "email": (Email, "Tell us an e-mail address, such as ann@example.org."),
    "promotion": (PromotionCode, "A code has letters, digits and hyphens only."),
}


class Typed(msgspec.Struct, frozen=True):
    """What a buyer typed."""

    name: str = ""
    email: str = ""
    promotion: str = ""
    method: str = "card"

    def mistakes(self) -> dict[str, str]:
        """Say what is wrong, by field."""
        found = {}
        for field, (kind, sentence) in _FIELDS.items():
            given = getattr(self, field)
            if not given and field == "promotion":
                continue
            try:
                msgspec.convert(given, kind)
            except msgspec.ValidationError:
                found[field] = sentence
        return found


class Mistake(msgspec.Struct, frozen=True):
    """Why a checkout was not done: in one sentence, or beside some fields."""

    status: int = 200
    sentence: str = ""
    fields: dict[str, str] = {}


def typed(form: Form) -> Typed:
    """Read what was typed; spaces around it do not count.

    Raises:
        Malformed: the method is none of ours.
    """
    method = form.text("method") or "card"
    if method not in METHODS:
        raise Malformed("The form cannot be read.")
    return Typed(
        name=form.text("name").strip(),
        email=form.text("email").strip(),
        promotion=form.text("promotion").strip(),
        method=method,
    )


async def checkout(foyer: Foyer, head: Head, performance: str, hold: str) -> Answer:
    """Show the checkout of a hold that stands; others lead where they belong."""
    return await _page(foyer, head, performance, hold)


async def order(
    foyer: Foyer, head: Head, *, performance: str, hold: str, body: bytes
) -> Answer:
    """Place the order, or only try its code, as the pressed button says."""
    edge = foyer.edge
    caller = await edge.buyer_or(head, "till", "manager")
    form = Form(head, body)
    check_form(edge, head, form, owner=owner_of(caller))
    given = typed(form)
    mistakes = given.mistakes()
    is_quote = form.text("act") == "quote"
    if is_quote:
        mistakes = {k: v for k, v in mistakes.items() if k == "promotion"}
    if is_quote or mistakes:
        mistake = Mistake(WRONG if mistakes else 200, "", mistakes)
        return await _page(foyer, head, performance, hold, given=given, mistake=mistake)
    try:
        code = await _placed(edge, head, form, performance, hold, given=given)
    except _OF_CODE as refused:
        mistake = Mistake(status_of(refused), "", {"promotion": refused.detail})
        return await _page(foyer, head, performance, hold, given=given, mistake=mistake)
    except (HoldExpired, HoldNotOpen):
        return see_other(f"/performances/{performance}/holds/{hold}")
    except Refused as refused:
        mistake = Mistake(status_of(refused), refused.detail)
        return await _page(foyer, head, performance, hold, given=given, mistake=mistake)
    return see_other(f"/orders/{code}?pay=now")


async def _placed(
    edge: Edge,
    head: Head,
    form: Form,
    performance: str,
    hold: str,
    *,
    given: Typed,
) -> str:
    of, named = performance_in_path(performance), hold_in_path(hold)
    path = f"/v1/performances/{of}/holds/{named}/order"
    asked = as_api(head, form, path=path, what="order")
    body = {"name": given.name, "email": given.email, "method": given.method}
    if given.promotion:
        body["promotion"] = given.promotion
    answer = await place_order(edge, asked, of, named, msgspec.json.encode(body))
    return _ORDER.decode(answer.body).order


async def _page(
    foyer: Foyer,
    head: Head,
    performance: str,
    hold: str,
    *,
    given: Typed | None = None,
    mistake: Mistake | None = None,
) -> Answer:
    edge = foyer.edge
    view = _HOLD.decode((await look_at_hold(edge, head, performance, hold)).body)
    if view.state != "held":
        return see_other(f"/performances/{performance}/holds/{hold}")
    given, mistake = given or Typed(), mistake or Mistake()
    quoted, mistake = await _quoted(
        edge, head, performance, hold, given=given, mistake=mistake
    )
    caller = await edge.buyer_or(head, "till", "manager")
    entry = await edge.catalogue.performance(performance_in_path(performance))
    chart = (await foyer.halls.scene(entry)).chart
    return foyer.paper.page(
        head,
        "checkout.html",
        status=mistake.status,
        entry=entry,
        hall=chart.hall,
        hold=view,
        chosen=held_places(entry, chart, view),
        discounts={line.place: line for line in quoted.lines} if quoted else {},
        total=quoted.total if quoted else view.total,
        is_reduced=bool(quoted and quoted.total.minor < view.total.minor),
        given=given,
        mistake=mistake,
        levels_css=levels_path([c.colour for c in entry.categories]),
        now=edge.container.clock.now(),
        form=form_token(edge, owner_of(caller)),
        key=new_key(edge),
        position=edge.tail.position,
    )


async def _quoted(
    edge: Edge,
    head: Head,
    performance: str,
    hold: str,
    *,
    given: Typed,
    mistake: Mistake,
) -> tuple[QuoteView | None, Mistake]:
    """Try the code; a refused one is told beside its field."""
    if not given.promotion or "promotion" in mistake.fields:
        return None, mistake
    body = msgspec.json.encode({"promotion": given.promotion})
    json = {**head.headers, b"content-type": b"application/json"}
    asked = msgspec.structs.replace(head, headers=json)
    try:
        answer = await quote(edge, asked, performance, hold, body)
    except Refused as refused:
        fields = {**mistake.fields, "promotion": refused.detail}
        return None, Mistake(status_of(refused), mistake.sentence, fields)
    return _QUOTE.decode(answer.body), mistake


# ------------------------------------------------------- the framework's routes

_Asked = Request[Any, Any, Any]


@get("/performances/{performance:str}/holds/{hold:str}/checkout")
async def get_checkout(
    request: _Asked,
    foyer: NamedDependency[Foyer],
    performance: FromPath[str],
    hold: FromPath[str],
) -> Response[bytes]:
    """Show the checkout."""
    return as_response(await checkout(foyer, head_of(request), performance, hold))


@post("/performances/{performance:str}/holds/{hold:str}/checkout", status_code=303)
async def post_checkout(
    request: _Asked,
    foyer: NamedDependency[Foyer],
    performance: FromPath[str],
    hold: FromPath[str],
) -> Response[bytes]:
    """Place the order, or try its code."""
    head, body = head_of(request), await request.body()
    return as_response(
        await order(foyer, head, performance=performance, hold=hold, body=body)
    )


HANDLERS = [get_checkout, post_checkout]

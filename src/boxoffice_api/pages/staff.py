"""`/staff`: signing in with a staff token, the sales boards, opening and closing."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from boxoffice.errors import Forbidden, Unauthenticated
from boxoffice_api.answers import Answer, as_response
from boxoffice_api.auth import Staff, is_own_page, staff_cookie
from boxoffice_api.edge import Edge
from boxoffice_api.head import Head, head_of
from boxoffice_api.live.hub import read_board
from boxoffice_api.live.sockets import BOARD_ROLES
from boxoffice_api.pages.assets import levels_path
from boxoffice_api.pages.bars import bar_of
from boxoffice_api.pages.forms import Form, as_api, check_form, form_token, new_key
from boxoffice_api.pages.foyer import Foyer
from boxoffice_api.pages.paper import see_other
from boxoffice_api.pages.programme import boards_of, sale_of
from boxoffice_api.paths import performance_in_path
from boxoffice_api.routes.performances import close_sale, open_sale

SELLING_ROLES = frozenset({"manager", "admin"})
LISTED_MAX = 200
CLOSED_BY_HAND = "Closed by hand"


async def lobby(foyer: Foyer, head: Head) -> Answer:
    """Show the performances to staff, and to others where to sign in."""
    if await foyer.edge.staff.known(head) is None:
        return _sign_in(foyer, head)
    staff = await foyer.edge.staff.required(head, *BOARD_ROLES)
    entries = (await foyer.edge.catalogue.performances())[:LISTED_MAX]
    boards = await boards_of(foyer.edge, entries)
    now = foyer.edge.container.clock.now()
    return foyer.paper.page(
        head,
        "staff.html",
        staff=staff,
        rows=[(e, sale_of(e, now), boards.get(e.performance)) for e in entries],
        bar_of=bar_of,
        form=form_token(foyer.edge, staff.actor),
        position=foyer.edge.tail.position,
    )


async def sign_in(foyer: Foyer, head: Head, body: bytes) -> Answer:
    """Take a staff token once and leave it in a cookie that scripts cannot read."""
    if not is_own_page(head):
        raise Forbidden("This form is no longer good; open the page again.")
    token = Form(head, body).text("token").strip()
    staff = await foyer.edge.staff.of_token(token.encode(errors="replace"))
    if staff is None:
        return _sign_in(foyer, head, sentence="This token is not good.")
    cookie = staff_cookie(token, is_https=head.is_https)
    return see_other("/staff", headers=(("set-cookie", cookie),))


async def sign_out(foyer: Foyer, head: Head, body: bytes) -> Answer:
    """Forget the cookie."""
    await _own_form(foyer.edge, head, body)
    cookie = staff_cookie("", is_https=head.is_https)
    return see_other("/staff", headers=(("set-cookie", cookie),))


async def board(foyer: Foyer, head: Head, performance: str) -> Answer:
    """Show what a performance sold."""
    staff = await foyer.edge.staff.required(head, *BOARD_ROLES)
    entry = await foyer.edge.catalogue.performance(performance_in_path(performance))
    shown = await read_board(foyer.edge, entry)
    drawing = await foyer.edge.catalogue.drawing(entry.plan, entry.plan_version)
    return foyer.paper.page(
        head,
        "board.html",
        staff=staff,
        may_sell=staff.role in SELLING_ROLES,
        entry=entry,
        hall=drawing.drawn.name,
        board=shown,
        bar_of=bar_of,
        levels_css=levels_path([c.colour for c in entry.categories]),
        sale=sale_of(entry, foyer.edge.container.clock.now()),
        form=form_token(foyer.edge, staff.actor),
        key=new_key(foyer.edge),
        position=shown.position,
    )


async def switch_sale(
    foyer: Foyer, head: Head, *, performance: str, what: str, body: bytes
) -> Answer:
    """Open or close a sale."""
    form = await _own_form(foyer.edge, head, body)
    wanted = performance_in_path(performance)
    path = f"/v1/performances/{wanted}/{what}"
    asked = as_api(head, form, path=path, what=what)
    if what == "open":
        await open_sale(foyer.edge, asked, wanted)
    else:
        reason = msgspec.json.encode({"reason": CLOSED_BY_HAND})
        await close_sale(foyer.edge, asked, wanted, reason)
    return see_other(f"/staff/performances/{wanted}")


async def _own_form(edge: Edge, head: Head, body: bytes) -> Form:
    staff: Staff | None = await edge.staff.known(head)
    if staff is None:
        raise Unauthenticated
    form = Form(head, body)
    check_form(edge, head, form, owner=staff.actor)
    return form


def _sign_in(foyer: Foyer, head: Head, *, sentence: str = "") -> Answer:
    return foyer.paper.page(
        head,
        "sign_in.html",
        status=401 if sentence else 200,
        sentence=sentence,
        position=foyer.edge.tail.position,
    )


# ------------------------------------------------------- the framework's routes

_Asked = Request[Any, Any, Any]


@get("/staff")
async def get_lobby(request: _Asked, foyer: NamedDependency[Foyer]) -> Response[bytes]:
    """Show the performances to staff."""
    return as_response(await lobby(foyer, head_of(request)))


@post("/staff/session", status_code=303)
async def post_session(
    request: _Asked, foyer: NamedDependency[Foyer]
) -> Response[bytes]:
    """Sign in."""
    head, body = head_of(request), await request.body()
    return as_response(await sign_in(foyer, head, body))


@post("/staff/session/end", status_code=303)
async def post_session_end(
    request: _Asked, foyer: NamedDependency[Foyer]
) -> Response[bytes]:
    """Sign out."""
    head, body = head_of(request), await request.body()
    return as_response(await sign_out(foyer, head, body))


@get("/staff/performances/{performance:str}")
async def get_board(
    request: _Asked,
    foyer: NamedDependency[Foyer],
    performance: FromPath[str],
) -> Response[bytes]:
    """Show what a performance sold."""
    return as_response(await board(foyer, head_of(request), performance))


@post("/staff/performances/{performance:str}/open", status_code=303)
async def post_open_form(
    request: _Asked, foyer: NamedDependency[Foyer], performance: FromPath[str]
) -> Response[bytes]:
    """Open a sale."""
    head, body = head_of(request), await request.body()
    return as_response(
        await switch_sale(foyer, head, performance=performance, what="open", body=body)
    )


@post("/staff/performances/{performance:str}/close", status_code=303)
async def post_close_form(
    request: _Asked, foyer: NamedDependency[Foyer], performance: FromPath[str]
) -> Response[bytes]:
    """Close a sale."""
    head, body = head_of(request), await request.body()
    return as_response(
        await switch_sale(foyer, head, performance=performance, what="close", body=body)
    )


HANDLERS = [
    get_lobby,
    post_session,
    post_session_end,
    get_board,
    post_open_form,
    post_close_form,
]

"""From a hold to an order: what it would cost, placing it, and comps.

No price comes from a request: an order costs what its hold says, less what a promotion
takes off. Who the order is for goes to the vault before anything is decided, and leaves
it again when that is refused; the log has ids alone. The answer is made from
the facts of its own append.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from boxoffice import errors
from boxoffice.application.keys import customer_id
from boxoffice.application.ports.vault import Particulars
from boxoffice.application.queries.holds import KnownHold
from boxoffice.application.writer import Accepted
from boxoffice.domain.ids import HoldId, OrderCode, PerformanceId, PersonId
from boxoffice.domain.orders.commands import IssueComps, PlaceOrder
from boxoffice.domain.orders.events import OrderPlaced
from boxoffice_api.amounts import MoneyView, money
from boxoffice_api.answers import NO_STORE, Answer, as_response
from boxoffice_api.auth import SELLERS, Buyer
from boxoffice_api.bodies import Body, body_of
from boxoffice_api.edge import Edge
from boxoffice_api.fields import (
    Code,
    Email,
    Instrument,
    Line,
    Method,
    PersonName,
    PromotionCode,
)
from boxoffice_api.head import Head, head_of
from boxoffice_api.idempotency import (
    Identity,
    attempt_id,
    code_of_order,
    request_id,
)
from boxoffice_api.order_views import (
    OrderView,
    QuotedLine,
    encode,
    quoted_line,
)
from boxoffice_api.renderings import renderers_of
from boxoffice_api.routes.holds import own_hold
from boxoffice_api.spec import spec


class OrderRequest(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True
):
    """Whom the order is for and how it is paid.

    Without an `instrument` the buyer gives one on the provider's own page.
    """

    name: PersonName
    email: Email
    method: Method = "card"
    instrument: Instrument = ""
    promotion: PromotionCode | None = None


class QuoteRequest(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True
):
    """The code to try, if any."""

    promotion: PromotionCode | None = None


class CompsRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who gets the places for nothing, who invites, why, and out of which budget."""

    name: PersonName
    email: Email
    host: PersonName
    reason: Line
    budget: Code


class QuoteView(msgspec.Struct, frozen=True):
    """What an order would cost now; nothing was kept or promised."""

    lines: list[QuotedLine]
    total: MoneyView
    promotion: str | None


ORDER = Body(OrderRequest)
QUOTE = Body(QuoteRequest)
COMPS = Body(CompsRequest)


async def place_order(
    edge: Edge, head: Head, performance: str, hold: str, body: bytes
) -> Answer:
    """Order the places of a hold."""
    caller = await edge.buyer_or(head, *SELLERS)
    asked = ORDER.read(head, body)
    known = await own_hold(edge, caller, performance, hold)
    identity = edge.identify(head, caller, msgspec.json.encode(asked))
    settings = edge.container.settings
    command = PlaceOrder(
        now=edge.container.clock.now(),
        performance=PerformanceId(known.hold.placed.performance),
        buyer=edge.holder(caller, HoldId(known.hold.placed.hold)),
        hold=HoldId(known.hold.placed.hold),
        order=code_of_order(edge.keys, identity),
        person=edge.new_person(),
        customer=customer_id(edge.keys, asked.email),
        attempt=attempt_id(edge.keys, identity),
        method=asked.method,
        instrument=asked.instrument,
        home=settings.home,
        promotion=asked.promotion,
        channel="web" if isinstance(caller, Buyer) else "window",
        pay_s=settings.pay_s,
    )
    people = {command.person: Particulars(asked.name, asked.email)}
    accepted = await edge.ask_naming(
        head, caller, identity=identity, command=command, people=_needed(known, people)
    )
    return _ordered(edge, accepted, command.order)


async def issue_comps(
    edge: Edge, head: Head, performance: str, hold: str, body: bytes
) -> Answer:
    """Give the places of a hold away."""
    staff = await edge.staff.required(head, "manager")
    asked = COMPS.read(head, body)
    known = await own_hold(edge, staff, performance, hold)
    identity: Identity = edge.identify(head, staff, msgspec.json.encode(asked))
    settings = edge.container.settings
    command = IssueComps(
        now=edge.container.clock.now(),
        performance=PerformanceId(known.hold.placed.performance),
        buyer=edge.holder(staff, HoldId(known.hold.placed.hold)),
        hold=HoldId(known.hold.placed.hold),
        order=code_of_order(edge.keys, identity),
        person=edge.new_person(),
        customer=customer_id(edge.keys, asked.email),
        host=edge.new_person(),
        reason=asked.reason,
        budget=asked.budget,
        by=staff.actor,
        request=request_id(edge.keys, identity),
        unapproved_max=settings.comps_unapproved_max,
        approval_s=settings.approval_s,
    )
    people = {
        command.person: Particulars(asked.name, asked.email),
        command.host: Particulars(asked.host),
    }
    accepted = await edge.ask_naming(
        head, staff, identity=identity, command=command, people=_needed(known, people)
    )
    return _ordered(edge, accepted, command.order)


async def quote(
    edge: Edge, head: Head, performance: str, hold: str, body: bytes
) -> Answer:
    """Tell what an order for a hold would cost now; nothing is stored.

    The rule of the order itself is asked, so the two cannot differ. A limit per person
    is not looked at: nobody has said yet who the order is for.
    """
    caller = await edge.buyer_or(head, *SELLERS)
    asked = QUOTE.read_optional(head, body)
    known = await own_hold(edge, caller, performance, hold)
    identity = edge.new_identity()
    command = PlaceOrder(
        now=edge.container.clock.now(),
        performance=PerformanceId(known.hold.placed.performance),
        buyer=edge.holder(caller, HoldId(known.hold.placed.hold)),
        hold=HoldId(known.hold.placed.hold),
        order=code_of_order(edge.keys, identity),
        person=edge.new_person(),
        customer=customer_id(edge.keys, identity.command_id.hex()),
        attempt=attempt_id(edge.keys, identity),
        promotion=asked.promotion,
        pay_s=edge.container.settings.pay_s,
    )
    accepted = await edge.ask_whether(head, caller, identity=identity, command=command)
    placed = next(f.event for f in accepted.facts if isinstance(f.event, OrderPlaced))
    view = QuoteView(
        lines=[quoted_line(line) for line in placed.lines],
        total=money(placed.total),
        promotion=placed.promotion,
    )
    return Answer(200, encode(view), headers=(NO_STORE,))


def _needed(
    known: KnownHold, people: Mapping[PersonId, Particulars]
) -> Mapping[PersonId, Particulars]:
    """Say who is to be kept: nobody for a hold that cannot become an order any more.

    A hold that has an order got it after its own people were kept, so a repeated
    request misses nothing, and nobody tires the vault with a hold that is over.
    """
    is_done = known.hold.ordered is not None or known.hold.ended is not None
    return {} if is_done else people


def _ordered(edge: Edge, accepted: Accepted, code: OrderCode) -> Answer:
    body = renderers_of(accepted).order(accepted.facts, edge.token)
    location = ("location", f"/v1/orders/{code}")
    return Answer(202, body, headers=(NO_STORE, location))


# ------------------------------------------------------- the framework's routes

_Asked = Request[Any, Any, Any]
_REFUSALS = (
    errors.HoldExpired,
    errors.HoldNotOpen,
    errors.PerformanceOff,
    errors.NotFound,
)
_PROMOTION = (
    errors.PromotionInvalid,
    errors.PromotionExhausted,
    errors.PromotionLimitReached,
)


@post(
    "/v1/performances/{performance:str}/holds/{hold:str}/order",
    opt=spec(
        tag="orders",
        who="buyer or staff",
        body=OrderRequest,
        answers={202: OrderView},
        is_command=True,
        problems=(*_REFUSALS, errors.NotForSale, *_PROMOTION),
    ),
)
async def post_order(
    request: _Asked,
    edge: NamedDependency[Edge],
    performance: FromPath[str],
    hold: FromPath[str],
) -> Response[bytes]:
    """Order the places of a hold at its frozen prices; `operation` tells the rest."""
    head, body = head_of(request), await body_of(request)
    return as_response(await place_order(edge, head, performance, hold, body))


@post(
    "/v1/performances/{performance:str}/holds/{hold:str}/quote",
    opt=spec(
        tag="orders",
        who="buyer or staff",
        body=QuoteRequest,
        needs_body=False,
        answers={200: QuoteView},
        is_command=True,
        problems=(*_REFUSALS, errors.NotForSale, *_PROMOTION),
    ),
)
async def post_quote(
    request: _Asked,
    edge: NamedDependency[Edge],
    performance: FromPath[str],
    hold: FromPath[str],
) -> Response[bytes]:
    """Tell what an order would cost now; nothing is stored or promised."""
    head, body = head_of(request), await body_of(request)
    return as_response(await quote(edge, head, performance, hold, body))


@post(
    "/v1/performances/{performance:str}/holds/{hold:str}/comps",
    opt=spec(
        tag="staff",
        who="staff",
        body=CompsRequest,
        answers={202: OrderView},
        is_command=True,
        problems=(*_REFUSALS, errors.CompBudgetExhausted, errors.NamesSomebody),
    ),
)
async def post_comps(
    request: _Asked,
    edge: NamedDependency[Edge],
    performance: FromPath[str],
    hold: FromPath[str],
) -> Response[bytes]:
    """Give the places of one's own hold away; many need a second person."""
    head, body = head_of(request), await body_of(request)
    return as_response(await issue_comps(edge, head, performance, hold, body))


HANDLERS = [post_order, post_quote, post_comps]

"""What a buyer or the window may do about an order: pay, cancel, choose, exchange.

Each is answered with 202 and what the order waits for now, made from the facts of its
own append, so that a repeated request gets its first answer again.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from boxoffice import errors
from boxoffice.application.queries.orders import KnownOrder
from boxoffice.domain.ids import BuyerId, HoldId, PerformanceId
from boxoffice.domain.orders.commands import (
    AcceptAlternative,
    CancelOrder,
    DeclineAlternative,
    ExchangeTickets,
    PayOrder,
)
from boxoffice.domain.orders.events import TicketRef
from boxoffice.settings import Settings
from boxoffice_api.answers import Answer, as_response
from boxoffice_api.auth import SELLERS, Buyer, Caller
from boxoffice_api.bodies import NOTHING, Body, Nothing, body_of
from boxoffice_api.edge import Edge
from boxoffice_api.fields import (
    PLACES_PER_ORDER_MAX,
    HoldName,
    Id,
    Instrument,
    Method,
    Note,
    Ordinal,
)
from boxoffice_api.head import Head, head_of
from boxoffice_api.idempotency import attempt_id, exchange_id
from boxoffice_api.order_views import OrderChangeView
from boxoffice_api.routes.order_answers import change_order
from boxoffice_api.routes.orders import buyer_of, own_order
from boxoffice_api.spec import spec


class PayRequest(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True
):
    """How to pay this time."""

    method: Method = "card"
    instrument: Instrument = ""


class CancelRequest(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True
):
    """Why, if staff have something to say; buyers have not."""

    note: Note = ""


class TicketRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place at a performance."""

    performance: Id
    place: Ordinal


class HoldOf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A hold at a performance."""

    performance: Id
    hold: HoldName


Tickets = Annotated[
    tuple[TicketRequest, ...],
    msgspec.Meta(min_length=1, max_length=PLACES_PER_ORDER_MAX),
]


class ExchangeRequest(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True
):
    """Which tickets for the places of which hold, and how a difference is paid."""

    tickets: Tickets
    hold: HoldOf
    method: Method = "card"
    instrument: Instrument = ""


PAY = Body(PayRequest)
CANCEL = Body(CancelRequest)
EXCHANGE = Body(ExchangeRequest)


def ticket_refs(tickets: tuple[TicketRequest, ...]) -> tuple[TicketRef, ...]:
    """Give tickets as the log names them."""
    return tuple(TicketRef(ticket.performance, ticket.place) for ticket in tickets)


def check_note(caller: Caller, note: str) -> None:
    """Let only staff put words on record: buyers would write about themselves.

    Raises:
        Forbidden: a buyer sent a note.
    """
    if note and isinstance(caller, Buyer):
        raise errors.Forbidden("Notes are for staff to write.")


async def pay_order(edge: Edge, head: Head, code: str, body: bytes) -> Answer:
    """Try to pay again, after a try that failed."""
    caller = await edge.buyer_or(head, *SELLERS)
    asked = PAY.read_optional(head, body)
    known = await own_order(edge, caller, code)
    identity = edge.identify(head, caller, msgspec.json.encode(asked))
    command = PayOrder(
        now=edge.container.clock.now(),
        performance=PerformanceId(known.order.performance),
        order=known.code,
        buyer=buyer_of(caller),
        attempt=attempt_id(edge.keys, identity),
        method=asked.method,
        instrument=asked.instrument,
        home=edge.container.settings.home,
    )
    return await change_order(edge, head, caller, identity=identity, command=command)


async def cancel_order(edge: Edge, head: Head, code: str, body: bytes) -> Answer:
    """End what is open: an order that is not confirmed, an exchange, or an offer."""
    caller = await edge.buyer_or(head, *SELLERS)
    asked = CANCEL.read_optional(head, body)
    check_note(caller, asked.note)
    known = await own_order(edge, caller, code)
    identity = edge.identify(head, caller, msgspec.json.encode(asked))
    command = CancelOrder(
        now=edge.container.clock.now(),
        performance=PerformanceId(known.order.performance),
        order=known.code,
        buyer=buyer_of(caller),
        by=caller.actor,
        note=asked.note,
    )
    return await change_order(edge, head, caller, identity=identity, command=command)


async def take_alternative(edge: Edge, head: Head, code: str, body: bytes) -> Answer:
    """Take the other places that are offered for late money."""
    return await _choose(edge, head, code, body, of=AcceptAlternative)


async def decline_alternative(edge: Edge, head: Head, code: str, body: bytes) -> Answer:
    """Do without other places; the money goes back."""
    return await _choose(edge, head, code, body, of=DeclineAlternative)


async def _choose(
    edge: Edge,
    head: Head,
    code: str,
    body: bytes,
    *,
    of: type[AcceptAlternative | DeclineAlternative],
) -> Answer:
    caller = await edge.buyer_or(head, *SELLERS)
    NOTHING.read_optional(head, body)
    known = await own_order(edge, caller, code)
    command = of(
        now=edge.container.clock.now(),
        performance=PerformanceId(known.order.performance),
        order=known.code,
        buyer=buyer_of(caller),
    )
    identity = edge.identify(head, caller, b"")
    return await change_order(edge, head, caller, identity=identity, command=command)


async def exchange(edge: Edge, head: Head, code: str, body: bytes) -> Answer:
    """Swap tickets for the places of a hold."""
    caller = await edge.buyer_or(head, *SELLERS)
    asked = EXCHANGE.read(head, body)
    known = await own_order(edge, caller, code)
    identity = edge.identify(head, caller, msgspec.json.encode(asked))
    settings = edge.container.settings
    command = ExchangeTickets(
        now=edge.container.clock.now(),
        performance=PerformanceId(known.order.performance),
        order=known.code,
        buyer=buyer_of(caller),
        tickets=ticket_refs(asked.tickets),
        into=PerformanceId(asked.hold.performance),
        holder=await _holder(edge, caller, known, asked.hold),
        hold=HoldId(asked.hold.hold),
        exchange=exchange_id(edge.keys, identity),
        attempt=attempt_id(edge.keys, identity),
        by=caller.actor,
        unapproved_max=_returned_alone_max(caller, settings),
        method=asked.method,
        instrument=asked.instrument,
        home=settings.home,
        fee=settings.exchange_fee,
        pay_s=settings.pay_s,
    )
    return await change_order(edge, head, caller, identity=identity, command=command)


def _returned_alone_max(caller: Caller, settings: Settings) -> int | None:
    """Say what an exchange may return: at a till nothing, for refunds are no till's."""
    if isinstance(caller, Buyer):
        return None
    return 0 if caller.role == "till" else settings.refund_unapproved_max


async def _holder(
    edge: Edge, caller: Caller, known: KnownOrder, hold: HoldOf
) -> BuyerId:
    """Tell who has the hold: the caller, or for staff also the order's own buyer."""
    of, name = PerformanceId(hold.performance), HoldId(hold.hold)
    own = edge.holder(caller, name)
    if isinstance(caller, Buyer):
        return own
    try:
        await edge.holds.find(of, name, buyer=own)
    except errors.NotFound:
        return BuyerId(known.order.buyer)
    return own


# ------------------------------------------------------- the framework's routes

_Asked = Request[Any, Any, Any]


@post(
    "/v1/orders/{code:str}/pay",
    opt=spec(
        tag="orders",
        who="buyer or staff",
        body=PayRequest,
        needs_body=False,
        answers={202: OrderChangeView},
        is_command=True,
        problems=(
            errors.OrderNotOpen,
            errors.PaymentOpen,
            errors.HoldExpired,
            errors.NotFound,
        ),
    ),
)
async def post_pay(
    request: _Asked, edge: NamedDependency[Edge], code: FromPath[str]
) -> Response[bytes]:
    """Try to pay again, after a try that failed, until the order's `pay_by`."""
    head, body = head_of(request), await body_of(request)
    return as_response(await pay_order(edge, head, code, body))


@post(
    "/v1/orders/{code:str}/cancel",
    opt=spec(
        tag="orders",
        who="buyer or staff",
        body=CancelRequest,
        needs_body=False,
        answers={202: OrderChangeView},
        is_command=True,
        problems=(errors.OrderNotOpen, errors.NamesSomebody, errors.NotFound),
    ),
)
async def post_cancel_order(
    request: _Asked, edge: NamedDependency[Edge], code: FromPath[str]
) -> Response[bytes]:
    """End an order that is not confirmed, an unpaid exchange, or an offer."""
    head, body = head_of(request), await body_of(request)
    return as_response(await cancel_order(edge, head, code, body))


@post(
    "/v1/orders/{code:str}/alternative/accept",
    opt=spec(
        tag="orders",
        who="buyer or staff",
        body=Nothing,
        needs_body=False,
        answers={202: OrderChangeView},
        is_command=True,
        problems=(errors.OfferOver, errors.NotFound),
    ),
)
async def post_accept(
    request: _Asked, edge: NamedDependency[Edge], code: FromPath[str]
) -> Response[bytes]:
    """Take the other places that are kept because the money came late."""
    head, body = head_of(request), await body_of(request)
    return as_response(await take_alternative(edge, head, code, body))


@post(
    "/v1/orders/{code:str}/alternative/decline",
    opt=spec(
        tag="orders",
        who="buyer or staff",
        body=Nothing,
        needs_body=False,
        answers={202: OrderChangeView},
        is_command=True,
        problems=(errors.OfferOver, errors.NotFound),
    ),
)
async def post_decline(
    request: _Asked, edge: NamedDependency[Edge], code: FromPath[str]
) -> Response[bytes]:
    """Do without the other places; the money goes back."""
    head, body = head_of(request), await body_of(request)
    return as_response(await decline_alternative(edge, head, code, body))


@post(
    "/v1/orders/{code:str}/exchange",
    opt=spec(
        tag="orders",
        who="buyer or staff",
        body=ExchangeRequest,
        answers={202: OrderChangeView},
        is_command=True,
        problems=(
            errors.TicketNotValid,
            errors.OrderNotConfirmed,
            errors.ExchangeOpen,
            errors.RefundNotAllowed,
            errors.TooFewPlaces,
            errors.SecondPersonNeeded,
            errors.NotForSale,
            errors.PaymentOpen,
            errors.HoldExpired,
            errors.HoldNotOpen,
            errors.PerformanceOff,
            errors.NotFound,
        ),
    ),
)
async def post_exchange(
    request: _Asked, edge: NamedDependency[Edge], code: FromPath[str]
) -> Response[bytes]:
    """Swap tickets for the places of a hold; a difference is paid or goes back."""
    head, body = head_of(request), await body_of(request)
    return as_response(await exchange(edge, head, code, body))


HANDLERS = [post_pay, post_cancel_order, post_accept, post_decline, post_exchange]

"""What staff may do about a confirmed order: refund, void, agree and refuse.

A buyer may give tickets back as well, while a performance that was moved takes returns;
fees are for staff to decide. The rules of who may agree to what are the domain's.
"""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from boxoffice import errors
from boxoffice.domain.ids import PerformanceId
from boxoffice.domain.orders.commands import (
    ApproveRequest,
    DenyRequest,
    RefundTickets,
    VoidOrder,
)
from boxoffice_api.answers import Answer, as_response
from boxoffice_api.auth import Staff
from boxoffice_api.bodies import NOTHING, Body, Nothing, body_of
from boxoffice_api.edge import Edge
from boxoffice_api.fields import Line, Minor, Note
from boxoffice_api.head import Head, head_of
from boxoffice_api.idempotency import request_id
from boxoffice_api.order_views import OrderChangeView
from boxoffice_api.paths import request_in_path
from boxoffice_api.routes.order_answers import change_order
from boxoffice_api.routes.order_changes import Tickets, check_note, ticket_refs
from boxoffice_api.routes.orders import buyer_of, own_order
from boxoffice_api.spec import spec


class RefundRequest(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True
):
    """Which tickets, and what the house keeps: the fees on top, so much per ticket."""

    tickets: Tickets
    note: Note = ""
    keep_outside_fees: bool = False
    fee: Minor = 0


class VoidRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why the order is undone."""

    note: Line


class DenyBody(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True
):
    """Why not, if there is something to say."""

    note: Note = ""


REFUND = Body(RefundRequest)
VOID = Body(VoidRequest)
DENY = Body(DenyBody)


async def refund_tickets(edge: Edge, head: Head, code: str, body: bytes) -> Answer:
    """Take tickets back and return the money, or ask for a second person first."""
    caller = await edge.buyer_or(head, "manager")
    asked = REFUND.read(head, body)
    is_staff = isinstance(caller, Staff)
    if not is_staff and (asked.fee or asked.keep_outside_fees):
        raise errors.Forbidden("What the house keeps is for staff to decide.")
    check_note(caller, asked.note)
    known = await own_order(edge, caller, code)
    identity = edge.identify(head, caller, msgspec.json.encode(asked))
    limit = edge.container.settings.refund_unapproved_max
    command = RefundTickets(
        now=edge.container.clock.now(),
        performance=PerformanceId(known.order.performance),
        order=known.code,
        buyer=buyer_of(caller),
        tickets=ticket_refs(asked.tickets),
        by=caller.actor,
        note=asked.note,
        request=request_id(edge.keys, identity),
        keep_outside=asked.keep_outside_fees,
        fee=asked.fee,
        unapproved_max=limit if is_staff else None,
    )
    return await change_order(edge, head, caller, identity=identity, command=command)


async def void_order(edge: Edge, head: Head, code: str, body: bytes) -> Answer:
    """Undo a confirmed order as if it had never been."""
    staff = await edge.staff.required(head, "manager")
    asked = VOID.read(head, body)
    known = await own_order(edge, staff, code)
    identity = edge.identify(head, staff, msgspec.json.encode(asked))
    command = VoidOrder(
        now=edge.container.clock.now(),
        performance=PerformanceId(known.order.performance),
        order=known.code,
        by=staff.actor,
        note=asked.note,
        window_s=edge.container.settings.void_window_s,
        unapproved_max=edge.container.settings.refund_unapproved_max,
    )
    return await change_order(edge, head, staff, identity=identity, command=command)


async def approve(
    edge: Edge, head: Head, code: str, request: str, body: bytes
) -> Answer:
    """Agree, as a second person, to what another one asked for."""
    staff = await edge.staff.required(head, "manager")
    NOTHING.read_optional(head, body)
    known = await own_order(edge, staff, code)
    command = ApproveRequest(
        now=edge.container.clock.now(),
        performance=PerformanceId(known.order.performance),
        order=known.code,
        request=request_in_path(request),
        by=staff.actor,
    )
    identity = edge.identify(head, staff, b"")
    return await change_order(edge, head, staff, identity=identity, command=command)


async def deny(edge: Edge, head: Head, code: str, request: str, body: bytes) -> Answer:
    """Say no to what was asked for, or take one's own wish back."""
    staff = await edge.staff.required(head, "manager")
    asked = DENY.read_optional(head, body)
    known = await own_order(edge, staff, code)
    identity = edge.identify(head, staff, msgspec.json.encode(asked))
    command = DenyRequest(
        now=edge.container.clock.now(),
        performance=PerformanceId(known.order.performance),
        order=known.code,
        request=request_in_path(request),
        by=staff.actor,
        note=asked.note,
    )
    return await change_order(edge, head, staff, identity=identity, command=command)


# ------------------------------------------------------- the framework's routes

_Asked = Request[Any, Any, Any]
_OF_TICKETS = (
    errors.TicketNotValid,
    errors.OrderNotConfirmed,
    errors.ExchangeOpen,
    errors.PaymentOpen,
    errors.NotFound,
)
_OF_REQUEST = (errors.RequestNotOpen, errors.NotFound)


@post(
    "/v1/orders/{code:str}/refund",
    opt=spec(
        tag="orders",
        who="buyer or staff",
        body=RefundRequest,
        answers={202: OrderChangeView},
        is_command=True,
        problems=(
            errors.RefundNotAllowed,
            errors.AlreadyExists,
            errors.NamesSomebody,
            *_OF_TICKETS,
        ),
    ),
)
async def post_refund(
    request: _Asked, edge: NamedDependency[Edge], code: FromPath[str]
) -> Response[bytes]:
    """Take tickets back and return the money; much money needs a second person."""
    head, body = head_of(request), await body_of(request)
    return as_response(await refund_tickets(edge, head, code, body))


@post(
    "/v1/orders/{code:str}/void",
    opt=spec(
        tag="staff",
        who="staff",
        body=VoidRequest,
        answers={202: OrderChangeView},
        is_command=True,
        problems=(
            errors.VoidWindowOver,
            errors.SecondPersonNeeded,
            errors.NamesSomebody,
            *_OF_TICKETS,
        ),
    ),
)
async def post_void(
    request: _Asked, edge: NamedDependency[Edge], code: FromPath[str]
) -> Response[bytes]:
    """Undo a whole order soon after it was confirmed; all money goes back.

    Where that is much, its tickets are refunded instead, with a second person.
    """
    head, body = head_of(request), await body_of(request)
    return as_response(await void_order(edge, head, code, body))


@post(
    "/v1/orders/{code:str}/requests/{wish:str}/approve",
    opt=spec(
        tag="staff",
        who="staff",
        body=Nothing,
        needs_body=False,
        answers={202: OrderChangeView},
        is_command=True,
        problems=(errors.SamePerson, *_OF_TICKETS, *_OF_REQUEST),
    ),
)
async def post_approve(
    request: _Asked,
    edge: NamedDependency[Edge],
    code: FromPath[str],
    wish: FromPath[str],
) -> Response[bytes]:
    """Agree, as a second person, to what another one asked for; it happens at once."""
    head, body = head_of(request), await body_of(request)
    return as_response(await approve(edge, head, code, wish, body))


@post(
    "/v1/orders/{code:str}/requests/{wish:str}/deny",
    opt=spec(
        tag="staff",
        who="staff",
        body=DenyBody,
        needs_body=False,
        answers={202: OrderChangeView},
        is_command=True,
        problems=(errors.NamesSomebody, *_OF_REQUEST),
    ),
)
async def post_deny(
    request: _Asked,
    edge: NamedDependency[Edge],
    code: FromPath[str],
    wish: FromPath[str],
) -> Response[bytes]:
    """Say no to what was asked for, or take one's own wish back."""
    head, body = head_of(request), await body_of(request)
    return as_response(await deny(edge, head, code, wish, body))


HANDLERS = [post_refund, post_void, post_approve, post_deny]

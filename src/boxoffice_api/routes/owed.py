"""What staff may do about money that the provider could not give back.

A refund that failed for good is tried again, or given back by hand. Two people say of
the second that it happened.
"""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from boxoffice import errors
from boxoffice.domain.ids import PerformanceId, RefundId
from boxoffice.domain.payments.commands import (
    ConfirmPayOut,
    PayOutRefund,
    RetryRefund,
)
from boxoffice_api.answers import Answer, as_response
from boxoffice_api.bodies import NOTHING, Body, Nothing, body_of
from boxoffice_api.edge import Edge
from boxoffice_api.fields import Line
from boxoffice_api.head import Head, head_of
from boxoffice_api.idempotency import refund_id
from boxoffice_api.order_views import OrderChangeView
from boxoffice_api.paths import refund_in_path
from boxoffice_api.routes.order_answers import change_order
from boxoffice_api.routes.orders import own_order
from boxoffice_api.spec import spec

CASHIERS = ("manager", "finance")


class PayOutRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the money was given back."""

    note: Line


PAY_OUT = Body(PayOutRequest)


async def retry_refund(
    edge: Edge, head: Head, code: str, refund: str, body: bytes
) -> Answer:
    """Have the provider asked again."""
    staff = await edge.staff.required(head, *CASHIERS)
    NOTHING.read_optional(head, body)
    known = await own_order(edge, staff, code)
    identity = edge.identify(head, staff, b"")
    command = RetryRefund(
        now=edge.container.clock.now(),
        performance=PerformanceId(known.order.performance),
        order=known.code,
        refund=RefundId(refund_in_path(refund)),
        retry=refund_id(edge.keys, identity),
        by=staff.actor,
    )
    return await change_order(edge, head, staff, identity=identity, command=command)


async def pay_out_refund(
    edge: Edge, head: Head, code: str, refund: str, body: bytes
) -> Answer:
    """Take note of who gave the money back by hand, and how."""
    staff = await edge.staff.required(head, *CASHIERS)
    asked = PAY_OUT.read(head, body)
    known = await own_order(edge, staff, code)
    identity = edge.identify(head, staff, msgspec.json.encode(asked))
    command = PayOutRefund(
        now=edge.container.clock.now(),
        performance=PerformanceId(known.order.performance),
        order=known.code,
        refund=RefundId(refund_in_path(refund)),
        by=staff.actor,
        note=asked.note,
    )
    return await change_order(edge, head, staff, identity=identity, command=command)


async def confirm_pay_out(
    edge: Edge, head: Head, code: str, refund: str, body: bytes
) -> Answer:
    """Agree, as a second person, that it was given back by hand."""
    staff = await edge.staff.required(head, *CASHIERS)
    NOTHING.read_optional(head, body)
    known = await own_order(edge, staff, code)
    identity = edge.identify(head, staff, b"")
    command = ConfirmPayOut(
        now=edge.container.clock.now(),
        performance=PerformanceId(known.order.performance),
        order=known.code,
        refund=RefundId(refund_in_path(refund)),
        by=staff.actor,
    )
    return await change_order(edge, head, staff, identity=identity, command=command)


# ------------------------------------------------------- the framework's routes

_Asked = Request[Any, Any, Any]
_OF_REFUND = (errors.RefundNotStuck, errors.NotFound)


@post(
    "/v1/orders/{code:str}/refunds/{refund:str}/retry",
    opt=spec(
        tag="staff",
        who="staff",
        body=Nothing,
        needs_body=False,
        answers={202: OrderChangeView},
        is_command=True,
        problems=_OF_REFUND,
    ),
)
async def post_retry(
    request: _Asked,
    edge: NamedDependency[Edge],
    code: FromPath[str],
    refund: FromPath[str],
) -> Response[bytes]:
    """Try a refund again that failed for good; it begins a new row of tries."""
    head, body = head_of(request), await body_of(request)
    return as_response(await retry_refund(edge, head, code, refund, body))


@post(
    "/v1/orders/{code:str}/refunds/{refund:str}/pay-out",
    opt=spec(
        tag="staff",
        who="staff",
        body=PayOutRequest,
        answers={202: OrderChangeView},
        is_command=True,
        problems=_OF_REFUND,
    ),
)
async def post_pay_out(
    request: _Asked,
    edge: NamedDependency[Edge],
    code: FromPath[str],
    refund: FromPath[str],
) -> Response[bytes]:
    """Say that you gave back by hand what the provider could not."""
    head, body = head_of(request), await body_of(request)
    return as_response(await pay_out_refund(edge, head, code, refund, body))


@post(
    "/v1/orders/{code:str}/refunds/{refund:str}/confirm",
    opt=spec(
        tag="staff",
        who="staff",
        body=Nothing,
        needs_body=False,
        answers={202: OrderChangeView},
        is_command=True,
        problems=(errors.SamePerson, *_OF_REFUND),
    ),
)
async def post_confirm(
    request: _Asked,
    edge: NamedDependency[Edge],
    code: FromPath[str],
    refund: FromPath[str],
) -> Response[bytes]:
    """Agree, as a second person, that it was given back by hand: nothing is owed."""
    head, body = head_of(request), await body_of(request)
    return as_response(await confirm_pay_out(edge, head, code, refund, body))


HANDLERS = [post_retry, post_pay_out, post_confirm]

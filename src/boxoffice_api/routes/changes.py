"""Changes that touch everybody who has a ticket: calling off, and another date."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from boxoffice import errors
from boxoffice.domain.catalogue.commands import CancelPerformance, MovePerformance
from boxoffice_api.answers import Answer, as_response
from boxoffice_api.bodies import Body, body_of
from boxoffice_api.edge import Edge
from boxoffice_api.fields import Line, Moment
from boxoffice_api.head import Head, head_of
from boxoffice_api.paths import performance_in_path
from boxoffice_api.spec import spec


class CallOffRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why the performance will not take place."""

    reason: Line


class MoveRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The new date, the end of the sale, and until when tickets can be returned."""

    starts_at: Moment
    sale_until: Moment
    refund_until: Moment
    reason: Line


CALL_OFF = Body(CallOffRequest)
MOVE = Body(MoveRequest)


async def cancel_performance(
    edge: Edge, head: Head, performance: str, body: bytes
) -> Answer:
    """Call a performance off, for good; every order gets its money back."""
    staff = await edge.staff.required(head, "manager")
    asked = CALL_OFF.read(head, body)
    entry = await edge.catalogue.scheduled(performance_in_path(performance))
    command = CancelPerformance(
        now=edge.container.clock.now(),
        performance=entry.performance,
        by=staff.actor,
        reason=asked.reason,
    )
    return await edge.carry_out(head, staff, command, msgspec.json.encode(asked))


async def move_performance(
    edge: Edge, head: Head, performance: str, body: bytes
) -> Answer:
    """Put a performance on another date."""
    staff = await edge.staff.required(head, "manager")
    asked = MOVE.read(head, body)
    entry = await edge.catalogue.scheduled(performance_in_path(performance))
    command = MovePerformance(
        now=edge.container.clock.now(),
        performance=entry.performance,
        starts_at=asked.starts_at,
        sale_until=asked.sale_until,
        refund_until=asked.refund_until,
        by=staff.actor,
        reason=asked.reason,
    )
    return await edge.carry_out(head, staff, command, msgspec.json.encode(asked))


# ------------------------------------------------------- the framework's routes

_Asked = Request[Any, Any, Any]


@post(
    "/v1/performances/{performance:str}/cancel",
    opt=spec(
        tag="catalogue",
        who="staff",
        body=CallOffRequest,
        answers={204: None},
        is_command=True,
        problems=(errors.NamesSomebody, errors.NotFound),
    ),
)
async def post_cancel(
    request: _Asked, edge: NamedDependency[Edge], performance: FromPath[str]
) -> Response[bytes]:
    """Call the performance off, for good: every order gets its money back."""
    head, body = head_of(request), await body_of(request)
    return as_response(await cancel_performance(edge, head, performance, body))


@post(
    "/v1/performances/{performance:str}/move",
    opt=spec(
        tag="catalogue",
        who="staff",
        body=MoveRequest,
        answers={204: None},
        is_command=True,
        problems=(errors.NamesSomebody, errors.NotFound),
    ),
)
async def post_move(
    request: _Asked, edge: NamedDependency[Edge], performance: FromPath[str]
) -> Response[bytes]:
    """Put the performance on another date: whoever cannot come gets the money back."""
    head, body = head_of(request), await body_of(request)
    return as_response(await move_performance(edge, head, performance, body))


HANDLERS = [post_cancel, post_move]

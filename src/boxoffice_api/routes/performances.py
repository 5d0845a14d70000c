"""Performances: schedule, open and close the sale; what is on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from boxoffice import errors
from boxoffice.application.queries.catalogue import PerformanceEntry
from boxoffice.domain.catalogue.commands import (
    CloseSale,
    OpenSale,
    SchedulePerformance,
)
from boxoffice.domain.ids import PerformanceId, PlanId, ProductionId
from boxoffice_api.amounts import MoneyView, money
from boxoffice_api.answers import NO_STORE, Answer, as_response
from boxoffice_api.bodies import Body, body_of
from boxoffice_api.catalogue_renderers import PerformanceMade
from boxoffice_api.edge import Edge
from boxoffice_api.fields import Currency, Id, Line, Moment, Zone
from boxoffice_api.head import Head, head_of
from boxoffice_api.idempotency import family_id
from boxoffice_api.paths import performance_in_path
from boxoffice_api.query import Query
from boxoffice_api.renderings import renderers_of
from boxoffice_api.spec import Query as QuerySpec
from boxoffice_api.spec import spec

PAGE_DEFAULT = 50
PAGE_MAX = 200


class ScheduleRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A show on a date, in a hall, with its window of sale."""

    production: Id
    plan: Id
    starts_at: Moment
    zone: Zone
    currency: Currency
    sale_from: Moment
    sale_until: Moment


class CloseRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why the sale is closed."""

    reason: Line


class TypeView(msgspec.Struct, frozen=True):
    """For whom a price is; `proof` must be shown at the door."""

    code: str
    name: str
    proof: str
    quota: int | None


class CategoryView(msgspec.Struct, frozen=True):
    """A price level of the hall, all-in; `price` is null until one is set.

    `price` is that of the default price type, `prices` are those of all of them.
    """

    category: int
    name: str
    colour: str
    price: MoneyView | None
    prices: dict[str, MoneyView]


class SectionView(msgspec.Struct, frozen=True):
    """A section of the hall."""

    section: int
    name: str
    places: int


class PerformanceView(msgspec.Struct, frozen=True):
    """A dated show. Places can be held while `on_sale` is true.

    The first of `types` is the default one. Once the date was moved, tickets bought
    before can be returned in full until `refund_until`.
    """

    performance: str
    production: str
    title: str
    plan: str
    plan_version: int
    starts_at: datetime
    zone: str
    currency: str
    sale_from: datetime
    sale_until: datetime
    open: bool
    on_sale: bool
    cancelled: bool
    refund_until: datetime | None
    types: list[TypeView]
    categories: list[CategoryView]
    sections: list[SectionView]


class PerformanceList(msgspec.Struct, frozen=True):
    """Performances by date; `next` goes into `after` for the following ones."""

    items: list[PerformanceView]
    next: str | None


SCHEDULE = Body(ScheduleRequest)
CLOSE = Body(CloseRequest)


async def schedule(edge: Edge, head: Head, body: bytes) -> Answer:
    """Put a show on a date."""
    staff = await edge.staff.required(head, "manager")
    asked = SCHEDULE.read(head, body)
    identity = edge.identify(head, staff, msgspec.json.encode(asked))
    command = SchedulePerformance(
        now=edge.container.clock.now(),
        performance=PerformanceId(family_id(edge.keys, identity)),
        production=ProductionId(asked.production),
        plan=PlanId(asked.plan),
        starts_at=asked.starts_at,
        zone=asked.zone,
        currency=asked.currency,
        sale_from=asked.sale_from,
        sale_until=asked.sale_until,
    )
    accepted = await edge.ask(head, staff, identity=identity, command=command)
    render = renderers_of(accepted).performance
    body = render(accepted.facts, command.performance, edge.token)
    location = ("location", f"/v1/performances/{command.performance}")
    return Answer(201, body, headers=(NO_STORE, location))


async def open_sale(edge: Edge, head: Head, performance: str) -> Answer:
    """Let buyers hold places."""
    staff = await edge.staff.required(head, "manager")
    entry = await edge.catalogue.scheduled(performance_in_path(performance))
    now = edge.container.clock.now()
    command = OpenSale(now=now, performance=entry.performance)
    return await edge.carry_out(head, staff, command, b"")


async def close_sale(edge: Edge, head: Head, performance: str, body: bytes) -> Answer:
    """Stop new holds."""
    staff = await edge.staff.required(head, "manager")
    asked = CLOSE.read(head, body)
    entry = await edge.catalogue.scheduled(performance_in_path(performance))
    now = edge.container.clock.now()
    command = CloseSale(now=now, performance=entry.performance, reason=asked.reason)
    return await edge.carry_out(head, staff, command, msgspec.json.encode(asked))


async def show_performance(edge: Edge, performance: str) -> Answer:
    """Tell a buyer about one performance."""
    entry = await edge.catalogue.performance(performance_in_path(performance))
    view = performance_view(entry, edge.container.clock.now())
    return Answer(200, msgspec.json.encode(view), headers=(NO_STORE,))


async def list_performances(edge: Edge, head: Head) -> Answer:
    """Tell what is on, a page at a time."""
    query = Query(head)
    limit = query.number("limit", default=PAGE_DEFAULT, most=PAGE_MAX)
    entries = await edge.catalogue.performances()
    if production := query.text("production"):
        entries = [e for e in entries if e.production == production]
    if after := query.text("after"):
        entries = _following(entries, performance_in_path(after))
    page = entries[: max(1, limit)]
    now = edge.container.clock.now()
    listed = PerformanceList(
        items=[performance_view(entry, now) for entry in page],
        next=page[-1].performance if len(entries) > len(page) else None,
    )
    return Answer(200, msgspec.json.encode(listed), headers=(NO_STORE,))


def _following(
    entries: list[PerformanceEntry], after: PerformanceId
) -> list[PerformanceEntry]:
    ids = [entry.performance for entry in entries]
    if after not in ids:
        raise errors.NotFound("There is no such performance.")
    return entries[ids.index(after) + 1 :]


def performance_view(entry: PerformanceEntry, now: datetime) -> PerformanceView:
    """Show a performance as it is at `now`."""
    return PerformanceView(
        performance=entry.performance,
        production=entry.production,
        title=entry.title,
        plan=entry.plan,
        plan_version=entry.plan_version,
        starts_at=entry.starts_at,
        zone=entry.zone,
        currency=entry.currency,
        sale_from=entry.sale_from,
        sale_until=entry.sale_until,
        open=entry.open,
        on_sale=entry.open and entry.sale_from <= now < entry.sale_until,
        cancelled=entry.cancelled,
        refund_until=entry.refund_until,
        types=[TypeView(t.code, t.name, t.proof, t.quota) for t in entry.types],
        categories=[
            CategoryView(
                category=index,
                name=level.name,
                colour=level.colour,
                price=_price(entry, index),
                prices=_prices(entry, index),
            )
            for index, level in enumerate(entry.categories)
        ],
        sections=[SectionView(s.section, s.name, s.places) for s in entry.sections],
    )


def _prices(entry: PerformanceEntry, category: int) -> dict[str, MoneyView]:
    known = entry.prices_by_type.get(category, {})
    return {code: money(price) for code, price in known.items()}


def _price(entry: PerformanceEntry, category: int) -> MoneyView | None:
    price = entry.prices.get(category)
    return None if price is None else money(price)


# ------------------------------------------------------- the framework's routes

_Asked = Request[Any, Any, Any]
_UNKNOWN = (errors.NotFound,)


@post(
    "/v1/performances",
    opt=spec(
        tag="catalogue",
        who="staff",
        body=ScheduleRequest,
        answers={201: PerformanceMade},
        is_command=True,
        problems=_UNKNOWN,
    ),
)
async def post_performance(
    request: _Asked, edge: NamedDependency[Edge]
) -> Response[bytes]:
    """Put a show on a date, in a hall as it is drawn now."""
    head, body = head_of(request), await body_of(request)
    return as_response(await schedule(edge, head, body))


@get(
    "/v1/performances",
    opt=spec(
        tag="catalogue",
        answers={200: PerformanceList},
        query=(
            QuerySpec("production", "Only this show's dates."),
            QuerySpec("after", "What `next` of the page before said."),
            QuerySpec("limit", f"At most {PAGE_MAX}.", "integer"),
        ),
        problems=_UNKNOWN,
    ),
)
async def get_performances(
    request: _Asked, edge: NamedDependency[Edge]
) -> Response[bytes]:
    """Tell what is on, by date."""
    return as_response(await list_performances(edge, head_of(request)))


@get(
    "/v1/performances/{performance:str}",
    opt=spec(tag="catalogue", answers={200: PerformanceView}, problems=_UNKNOWN),
)
async def get_performance(
    edge: NamedDependency[Edge], performance: FromPath[str]
) -> Response[bytes]:
    """Tell about one performance, its prices and its sale."""
    return as_response(await show_performance(edge, performance))


@post(
    "/v1/performances/{performance:str}/open",
    opt=spec(
        tag="catalogue",
        who="staff",
        answers={204: None},
        is_command=True,
        problems=_UNKNOWN,
    ),
)
async def post_open(
    request: _Asked, edge: NamedDependency[Edge], performance: FromPath[str]
) -> Response[bytes]:
    """Open the sale: within its window, places can be held."""
    head = head_of(request)
    return as_response(await open_sale(edge, head, performance))


@post(
    "/v1/performances/{performance:str}/close",
    opt=spec(
        tag="catalogue",
        who="staff",
        body=CloseRequest,
        answers={204: None},
        is_command=True,
        problems=(errors.NamesSomebody, *_UNKNOWN),
    ),
)
async def post_close(
    request: _Asked, edge: NamedDependency[Edge], performance: FromPath[str]
) -> Response[bytes]:
    """Close the sale: holds that stand can still be paid."""
    head, body = head_of(request), await body_of(request)
    return as_response(await close_sale(edge, head, performance, body))


HANDLERS = [
    post_performance,
    get_performances,
    get_performance,
    post_open,
    post_close,
]

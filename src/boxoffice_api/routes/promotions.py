"""Promotion codes and budgets for comps: defined, ended and listed by staff."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec.structs import asdict

from boxoffice import errors
from boxoffice.application.queries.comp_budgets import KnownBudget
from boxoffice.domain.money import Money
from boxoffice.domain.promotions.commands import (
    DefinePromotion,
    EndPromotion,
    SetCompBudget,
)
from boxoffice.domain.promotions.events import PromotionTerms
from boxoffice.domain.promotions.state import Promotion
from boxoffice_api.amounts import MoneyView, money
from boxoffice_api.answers import NO_STORE, Answer, as_response
from boxoffice_api.bodies import Body, body_of
from boxoffice_api.edge import Edge
from boxoffice_api.fields import (
    BasisPoints,
    CategoryIndex,
    Code,
    Currency,
    Id,
    Minor,
    Moment,
    MoneyRequest,
)
from boxoffice_api.head import Head, head_of
from boxoffice_api.paths import budget_in_path, promotion_in_path
from boxoffice_api.spec import spec

NAMED_MAX = 200
COUNT_MAX = 1_000_000

Count = Annotated[int, msgspec.Meta(ge=0, le=COUNT_MAX)]
_UP_TO = msgspec.Meta(max_length=NAMED_MAX)


class PromotionRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a code gives: a share in basis points or an amount off each ticket.

    `budget` limits all discounts together, in minor units. Nothing named in
    `performances`, `categories` or `types`: it is good for all of them.
    """

    currency: Currency
    basis_points: BasisPoints = 0
    amount_off: Minor = 0
    budget: Minor | None = None
    orders_max: Count | None = None
    per_customer_max: Count | None = None
    valid_from: Moment | None = None
    valid_until: Moment | None = None
    performances: Annotated[tuple[Id, ...], _UP_TO] = ()
    categories: Annotated[tuple[CategoryIndex, ...], _UP_TO] = ()
    types: Annotated[tuple[Code, ...], _UP_TO] = ()


class BudgetRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What may be given away in all: so many places, worth so much."""

    places_max: Count
    face_max: MoneyRequest


class PromotionView(msgspec.Struct, frozen=True):
    """A code; `spent` minor units of discount went to `orders` orders that stand."""

    code: str
    ended: bool
    spent: int
    orders: int
    currency: str
    basis_points: int
    amount_off: int
    budget: int | None
    orders_max: int | None
    per_customer_max: int | None
    valid_from: datetime | None
    valid_until: datetime | None
    performances: tuple[str, ...]
    categories: tuple[int, ...]
    types: tuple[str, ...]


class PromotionList(msgspec.Struct, frozen=True):
    """All codes, ended ones too."""

    items: list[PromotionView]


class BudgetView(msgspec.Struct, frozen=True):
    """A budget for comps: its limits, what was drawn of it, and what is left."""

    budget: str
    places_max: int
    face_max: MoneyView
    places: int
    face: MoneyView
    places_left: int
    face_left: MoneyView


class BudgetList(msgspec.Struct, frozen=True):
    """All budgets, by name."""

    items: list[BudgetView]


PROMOTION = Body(PromotionRequest)
BUDGET = Body(BudgetRequest)


async def define_promotion(edge: Edge, head: Head, code: str, body: bytes) -> Answer:
    """Offer a code, or give a known one new terms."""
    staff = await edge.staff.required(head, "manager")
    asked = PROMOTION.read(head, body)
    command = DefinePromotion(
        now=edge.container.clock.now(),
        code=promotion_in_path(code),
        terms=PromotionTerms(**asdict(asked)),
    )
    return await edge.carry_out(head, staff, command, msgspec.json.encode(asked))


async def end_promotion(edge: Edge, head: Head, code: str) -> Answer:
    """Stop a code; orders that have it keep it."""
    staff = await edge.staff.required(head, "manager")
    command = EndPromotion(
        now=edge.container.clock.now(),
        code=promotion_in_path(code),
        reason="ended by staff",
    )
    return await edge.carry_out(head, staff, command, b"")


async def list_promotions(edge: Edge, head: Head) -> Answer:
    """List codes with what is used of them."""
    await edge.staff.required(head, "manager", "finance", "till")
    items = [_view(one) for one in await edge.promotions.all()]
    body = msgspec.json.encode(PromotionList(items))
    return Answer(200, body, headers=(NO_STORE,))


async def set_budget(edge: Edge, head: Head, budget: str, body: bytes) -> Answer:
    """Set what may be given away out of a budget."""
    staff = await edge.staff.required(head, "manager")
    asked = BUDGET.read(head, body)
    command = SetCompBudget(
        now=edge.container.clock.now(),
        budget=budget_in_path(budget),
        places_max=asked.places_max,
        face_max=Money(asked.face_max.minor, asked.face_max.currency),
    )
    return await edge.carry_out(head, staff, command, msgspec.json.encode(asked))


async def list_budgets(edge: Edge, head: Head) -> Answer:
    """List budgets with what is left of them."""
    await edge.staff.required(head, "manager", "finance")
    items = [_budget_view(one) for one in await edge.comp_budgets.all()]
    return Answer(200, msgspec.json.encode(BudgetList(items)), headers=(NO_STORE,))


async def look_at_budget(edge: Edge, head: Head, budget: str) -> Answer:
    """Tell what is left of a budget."""
    await edge.staff.required(head, "manager", "finance")
    found = await edge.comp_budgets.find(budget_in_path(budget))
    return Answer(200, msgspec.json.encode(_budget_view(found)), headers=(NO_STORE,))


def _budget_view(budget: KnownBudget) -> BudgetView:
    return BudgetView(
        budget=budget.name,
        places_max=budget.places_max,
        face_max=money(budget.face_max),
        places=budget.places,
        face=money(budget.face),
        places_left=budget.places_left,
        face_left=money(budget.face_left),
    )


def _view(promotion: Promotion) -> PromotionView:
    terms = promotion.terms or PromotionTerms("")
    return PromotionView(
        code=promotion.code,
        ended=promotion.ended,
        spent=promotion.spent,
        orders=promotion.orders,
        **asdict(terms),
    )


# ------------------------------------------------------- the framework's routes

_Asked = Request[Any, Any, Any]


@put(
    "/v1/promotions/{code:str}",
    opt=spec(
        tag="staff",
        who="staff",
        body=PromotionRequest,
        answers={204: None},
        is_command=True,
        problems=(errors.NotFound,),
    ),
)
async def put_promotion(
    request: _Asked, edge: NamedDependency[Edge], code: FromPath[str]
) -> Response[bytes]:
    """Offer a code, or give it new terms; what was redeemed stays counted."""
    head, body = head_of(request), await body_of(request)
    return as_response(await define_promotion(edge, head, code, body))


@delete(
    "/v1/promotions/{code:str}",
    status_code=200,
    opt=spec(
        tag="staff",
        who="staff",
        answers={204: None},
        is_command=True,
        problems=(errors.NotFound,),
    ),
)
async def delete_promotion(
    request: _Asked, edge: NamedDependency[Edge], code: FromPath[str]
) -> Response[bytes]:
    """Stop a code; orders that have it keep it."""
    return as_response(await end_promotion(edge, head_of(request), code))


@get(
    "/v1/promotions",
    opt=spec(tag="staff", who="staff", answers={200: PromotionList}),
)
async def get_promotions(
    request: _Asked, edge: NamedDependency[Edge]
) -> Response[bytes]:
    """List codes with their terms and what is used of them."""
    return as_response(await list_promotions(edge, head_of(request)))


@put(
    "/v1/comp-budgets/{budget:str}",
    opt=spec(
        tag="staff",
        who="staff",
        body=BudgetRequest,
        answers={204: None},
        is_command=True,
        problems=(errors.NotFound,),
    ),
)
async def put_budget(
    request: _Asked, edge: NamedDependency[Edge], budget: FromPath[str]
) -> Response[bytes]:
    """Set what may be given away out of a budget; what was drawn stays counted."""
    head, body = head_of(request), await body_of(request)
    return as_response(await set_budget(edge, head, budget, body))


@get(
    "/v1/comp-budgets",
    opt=spec(tag="staff", who="staff", answers={200: BudgetList}),
)
async def get_budgets(request: _Asked, edge: NamedDependency[Edge]) -> Response[bytes]:
    """List budgets for comps: their limits, what was drawn and what is left."""
    return as_response(await list_budgets(edge, head_of(request)))


@get(
    "/v1/comp-budgets/{budget:str}",
    opt=spec(
        tag="staff",
        who="staff",
        answers={200: BudgetView},
        problems=(errors.NotFound,),
    ),
)
async def get_budget(
    request: _Asked, edge: NamedDependency[Edge], budget: FromPath[str]
) -> Response[bytes]:
    """Tell what is left of a budget for comps."""
    return as_response(await look_at_budget(edge, head_of(request), budget))


HANDLERS = [
    put_promotion,
    delete_promotion,
    get_promotions,
    put_budget,
    get_budgets,
    get_budget,
]

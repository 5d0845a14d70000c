"""Facts about promotions and budgets for comps, each on its own write-side stream."""

from __future__ import annotations

from datetime import datetime

import msgspec

from boxoffice.domain.message import Event
from boxoffice.domain.money import Money


class PromotionTerms(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a code gives: `basis_points` off each ticket, or `amount_off` it.

    `budget` limits the discounts given in all, `orders_max` the orders,
    `per_customer_max` the orders of one customer. No `performances`: all of them; no
    `categories` or `types`: every place.
    """

    currency: str
    basis_points: int = 0
    amount_off: int = 0
    budget: int | None = None
    orders_max: int | None = None
    per_customer_max: int | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    performances: tuple[str, ...] = ()
    categories: tuple[int, ...] = ()
    types: tuple[str, ...] = ()


class PromotionDefined(Event, frozen=True, kw_only=True, tag="promotion-defined.v1"):
    """A code exists, or has new terms from here on; what was redeemed stays counted."""

    code: str
    terms: PromotionTerms


class PromotionEnded(Event, frozen=True, kw_only=True, tag="promotion-ended.v1"):
    """The code cannot be redeemed any more."""

    code: str
    reason: str


class PromotionRedeemed(Event, frozen=True, kw_only=True, tag="promotion-redeemed.v1"):
    """An order took `discount` out of the budget."""

    code: str
    order: str
    discount: Money


class PromotionReturned(Event, frozen=True, kw_only=True, tag="promotion-returned.v1"):
    """The order has no ticket (any more): its `discount` is back in the budget."""

    code: str
    order: str
    discount: Money


class PromotionUsed(Event, frozen=True, kw_only=True, tag="promotion-used.v1"):
    """A customer's order counts against the limit for one person."""

    code: str
    customer: str
    order: str


class PromotionUnused(Event, frozen=True, kw_only=True, tag="promotion-unused.v1"):
    """The customer's order has no ticket (any more) and does not count."""

    code: str
    customer: str
    order: str


class CompBudgetSet(Event, frozen=True, kw_only=True, tag="comp-budget-set.v1"):
    """A budget for comps: at most `places_max` places of `face_max` in all."""

    budget: str
    places_max: int
    face_max: Money


class CompsDrawn(Event, frozen=True, kw_only=True, tag="comps-drawn.v1"):
    """An order of comps took places worth `face` out of the budget."""

    budget: str
    order: str
    places: int
    face: Money


class CompsReturned(Event, frozen=True, kw_only=True, tag="comps-returned.v1"):
    """Comps were given back or denied: `places` worth `face` are back."""

    budget: str
    order: str
    places: int
    face: Money


class CompsGivenAlone(Event, frozen=True, kw_only=True, tag="comps-given-alone.v1"):
    """Places of one performance were given away by `by`, without a second person."""

    order: str
    by: str
    places: int

"""What promotions and budgets for comps remember.

Only sums are kept: which order took what is for the order to know, and it ends once.
"""

from __future__ import annotations

from typing import assert_never

import msgspec
from msgspec.structs import replace

from boxoffice.domain.decider import Aggregate
from boxoffice.domain.money import Money
from boxoffice.domain.promotions.events import (
    CompBudgetSet,
    CompsDrawn,
    CompsGivenAlone,
    CompsReturned,
    PromotionDefined,
    PromotionEnded,
    PromotionRedeemed,
    PromotionReturned,
    PromotionTerms,
    PromotionUnused,
    PromotionUsed,
)


class Promotion(msgspec.Struct, frozen=True):
    """A code; `spent` minor units of discount went to `orders` orders that stand."""

    code: str = ""
    terms: PromotionTerms | None = None
    ended: bool = False
    spent: int = 0
    orders: int = 0


PromotionEvent = (
    PromotionDefined | PromotionEnded | PromotionRedeemed | PromotionReturned
)


def evolve_promotion(state: Promotion, event: PromotionEvent) -> Promotion:
    """Fold one fact of a promotion's own stream."""
    match event:
        case PromotionDefined():
            return replace(state, code=event.code, terms=event.terms, ended=False)
        case PromotionEnded():
            return replace(state, ended=True)
        case PromotionRedeemed():
            spent = state.spent + event.discount.minor
            return replace(state, spent=spent, orders=state.orders + 1)
        case PromotionReturned():
            spent = state.spent - event.discount.minor
            return replace(state, spent=spent, orders=state.orders - 1)
        case _:
            assert_never(event)


class PromotionUse(msgspec.Struct, frozen=True):
    """How many orders of each customer on this stream have the code."""

    orders: dict[str, int] = {}


def evolve_promotion_use(
    state: PromotionUse, event: PromotionUsed | PromotionUnused
) -> PromotionUse:
    """Count one order more or less."""
    step = 1 if isinstance(event, PromotionUsed) else -1
    count = state.orders.get(event.customer, 0) + step
    return PromotionUse(orders={**state.orders, event.customer: count})


class CompBudget(msgspec.Struct, frozen=True):
    """What may be given away, and what was: `places` worth `face` minor units."""

    places_max: int = 0
    face_max: Money | None = None
    places: int = 0
    face: int = 0

    @property
    def places_left(self) -> int:
        """Places that may still be given away."""
        return max(0, self.places_max - self.places)

    @property
    def face_left(self) -> int:
        """Minor units that they may be worth."""
        return max(0, self.face_max.minor - self.face) if self.face_max else 0


CompBudgetEvent = CompBudgetSet | CompsDrawn | CompsReturned


def evolve_comp_budget(state: CompBudget, event: CompBudgetEvent) -> CompBudget:
    """Fold one fact of a budget's own stream."""
    match event:
        case CompBudgetSet():
            places_max, face_max = event.places_max, event.face_max
            return replace(state, places_max=places_max, face_max=face_max)
        case CompsDrawn():
            face = state.face + event.face.minor
            return replace(state, places=state.places + event.places, face=face)
        case CompsReturned():
            face = state.face - event.face.minor
            return replace(state, places=state.places - event.places, face=face)
        case _:
            assert_never(event)


class CompsAlone(msgspec.Struct, frozen=True):
    """How many places of one performance each person gave away alone.

    Its bound is the people who work for that performance. What comes back was given all
    the same: whoever gives, takes back and gives again asks a second person.
    """

    places: dict[str, int] = {}


def evolve_comps_alone(state: CompsAlone, event: CompsGivenAlone) -> CompsAlone:
    """Count the places of one order."""
    given = state.places.get(event.by, 0) + event.places
    return CompsAlone(places={**state.places, event.by: given})


PROMOTION = Aggregate(
    "promotion",
    Promotion,
    evolve_promotion,
    (PromotionDefined, PromotionEnded, PromotionRedeemed, PromotionReturned),
)
PROMOTION_USE = Aggregate(
    "promotion-use",
    PromotionUse,
    evolve_promotion_use,
    (PromotionUsed, PromotionUnused),
)
COMP_BUDGET = Aggregate(
    "comp-budget",
    CompBudget,
    evolve_comp_budget,
    (CompBudgetSet, CompsDrawn, CompsReturned),
)
COMPS_ALONE = Aggregate(
    "comps-alone", CompsAlone, evolve_comps_alone, (CompsGivenAlone,)
)

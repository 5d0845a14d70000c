"""Roads to the rules of promotions and of budgets for comps."""

from __future__ import annotations

from boxoffice.application.deciding.view import Road, Roads, View
from boxoffice.domain.decider import Decision
from boxoffice.domain.ids import (
    FAMILY_BYTES,
    Family,
    comp_budget_stream,
    promotion_family,
    promotion_stream,
)
from boxoffice.domain.promotions import comps
from boxoffice.domain.promotions import decide as promotions
from boxoffice.domain.promotions.commands import (
    DefinePromotion,
    EndPromotion,
    SetCompBudget,
)
from boxoffice.domain.promotions.state import COMP_BUDGET, PROMOTION


def define_promotion(view: View, command: DefinePromotion) -> Decision:
    """Decide on the terms of a code."""
    where = promotion_stream(command.code)
    events = promotions.define_promotion(view.state(where, PROMOTION), command)
    return [(where, event) for event in events]


def end_promotion(view: View, command: EndPromotion) -> Decision:
    """Decide on stopping a code."""
    where = promotion_stream(command.code)
    events = promotions.end_promotion(view.state(where, PROMOTION), command)
    return [(where, event) for event in events]


def set_comp_budget(view: View, command: SetCompBudget) -> Decision:
    """Decide on the limits of a budget."""
    where = comp_budget_stream(command.budget)
    events = comps.set_comp_budget(view.state(where, COMP_BUDGET), command)
    return [(where, event) for event in events]


def _of_promotion(command: DefinePromotion | EndPromotion) -> tuple[Family, ...]:
    return (promotion_family(command.code),)


def _of_budget(command: SetCompBudget) -> tuple[Family, ...]:
    return (Family(comp_budget_stream(command.budget)[:FAMILY_BYTES]),)


ROADS: Roads = {
    DefinePromotion: Road(define_promotion, _of_promotion),
    EndPromotion: Road(end_promotion, _of_promotion),
    SetCompBudget: Road(set_comp_budget, _of_budget),
}

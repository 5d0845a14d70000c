"""Rules of budgets for comps: nothing is given away that nobody set aside."""

from __future__ import annotations

import re

from boxoffice.domain.decider import Decision
from boxoffice.domain.ids import comp_budget_stream
from boxoffice.domain.money import Money, check_currency
from boxoffice.domain.promotions.commands import SetCompBudget
from boxoffice.domain.promotions.decide import AMOUNT_MAX
from boxoffice.domain.promotions.events import (
    CompBudgetSet,
    CompsDrawn,
    CompsReturned,
)
from boxoffice.domain.promotions.state import CompBudget, CompsAlone
from boxoffice.errors import CompBudgetExhausted, Invalid

NAME = re.compile("[a-z0-9][a-z0-9_-]{0,31}")
"""The API names budgets in paths, as it names all codes."""
PLACES_MAX = 1_000_000


def set_comp_budget(budget: CompBudget, command: SetCompBudget) -> list[CompBudgetSet]:
    """Set the limits of a budget; what was drawn stays drawn."""
    name, face = command.budget, command.face_max
    if not NAME.fullmatch(name):
        raise Invalid("A budget has 1 to 32 small letters, digits, _ and -.")
    if not 0 <= command.places_max <= PLACES_MAX or not 0 <= face.minor <= AMOUNT_MAX:
        raise Invalid("The limits of a budget must not be negative or absurd.")
    check_currency(face.currency)
    if budget.face_max is not None and budget.face_max.currency != face.currency:
        raise Invalid(f"This budget is in {budget.face_max.currency}.")
    if (budget.places_max, budget.face_max) == (command.places_max, face):
        return []
    return [CompBudgetSet(budget=name, places_max=command.places_max, face_max=face)]


def draw(
    budget: CompBudget, name: str, *, order: str, places: int, face: Money
) -> Decision:
    """Take comps worth `face` out of a budget.

    Raises:
        CompBudgetExhausted: there is no such budget, it is in another currency, or
            too little of it is left.
    """
    most = budget.face_max
    if most is None:
        sentence = "There is no such budget for comps."
        raise CompBudgetExhausted(sentence, places_left=0, face_left=0)
    if most.currency != face.currency:
        sentence = f"This budget is in {most.currency}."
        raise CompBudgetExhausted(sentence, places_left=0, face_left=0)
    places_left, face_left = budget.places_left, budget.face_left
    if places > places_left or face.minor > face_left:
        raise CompBudgetExhausted(places_left=places_left, face_left=face_left)
    drawn = CompsDrawn(budget=name, order=order, places=places, face=face)
    return [(comp_budget_stream(name), drawn)]


def may_give_alone(alone: CompsAlone, by: str, *, places: int, most: int) -> bool:
    """Tell whether `by` gives so many more places away without a second person.

    Many small orders are as good as a large one.
    """
    return alone.places.get(by, 0) + places <= most


def give_back(name: str, *, order: str, places: int, face: Money) -> Decision:
    """Put comps back; the order sees to it that this happens once."""
    returned = CompsReturned(budget=name, order=order, places=places, face=face)
    return [(comp_budget_stream(name), returned)]

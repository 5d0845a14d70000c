"""Intentions about promotions and budgets for comps."""

from __future__ import annotations

from typing import ClassVar

from boxoffice.domain.message import Command
from boxoffice.domain.money import Money
from boxoffice.domain.promotions.events import PromotionTerms


class DefinePromotion(Command, frozen=True, kw_only=True):
    """Offer a code, or give a known one new terms."""

    code: str
    terms: PromotionTerms


class EndPromotion(Command, frozen=True, kw_only=True):
    """Stop a code; orders that have it keep it."""

    free_text: ClassVar[tuple[str, ...]] = ("reason",)

    code: str
    reason: str


class SetCompBudget(Command, frozen=True, kw_only=True):
    """Set what may be given away out of a budget."""

    budget: str
    places_max: int
    face_max: Money

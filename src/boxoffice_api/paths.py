"""Ids as they stand in paths; what is no id of ours is not found."""

from __future__ import annotations

import re

from boxoffice.domain.ids import HoldId, PerformanceId, PlanId
from boxoffice.domain.pricing.events import CODE
from boxoffice.errors import NotFound

_FAMILY = re.compile(r"[0-9a-f]{24}")
_PROMOTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{1,31}")
_BUDGET = re.compile(CODE)
_REFUND = re.compile(r"[0-9A-Za-z._-]{1,128}")
_NAME = re.compile(r"[0-9a-f]{32}")


def is_family(text: str) -> bool:
    """Tell whether this could be the id of a plan, production or performance."""
    return _FAMILY.fullmatch(text) is not None


def performance_in_path(text: str) -> PerformanceId:
    """Read the id of a performance."""
    if not is_family(text):
        raise NotFound("There is no such performance.")
    return PerformanceId(text)


def plan_in_path(text: str) -> PlanId:
    """Read the id of a seating plan."""
    if not is_family(text):
        raise NotFound("There is no such seating plan.")
    return PlanId(text)


def hold_in_path(text: str) -> HoldId:
    """Read the id of a hold."""
    if not _NAME.fullmatch(text):
        raise NotFound("There is no such hold.")
    return HoldId(text)


def request_in_path(text: str) -> str:
    """Read the name of a request that waits for a second person."""
    if not _NAME.fullmatch(text):
        raise NotFound("There is no such request.")
    return text


def refund_in_path(text: str) -> str:
    """Read the name of a refund."""
    if not _REFUND.fullmatch(text):
        raise NotFound("There is no such refund.")
    return text


def promotion_in_path(text: str) -> str:
    """Read a promotion's code, in any case of letters."""
    if not _PROMOTION.fullmatch(text):
        raise NotFound("A code has 2 to 32 letters, digits and hyphens.")
    return text


def budget_in_path(text: str) -> str:
    """Read the name of a budget for comps."""
    if not _BUDGET.fullmatch(text):
        raise NotFound("A budget has 1 to 32 small letters, digits, _ and -.")
    return text

"""Ids as they stand in paths; what is no id of ours is not found."""

from __future__ import annotations

import re

from boxoffice.domain.ids import HoldId, PerformanceId, PlanId
from boxoffice.errors import NotFound

_FAMILY = re.compile(r"[0-9a-f]{24}")
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

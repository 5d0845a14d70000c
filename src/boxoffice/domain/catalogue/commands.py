"""Intentions about seating plans, productions and performances."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import msgspec

from boxoffice.domain.catalogue.events import Category, PlanShape
from boxoffice.domain.ids import PerformanceId, PlanId, ProductionId
from boxoffice.domain.message import Command


class DrawnPlace(msgspec.Struct, frozen=True):
    """A place as read from a plan file, before it has its ordinal."""

    guid: str
    row: str
    seat: str
    category: int
    x: float
    y: float
    kind: str = "seat"


class DrawnSection(msgspec.Struct, frozen=True):
    """A section as read from a plan file."""

    name: str
    places: tuple[DrawnPlace, ...]


class ImportSeatingPlan(Command, frozen=True, kw_only=True):
    """Store a hall's plan or a new version of it."""

    plan: PlanId
    name: str
    width: float
    height: float
    categories: tuple[Category, ...]
    sections: tuple[DrawnSection, ...]
    shapes: tuple[PlanShape, ...] = ()
    sha256: str


class CreateProduction(Command, frozen=True, kw_only=True):
    """Announce a show."""

    production: ProductionId
    title: str


class SchedulePerformance(Command, frozen=True, kw_only=True):
    """Put a production on a date, in the hall as its plan stands now."""

    performance: PerformanceId
    production: ProductionId
    plan: PlanId
    starts_at: datetime
    zone: str
    currency: str
    sale_from: datetime
    sale_until: datetime


class OpenSale(Command, frozen=True, kw_only=True):
    """Let buyers hold places, within the sale window."""

    performance: PerformanceId


class CloseSale(Command, frozen=True, kw_only=True):
    """Stop new holds."""

    free_text: ClassVar[tuple[str, ...]] = ("reason",)

    performance: PerformanceId
    reason: str


class CancelPerformance(Command, frozen=True, kw_only=True):
    """Call a performance off, for good."""

    free_text: ClassVar[tuple[str, ...]] = ("reason",)

    performance: PerformanceId
    by: str
    reason: str


class MovePerformance(Command, frozen=True, kw_only=True):
    """Put a performance on another date; whoever cannot come gets the money back."""

    free_text: ClassVar[tuple[str, ...]] = ("reason",)

    performance: PerformanceId
    starts_at: datetime
    sale_until: datetime
    refund_until: datetime
    by: str
    reason: str

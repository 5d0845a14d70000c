"""Facts about seating plans, productions and performances."""

from __future__ import annotations

from datetime import datetime

import msgspec

from boxoffice.domain.message import Event


class Category(msgspec.Struct, frozen=True, array_like=True):
    """A price level of a hall; places name it by its index."""

    name: str
    colour: str


class PlanPlace(msgspec.Struct, frozen=True, array_like=True):
    """A place as drawn. `ordinal` is its number for ever; x, y in plan units."""

    ordinal: int
    guid: str
    row: str
    seat: str
    category: int
    x: float
    y: float
    kind: str = "seat"
    """`seat`, `wheelchair` or `companion`."""


class PlanSection(msgspec.Struct, frozen=True):
    """A part of the hall with at most 2,000 places: the unit of read models."""

    name: str
    places: tuple[PlanPlace, ...]


class PlanShape(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something drawn that is not a place: stage, table, wall, label."""

    shape: str
    """`rectangle`, `circle`, `ellipse`, `polygon` or `text`."""
    x: float
    y: float
    width: float = 0.0
    height: float = 0.0
    rotation: float = 0.0
    colour: str = ""
    text: str = ""
    points: tuple[tuple[float, float], ...] = ()


class SeatingPlanImported(
    Event, frozen=True, kw_only=True, tag="seating-plan-imported.v1"
):
    """A hall's plan, or a new version of it; ordinals of known places stay."""

    name: str
    width: float
    height: float
    categories: tuple[Category, ...]
    sections: tuple[PlanSection, ...]
    shapes: tuple[PlanShape, ...] = ()
    sha256: str
    """Of the file that was imported."""


class ProductionCreated(Event, frozen=True, kw_only=True, tag="production-created.v1"):
    """A show as a work, across its dates."""

    title: str


class PerformanceScheduled(
    Event, frozen=True, kw_only=True, tag="performance-scheduled.v1"
):
    """One dated occurrence of a production in a hall.

    `plan_version` pins the manifest. `sale_from` and `sale_until` bound the sale
    when it is open. `zone` is the venue's IANA zone, `categories` the names of the
    plan's price levels by index.
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
    categories: tuple[Category, ...]
    sections: tuple[str, ...]


class ManifestPlace(msgspec.Struct, frozen=True, array_like=True):
    """A sellable place of one performance."""

    ordinal: int
    label: str
    category: int
    kind: str = "seat"


class SectionLaidOut(Event, frozen=True, kw_only=True, tag="section-laid-out.v1"):
    """The manifest of one section: every place in it that can be sold."""

    section: int
    name: str
    places: tuple[ManifestPlace, ...]


class SaleOpened(Event, frozen=True, kw_only=True, tag="sale-opened.v1"):
    """From here on, within the sale window, places can be held."""


class SaleClosed(Event, frozen=True, kw_only=True, tag="sale-closed.v1"):
    """No place can be held; holds that stand can still be paid."""

    reason: str


class PerformanceCancelled(
    Event, frozen=True, kw_only=True, tag="performance-cancelled.v1"
):
    """It will not take place: nothing is sold, and every order gets its money back."""

    by: str
    reason: str


class PerformanceMoved(Event, frozen=True, kw_only=True, tag="performance-moved.v1"):
    """It takes place at another time.

    Until `refund_until` whoever had a ticket when this was decided, at `at`, can return
    it.
    """

    starts_at: datetime
    sale_until: datetime
    refund_until: datetime
    by: str
    reason: str
    at: datetime | None = None

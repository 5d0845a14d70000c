"""What the catalogue remembers of its own facts."""

from __future__ import annotations

from datetime import date, datetime
from typing import assert_never
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from boxoffice.domain.catalogue.events import (
    Category,
    PerformanceCancelled,
    PerformanceMoved,
    PerformanceScheduled,
    ProductionCreated,
    SaleClosed,
    SaleOpened,
    SeatingPlanImported,
    SectionLaidOut,
)
from boxoffice.domain.decider import Aggregate


class SeatingPlan(msgspec.Struct, frozen=True):
    """A hall. `ordinals` maps every place ever drawn; ordinals are never reused."""

    version: int = -1
    drawn: SeatingPlanImported | None = None
    ordinals: dict[str, int] = {}


def evolve_plan(state: SeatingPlan, event: SeatingPlanImported) -> SeatingPlan:
    """Remember the newest drawing and every ordinal ever given."""
    ordinals = dict(state.ordinals)
    for section in event.sections:
        ordinals.update((place.guid, place.ordinal) for place in section.places)
    return SeatingPlan(version=state.version + 1, drawn=event, ordinals=ordinals)


class Production(msgspec.Struct, frozen=True):
    """A show as a work."""

    title: str | None = None


def evolve_production(_state: Production, event: ProductionCreated) -> Production:
    """Remember the title."""
    return Production(title=event.title)


class Place(msgspec.Struct, frozen=True):
    """A sellable place, with the section and price level it belongs to."""

    section: int
    category: int
    label: str


def takes_back(
    until: datetime | None,
    moved_at: datetime | None,
    *,
    bought_at: datetime | None,
    now: datetime,
) -> bool:
    """Tell whether what was bought before the move at `moved_at` may come back.

    Whoever bought later knew the new date.
    """
    if until is None or now > until:
        return False
    return moved_at is None or bought_at is None or bought_at <= moved_at


class Performance(msgspec.Struct, frozen=True):
    """One dated occurrence: its window of sale and its manifest.

    After it was moved, at `moved_at`, its tickets can be returned until `refund_until`.
    """

    scheduled: bool = False
    title: str = ""
    currency: str = ""
    zone: str = "UTC"
    starts_at: datetime | None = None
    refund_until: datetime | None = None
    moved_at: datetime | None = None
    cancelled: bool = False
    sale_from: datetime | None = None
    sale_until: datetime | None = None
    categories: tuple[Category, ...] = ()
    open: bool = False
    places: dict[int, Place] = {}
    """By ordinal."""

    def on_sale(self, now: datetime) -> bool:
        """Tell whether new holds are allowed at `now`."""
        if not self.open or self.sale_from is None or self.sale_until is None:
            return False
        return self.sale_from <= now < self.sale_until

    def has_begun(self, now: datetime) -> bool:
        """Tell whether it has started, as far as it has a date."""
        return self.starts_at is not None and now >= self.starts_at

    def local_date(self) -> date | None:
        """Give the day it takes place, where the hall stands."""
        if self.starts_at is None:
            return None
        return self.starts_at.astimezone(ZoneInfo(self.zone)).date()

    def takes_back(self, now: datetime, *, bought_at: datetime | None) -> bool:
        """Tell whether a buyer may give a ticket back because it was moved since."""
        until, moved_at = self.refund_until, self.moved_at
        return takes_back(until, moved_at, bought_at=bought_at, now=now)


PerformanceEvent = (
    PerformanceScheduled
    | SectionLaidOut
    | SaleOpened
    | SaleClosed
    | PerformanceCancelled
    | PerformanceMoved
)


def evolve_performance(state: Performance, event: PerformanceEvent) -> Performance:
    """Fold one fact of a performance's own stream."""
    match event:
        case PerformanceScheduled():
            return Performance(
                scheduled=True,
                title=event.title,
                currency=event.currency,
                zone=event.zone,
                starts_at=event.starts_at,
                sale_from=event.sale_from,
                sale_until=event.sale_until,
                categories=event.categories,
            )
        case SectionLaidOut():
            return replace(state, places=state.places | _laid_out(event))
        case SaleOpened():
            return replace(state, open=True)
        case SaleClosed():
            return replace(state, open=False)
        case PerformanceCancelled():
            return replace(state, open=False, cancelled=True)
        case PerformanceMoved():
            return replace(
                state,
                starts_at=event.starts_at,
                sale_until=event.sale_until,
                refund_until=event.refund_until,
                moved_at=event.at,
            )
        case _:
            assert_never(event)


def _laid_out(event: SectionLaidOut) -> dict[int, Place]:
    return {
        place.ordinal: Place(event.section, place.category, place.label)
        for place in event.places
    }


PLAN = Aggregate("plan", SeatingPlan, evolve_plan, (SeatingPlanImported,))
PRODUCTION = Aggregate(
    "production", Production, evolve_production, (ProductionCreated,)
)
PERFORMANCE = Aggregate(
    "performance",
    Performance,
    evolve_performance,
    (
        PerformanceScheduled,
        SectionLaidOut,
        SaleOpened,
        SaleClosed,
        PerformanceCancelled,
        PerformanceMoved,
    ),
)

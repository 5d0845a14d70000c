"""Rules of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from boxoffice.domain.catalogue.commands import (
    CancelPerformance,
    CloseSale,
    CreateProduction,
    DrawnSection,
    ImportSeatingPlan,
    MovePerformance,
    OpenSale,
    SchedulePerformance,
)
from boxoffice.domain.catalogue.events import (
    ManifestPlace,
    PerformanceCancelled,
    PerformanceMoved,
    PerformanceScheduled,
    PlanPlace,
    PlanSection,
    ProductionCreated,
    SaleClosed,
    SaleOpened,
    SeatingPlanImported,
    SectionLaidOut,
)
from boxoffice.domain.catalogue.state import Performance, Production, SeatingPlan
from boxoffice.domain.message import Event
from boxoffice.domain.money import check_currency
from boxoffice.errors import AlreadyExists, Invalid, NotFound, PerformanceOff

SECTION_PLACES_MAX = 2_000
"""Bound of one read-model document. Source: design, decision 13."""


def import_seating_plan(
    plan: SeatingPlan, command: ImportSeatingPlan
) -> list[SeatingPlanImported]:
    """Give known places their old ordinals and new places the next ones.

    Importing the same file again changes nothing.
    """
    if plan.drawn is not None and plan.drawn.sha256 == command.sha256:
        return []
    _check_drawing(command)
    ordinals = _numbered(plan.ordinals, command.sections)
    return [
        SeatingPlanImported(
            name=command.name,
            width=command.width,
            height=command.height,
            categories=command.categories,
            sections=tuple(_placed(s, ordinals) for s in command.sections),
            shapes=command.shapes,
            sha256=command.sha256,
        )
    ]


def _check_drawing(command: ImportSeatingPlan) -> None:
    guids = [place.guid for section in command.sections for place in section.places]
    if not guids:
        raise Invalid("The seating plan has no places.")
    if len(set(guids)) != len(guids):
        raise Invalid("Two places of the seating plan share one identity.")
    for section in command.sections:
        if len(section.places) > SECTION_PLACES_MAX:
            raise Invalid(
                f"Section {section.name} has {len(section.places)} places;"
                f" at most {SECTION_PLACES_MAX} are allowed."
            )


def _numbered(
    known: Mapping[str, int], sections: tuple[DrawnSection, ...]
) -> dict[str, int]:
    ordinals = dict(known)
    following = max(ordinals.values(), default=0) + 1
    for section in sections:
        for place in section.places:
            if place.guid not in ordinals:
                ordinals[place.guid] = following
                following += 1
    return ordinals


def _placed(section: DrawnSection, ordinals: Mapping[str, int]) -> PlanSection:
    return PlanSection(
        name=section.name,
        places=tuple(
            PlanPlace(
                ordinals[p.guid], p.guid, p.row, p.seat, p.category, p.x, p.y, p.kind
            )
            for p in section.places
        ),
    )


def create_production(
    production: Production, command: CreateProduction
) -> list[ProductionCreated]:
    """Announce a show once."""
    if production.title is not None:
        raise AlreadyExists("This production exists already.")
    if not command.title.strip():
        raise Invalid("A production needs a title.")
    return [ProductionCreated(title=command.title.strip())]


def schedule_performance(
    performance: Performance,
    plan: SeatingPlan,
    production: Production,
    command: SchedulePerformance,
) -> list[Event]:
    """Pin the plan's newest version as this performance's manifest."""
    if performance.scheduled:
        raise AlreadyExists("This performance is scheduled already.")
    if production.title is None:
        raise NotFound("There is no such production.")
    if plan.drawn is None:
        raise NotFound("There is no such seating plan.")
    _check_schedule(command)
    scheduled = PerformanceScheduled(
        performance=command.performance,
        production=command.production,
        title=production.title,
        plan=command.plan,
        plan_version=plan.version,
        starts_at=command.starts_at,
        zone=command.zone,
        currency=command.currency,
        sale_from=command.sale_from,
        sale_until=command.sale_until,
        categories=plan.drawn.categories,
        sections=tuple(section.name for section in plan.drawn.sections),
    )
    sections = (_laid_out(i, s) for i, s in enumerate(plan.drawn.sections))
    return [scheduled, *sections]


def _check_schedule(command: SchedulePerformance) -> None:
    try:
        ZoneInfo(command.zone)
    except (KeyError, ValueError, OSError) as error:
        raise Invalid(f"{command.zone!r} is not a time zone we know.") from error
    check_currency(command.currency)
    _check_zoned(command.starts_at, command.sale_from, command.sale_until)
    if command.sale_from >= command.sale_until:
        raise Invalid("The sale must start before it ends.")


def _check_zoned(*moments: datetime) -> None:
    if any(moment.tzinfo is None for moment in moments):
        raise Invalid("Times need an offset, such as 2026-12-31T20:00:00-08:00.")


def _laid_out(index: int, section: PlanSection) -> SectionLaidOut:
    return SectionLaidOut(
        section=index,
        name=section.name,
        places=tuple(
            ManifestPlace(p.ordinal, _label(section, p), p.category, p.kind)
            for p in section.places
        ),
    )


def _label(section: PlanSection, place: PlanPlace) -> str:
    return f"{section.name} {place.row}-{place.seat}"


def open_sale(performance: Performance, _command: OpenSale) -> list[SaleOpened]:
    """Open the sale; opening an open sale changes nothing."""
    if not performance.scheduled:
        raise NotFound("There is no such performance.")
    if performance.cancelled:
        raise PerformanceOff
    return [] if performance.open else [SaleOpened()]


def close_sale(performance: Performance, command: CloseSale) -> list[SaleClosed]:
    """Close the sale; closing a closed sale changes nothing."""
    if not performance.scheduled:
        raise NotFound("There is no such performance.")
    return [SaleClosed(reason=command.reason)] if performance.open else []


def cancel_performance(
    performance: Performance, command: CancelPerformance
) -> list[PerformanceCancelled]:
    """Call a performance off, for good; once is enough."""
    if not performance.scheduled:
        raise NotFound("There is no such performance.")
    if performance.cancelled:
        return []
    return [PerformanceCancelled(by=command.by, reason=command.reason)]


def move_performance(
    performance: Performance, command: MovePerformance
) -> list[PerformanceMoved]:
    """Put a performance on another date; the date it has already changes nothing.

    Prices stay as they are: whoever moves it into the time of another tax sets them
    again.
    """
    if not performance.scheduled:
        raise NotFound("There is no such performance.")
    if performance.cancelled:
        raise PerformanceOff
    _check_zoned(command.starts_at, command.sale_until, command.refund_until)
    if command.starts_at <= command.now:
        raise Invalid("A performance is moved into the future.")
    if not command.now < command.refund_until <= command.starts_at:
        raise Invalid("Tickets are returned from now until the performance starts.")
    if (
        performance.sale_from is not None
        and command.sale_until <= performance.sale_from
    ):
        raise Invalid("The sale must start before it ends.")
    dates = (command.starts_at, command.sale_until, command.refund_until)
    known = (performance.starts_at, performance.sale_until, performance.refund_until)
    if dates == known:
        return []
    return [
        PerformanceMoved(
            starts_at=command.starts_at,
            sale_until=command.sale_until,
            refund_until=command.refund_until,
            by=command.by,
            reason=command.reason,
            at=command.now,
        )
    ]

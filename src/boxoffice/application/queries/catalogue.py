"""What is on: plans, productions and performances, folded from the log.

The fold holds summaries only, and at most `ENTRIES_MAX` of each kind; the oldest goes
first. The geometry of a plan is read from the plan's own stream when asked for, and
the last few are kept. All calls come from one event loop; answers are as fresh as the
log was when they were asked for.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from datetime import datetime
from functools import partial
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from boxoffice.application.codec import decode
from boxoffice.application.ports.log import LogReader, LogRecord
from boxoffice.application.queries.tail import Tail
from boxoffice.application.together import Together
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
from boxoffice.domain.catalogue.state import takes_back
from boxoffice.domain.events import TAGS
from boxoffice.domain.ids import PerformanceId, PlanId, ProductionId, family, split
from boxoffice.domain.money import Money
from boxoffice.domain.pricing.events import PricesSet, PriceType
from boxoffice.errors import NotFound
from boxoffice.readmodels.prices import (
    default_prices,
    default_type,
    public_prices,
    public_types,
)

ENTRIES_MAX = 20_000
DRAWINGS_MAX = 8
"""Plans whose geometry is kept in memory: a few megabytes each at most."""

_WANTED = {
    TAGS[event]
    for event in (
        SeatingPlanImported,
        ProductionCreated,
        PerformanceScheduled,
        SectionLaidOut,
        SaleOpened,
        SaleClosed,
        PerformanceCancelled,
        PerformanceMoved,
        PricesSet,
    )
}
_Amendment = (
    SectionLaidOut
    | SaleOpened
    | SaleClosed
    | PerformanceCancelled
    | PerformanceMoved
    | PricesSet
)


class PlanEntry(msgspec.Struct, frozen=True):
    """A hall's plan in its newest version; versions count from 0."""

    plan: PlanId
    name: str
    version: int
    places: int
    sections: tuple[str, ...]
    categories: tuple[Category, ...]


class ProductionEntry(msgspec.Struct, frozen=True):
    """A show."""

    production: ProductionId
    title: str


class SectionEntry(msgspec.Struct, frozen=True):
    """A section of a performance's manifest."""

    section: int
    name: str
    places: int


class PerformanceEntry(msgspec.Struct, frozen=True):
    """A dated show: what a buyer is told before choosing places.

    `prices` are all-in, by price level, at the `default_type`; `prices_by_type` are
    those of every type that is offered to the public, by price level and type. `open`
    is the switch of the house; buyers can hold places when it is on and the time lies
    within the window of sale. Once it was moved, at `moved_at`, tickets bought before
    can be returned until `refund_until`.
    """

    performance: PerformanceId
    production: ProductionId
    title: str
    plan: PlanId
    plan_version: int
    starts_at: datetime
    zone: str
    currency: str
    sale_from: datetime
    sale_until: datetime
    categories: tuple[Category, ...]
    sections: tuple[SectionEntry, ...] = ()
    prices: dict[int, Money] = {}
    price_list: int | None = None
    open: bool = False
    default_type: str = "adult"
    types: tuple[PriceType, ...] = ()
    prices_by_type: dict[int, dict[str, Money]] = {}
    cancelled: bool = False
    refund_until: datetime | None = None
    moved_at: datetime | None = None

    def takes_back(self, now: datetime, *, bought_at: datetime | None) -> bool:
        """Tell whether a buyer may give a ticket back because it was moved since."""
        until, moved_at = self.refund_until, self.moved_at
        return takes_back(until, moved_at, bought_at=bought_at, now=now)


class Drawing(msgspec.Struct, frozen=True):
    """A plan as drawn, in one of its versions."""

    plan: PlanId
    version: int
    drawn: SeatingPlanImported


E = TypeVar("E")
_Version = tuple[PlanId, int]


class Catalogue:
    """The house's programme; belongs to one event loop."""

    def __init__(self, store: LogReader, tail: Tail) -> None:
        self._store = store
        self._tail = tail
        self._plans: OrderedDict[str, PlanEntry] = OrderedDict()
        self._productions: OrderedDict[str, ProductionEntry] = OrderedDict()
        self._performances: OrderedDict[str, PerformanceEntry] = OrderedDict()
        self._drawings: OrderedDict[_Version, Drawing] = OrderedDict()
        self._reading = Together[_Version, Drawing]()
        tail.feed(self._take, tags=_WANTED)

    async def plans(self) -> list[PlanEntry]:
        """List plans by name."""
        await self._tail.catch_up()
        return sorted(self._plans.values(), key=lambda p: (p.name, p.plan))

    async def productions(self) -> list[ProductionEntry]:
        """List productions by title."""
        await self._tail.catch_up()
        return sorted(self._productions.values(), key=lambda p: (p.title, p.production))

    async def performances(self) -> list[PerformanceEntry]:
        """List performances by date."""
        await self._tail.catch_up()
        return sorted(
            self._performances.values(), key=lambda p: (p.starts_at, p.performance)
        )

    async def performance(self, performance: PerformanceId) -> PerformanceEntry:
        """Give a performance as it is now.

        Raises:
            NotFound: there is none.
        """
        await self._tail.catch_up()
        return self._known(performance)

    async def scheduled(self, performance: PerformanceId) -> PerformanceEntry:
        """Give a performance as last seen; the log is asked about unknown ones alone.

        Raises:
            NotFound: there is none.
        """
        if performance not in self._performances or not self._tail.knows_past:
            await self._tail.catch_up()
        return self._known(performance)

    async def drawing(self, plan: PlanId, version: int | None = None) -> Drawing:
        """Give a plan's geometry, of its newest version unless one is named.

        Raises:
            NotFound: there is no such plan or version.
        """
        await self._tail.catch_up()
        entry = self._plans.get(plan)
        if entry is None:
            raise NotFound("There is no such seating plan.")
        of = plan, entry.version if version is None else version
        if of not in self._drawings:
            read = partial(asyncio.to_thread, self._read, *of)
            self._keep(of, await self._reading.do(of, read))
        self._drawings.move_to_end(of)
        return self._drawings[of]

    def _read(self, plan: PlanId, version: int) -> Drawing:
        for record in self._store.families([family(plan)]):
            if record.version == version and record.tag == TAGS[SeatingPlanImported]:
                drawn = decode(record.tag, record.data, position=record.position)
                assert isinstance(drawn, SeatingPlanImported)
                return Drawing(plan, version, drawn)
        raise NotFound("The seating plan has no such version.")

    def _keep(self, of: _Version, drawing: Drawing) -> None:
        self._drawings[of] = drawing
        while len(self._drawings) > DRAWINGS_MAX:
            self._drawings.popitem(last=False)

    def _known(self, performance: PerformanceId) -> PerformanceEntry:
        entry = self._performances.get(performance)
        if entry is None:
            raise NotFound("There is no such performance.")
        return entry

    # ------------------------------------------------------------- the fold

    def _take(self, record: LogRecord) -> None:
        if record.tag not in _WANTED:
            return
        of, _ = split(record.stream)
        event = decode(record.tag, record.data, position=record.position)
        match event:
            case SeatingPlanImported():
                entry = _plan_entry(PlanId(of), record.version, event)
                _shelve(self._plans, of, entry)
            case ProductionCreated():
                show = ProductionEntry(ProductionId(of), event.title)
                _shelve(self._productions, of, show)
            case PerformanceScheduled():
                _shelve(self._performances, of, _performance_entry(event))
            case (
                SectionLaidOut()
                | SaleOpened()
                | SaleClosed()
                | PerformanceCancelled()
                | PerformanceMoved()
                | PricesSet()
            ):
                self._amend(of, event, record.version)

    def _amend(self, of: str, event: _Amendment, version: int) -> None:
        entry = self._performances.get(of)
        if entry is not None:
            self._performances[of] = _amended(entry, event, version)


def _shelve(shelf: OrderedDict[str, E], key: str, entry: E) -> None:
    shelf[key] = entry
    shelf.move_to_end(key)
    if len(shelf) > ENTRIES_MAX:
        shelf.popitem(last=False)


def _plan_entry(plan: PlanId, version: int, event: SeatingPlanImported) -> PlanEntry:
    return PlanEntry(
        plan=plan,
        name=event.name,
        version=version,
        places=sum(len(section.places) for section in event.sections),
        sections=tuple(section.name for section in event.sections),
        categories=event.categories,
    )


def _performance_entry(event: PerformanceScheduled) -> PerformanceEntry:
    return PerformanceEntry(
        performance=PerformanceId(event.performance),
        production=ProductionId(event.production),
        title=event.title,
        plan=PlanId(event.plan),
        plan_version=event.plan_version,
        starts_at=event.starts_at,
        zone=event.zone,
        currency=event.currency,
        sale_from=event.sale_from,
        sale_until=event.sale_until,
        categories=event.categories,
    )


def _amended(
    entry: PerformanceEntry, event: _Amendment, version: int
) -> PerformanceEntry:
    match event:
        case SectionLaidOut():
            section = SectionEntry(event.section, event.name, len(event.places))
            return replace(entry, sections=(*entry.sections, section))
        case SaleOpened():
            return replace(entry, open=True)
        case SaleClosed():
            return replace(entry, open=False)
        case PerformanceCancelled():
            return replace(entry, open=False, cancelled=True)
        case PerformanceMoved():
            return replace(
                entry,
                starts_at=event.starts_at,
                sale_until=event.sale_until,
                refund_until=event.refund_until,
                moved_at=event.at,
            )
        case PricesSet():
            return _priced(entry, event, version)


def _priced(
    entry: PerformanceEntry, event: PricesSet, version: int
) -> PerformanceEntry:
    return replace(
        entry,
        prices=default_prices(event),
        price_list=version,
        default_type=default_type(event),
        types=public_types(event),
        prices_by_type=public_prices(event),
    )

"""Bringing a season into the house: what its file says, as commands in their order.

Ids follow from names, so importing a file again finds what it made: halls and price
lists that changed get a new version, what is the same stays as it is. A date that is
scheduled is never moved by an import: people may hold tickets for it. What somebody
else did since stands: a sale they closed, prices they set, a hall they drew, a date
they called off.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime

from msgspec.structs import replace

from boxoffice.application.plan_file import read_plan
from boxoffice.application.rehearsal import House, Outcome, Step
from boxoffice.application.season_file import (
    Season,
    SeasonPerformance,
    SeasonPlan,
    SeasonPriceList,
)
from boxoffice.domain.catalogue.commands import (
    CreateProduction,
    ImportSeatingPlan,
    OpenSale,
    SchedulePerformance,
)
from boxoffice.domain.catalogue.events import SaleClosed, SeatingPlanImported
from boxoffice.domain.catalogue.state import PERFORMANCE, Performance
from boxoffice.domain.ids import (
    FAMILY_BYTES,
    PerformanceId,
    PlanId,
    ProductionId,
    family,
    performance_stream,
    price_list_stream,
    stream,
)
from boxoffice.domain.money import Money
from boxoffice.domain.pricing.commands import SetPrices
from boxoffice.domain.pricing.events import LevelPrice, PricesSet
from boxoffice.errors import Invalid


class Import:
    """A season of one venue, with the bytes of its plan files by name."""

    def __init__(
        self, season: Season, files: Mapping[str, bytes], *, venue: str, now: datetime
    ) -> None:
        self._season = season
        self._venue = venue
        self._now = now
        self._plans = {
            name: self._plan(season.plans[name], data) for name, data in files.items()
        }

    def performance(self, name: str) -> PerformanceId:
        """Give the id of a performance by its name in the file."""
        return PerformanceId(self._id("performance", name))

    def steps(self, house: House) -> Iterator[Step | Outcome]:
        """Give everything that has to be done, in order.

        The house must have taken a step before the next one is asked for.

        Raises:
            Invalid: a price level that the hall does not have.
        """
        for name, plan in self._plans.items():
            yield self._hall(name, plan)
        for show in self._season.productions.values():
            made = CreateProduction(
                now=self._now,
                production=ProductionId(self._id("production", show.name)),
                title=show.title,
            )
            yield Step(f"show {show.name}", show.at, made, creates=True)
        for performance in self._season.performances:
            yield from self._date(performance, house)

    def _hall(self, name: str, plan: ImportSeatingPlan) -> Step:
        return Step(
            f"hall {name}",
            self._season.plans[name].at,
            plan,
            unless=(stream(family(plan.plan)), SeatingPlanImported),
            why="somebody else drew it since",
        )

    def _plan(self, plan: SeasonPlan, data: bytes) -> ImportSeatingPlan:
        try:
            drawn = read_plan(data, plan=PlanId(""), now=self._now)
        except Invalid as error:
            raise plan.at.refuse(f"{plan.file}: {error.detail}") from error
        return replace(drawn, plan=plan_id(self._venue, drawn.name))

    def _date(
        self, performance: SeasonPerformance, house: House
    ) -> Iterator[Step | Outcome]:
        name, at = performance.name, performance.at
        where = performance_stream(self.performance(name))
        known: Performance = house.state(where, PERFORMANCE)
        if known.cancelled:
            yield Outcome(f"date {name}", left="somebody called it off")
            return
        window = at.maybe("sale_until") or at.maybe("sale_from") or at
        made = self._schedule(performance)
        yield Step(f"date {name}", window, made, creates=True)
        made_now: Performance = house.state(where, PERFORMANCE)
        levels = [level.name for level in made_now.categories]
        yield self._prices(performance, levels, is_new=not known.scheduled)
        if performance.is_open:
            yield Step(
                f"sale of {name}",
                at.field("open"),
                OpenSale(now=self._now, performance=self.performance(name)),
                unless=(where, SaleClosed),
                why="somebody closed it",
            )

    def _prices(
        self, performance: SeasonPerformance, levels: list[str], *, is_new: bool
    ) -> Step:
        """Price a date. Its hall may be older than the file's, unless it is new."""
        prices = self._season.price_lists[performance.price_list]
        plan = self._plans[performance.plan]
        drawn = [] if is_new else [category.name for category in plan.categories]
        of = self.performance(performance.name)
        return Step(
            f"prices of {performance.name}",
            performance.at.field("price_list"),
            SetPrices(
                now=self._now,
                performance=of,
                prices=tuple(self._levels(prices, levels, besides=drawn)),
                types=prices.types,
                fees=prices.fees,
                taxes=prices.taxes,
                rounding=prices.rounding,
            ),
            unless=(price_list_stream(of), PricesSet),
            why="somebody else set them since",
        )

    def _schedule(self, performance: SeasonPerformance) -> SchedulePerformance:
        return SchedulePerformance(
            now=self._now,
            performance=self.performance(performance.name),
            production=ProductionId(self._id("production", performance.production)),
            plan=self._plans[performance.plan].plan,
            starts_at=performance.starts_at,
            zone=self._season.zone,
            currency=self._season.currency,
            sale_from=performance.sale_from or self._now,
            sale_until=performance.sale_until or performance.starts_at,
        )

    def _levels(
        self, prices: SeasonPriceList, levels: list[str], *, besides: list[str]
    ) -> Iterator[LevelPrice]:
        """Give the prices of a hall's levels; those besides do not concern it."""
        for row in prices.prices:
            if row.level in levels:
                price = Money(row.minor, self._season.currency)
                yield LevelPrice(levels.index(row.level), price, row.price_type)
            elif row.level not in besides:
                known = ", ".join(levels)
                raise row.at.refuse(f"the hall has no such price level ({known})")

    def _id(self, kind: str, name: str) -> str:
        return _digest(f"{kind} of the season of {self._venue}: {name}")


def plan_id(venue: str, name: str) -> PlanId:
    """Give the id of the hall of this name, however it is imported."""
    return PlanId(_digest(f"plan of {venue}: {name}"))


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=FAMILY_BYTES).hexdigest()

"""Bringing a season into the house: what its file says, as commands in their order.

Ids follow from names, so importing a file again finds what it made: halls and price
lists that changed get a new version, what is the same stays as it is. A date that is
scheduled is never moved by an import: people may hold tickets for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from boxoffice.application.plan_file import read_plan
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
from boxoffice.domain.ids import FAMILY_BYTES, PerformanceId, PlanId, ProductionId
from boxoffice.domain.message import Command
from boxoffice.domain.money import Money
from boxoffice.domain.pricing.commands import SetPrices
from boxoffice.domain.pricing.events import LevelPrice
from boxoffice.errors import Invalid


class Step(msgspec.Struct, frozen=True):
    """A command of the import, named for whoever watches.

    A step that `creates` is skipped when what it makes is there already.
    """

    name: str
    command: Command
    creates: bool = False


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

    def steps(self) -> Iterator[Step]:
        """Give everything that has to be done, in order.

        Raises:
            Invalid: a price level that the hall does not have.
        """
        for name, plan in self._plans.items():
            yield Step(f"hall {name}", plan)
        for show in self._season.productions.values():
            made = CreateProduction(
                now=self._now,
                production=ProductionId(self._id("production", show.name)),
                title=show.title,
            )
            yield Step(f"show {show.name}", made, creates=True)
        for performance in self._season.performances:
            yield from self._date(performance)

    def _plan(self, plan: SeasonPlan, data: bytes) -> ImportSeatingPlan:
        try:
            drawn = read_plan(data, plan=PlanId(""), now=self._now)
        except Invalid as error:
            raise plan.at.refuse(f"{plan.file}: {error.detail}") from error
        return msgspec.structs.replace(drawn, plan=plan_id(self._venue, drawn.name))

    def _date(self, performance: SeasonPerformance) -> Iterator[Step]:
        yield Step(
            f"date {performance.name}", self._schedule(performance), creates=True
        )
        prices = self._season.price_lists[performance.price_list]
        levels = tuple(self._levels(prices, self._plans[performance.plan]))
        yield Step(
            f"prices of {performance.name}",
            SetPrices(
                now=self._now,
                performance=self.performance(performance.name),
                prices=levels,
                types=prices.types,
                fees=prices.fees,
                taxes=prices.taxes,
                rounding=prices.rounding,
            ),
        )
        if performance.is_open:
            of = self.performance(performance.name)
            opened = OpenSale(now=self._now, performance=of)
            yield Step(f"sale of {performance.name}", opened)

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
        self, prices: SeasonPriceList, plan: ImportSeatingPlan
    ) -> Iterator[LevelPrice]:
        levels = [category.name for category in plan.categories]
        for row in prices.prices:
            if row.level not in levels:
                known = ", ".join(levels)
                raise row.at.refuse(f"{plan.name} has no such price level ({known})")
            price = Money(row.minor, self._season.currency)
            yield LevelPrice(levels.index(row.level), price, row.price_type)

    def _id(self, kind: str, name: str) -> str:
        return _digest(f"{kind} of the season of {self._venue}: {name}")


def plan_id(venue: str, name: str) -> PlanId:
    """Give the id of the hall of this name, however it is imported."""
    return PlanId(_digest(f"plan of {venue}: {name}"))


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=FAMILY_BYTES).hexdigest()

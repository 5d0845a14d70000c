"""The demo: one hall, one show, one performance on sale and one that will be.

Everything goes through the one write path, under ids and command ids that follow from
their names. So loading the demo again changes nothing, and what people did to it since
is left alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

import msgspec

from boxoffice.application.plan_file import read_plan
from boxoffice.application.requests import Request
from boxoffice.application.writer import Writer, ask
from boxoffice.domain.catalogue.commands import (
    CreateProduction,
    OpenSale,
    SchedulePerformance,
)
from boxoffice.domain.ids import FAMILY_BYTES, PerformanceId, PlanId, ProductionId
from boxoffice.domain.message import Command, Meta
from boxoffice.domain.money import Money
from boxoffice.domain.pricing.commands import SetPrices
from boxoffice.domain.pricing.events import Fee, LevelPrice, PriceType, TaxRule
from boxoffice.errors import AlreadyExists

TITLE = "Neon Nights"
ZONE = "America/Los_Angeles"
CURRENCY = "USD"
PRICES_MINOR: dict[str, tuple[int | None, ...]] = {
    "adult": (14_500, 12_000, 8_900, 6_400, 4_200),
    "concession": (None, None, 6_700, 4_800, 3_200),
    "member": (13_000, 10_800, 8_000, 5_800, 3_800),
}
"""By price type and the showroom's price levels, from the tables to the balcony."""
TYPES = (
    PriceType(code="adult", name="Adult"),
    PriceType(
        code="concession", name="Concession", proof="Student or senior card", quota=200
    ),
    PriceType(code="member", name="Member", proof="Club card"),
)
FEES = (Fee(code="facility", name="Facility fee", kind="inside", fixed=200),)
TAXES = (
    TaxRule(code="let", name="Live entertainment tax", basis_points=900, included=True),
)
CURTAIN = time(20, 0)
SATURDAY = 5
COMMAND_ID_BYTES = 16


class Demo(msgspec.Struct, frozen=True):
    """What was loaded: a performance on sale now and one whose sale is to come."""

    on_sale: PerformanceId
    upcoming: PerformanceId


class Evening(msgspec.Struct, frozen=True):
    """A performance of the demo; days count from the first loading."""

    name: str
    starts_days: int
    sale_from_days: int


TONIGHT = Evening("on sale", starts_days=60, sale_from_days=0)
LATER = Evening("upcoming", starts_days=120, sale_from_days=30)


def showroom() -> bytes:
    """Give the plan file of The Showroom."""
    return files("boxoffice.demo").joinpath("showroom.json").read_bytes()


async def load_demo(writer: Writer, *, now: datetime, venue: str) -> Demo:
    """Load what of the demo is not there yet.

    Raises:
        Unavailable: the log does not answer; load again.
    """
    house = _House(writer, now=now, venue=venue)
    await house.build()
    return Demo(on_sale=house.performance(TONIGHT), upcoming=house.performance(LATER))


class _House:
    def __init__(self, writer: Writer, *, now: datetime, venue: str) -> None:
        self._writer = writer
        self._now = now
        self._venue = venue
        self._plan = PlanId(self._id("plan"))
        self._production = ProductionId(self._id("production"))

    def performance(self, evening: Evening) -> PerformanceId:
        return PerformanceId(self._id(evening.name))

    async def build(self) -> None:
        plan = read_plan(showroom(), plan=self._plan, now=self._now)
        await self._do(f"plan {plan.sha256}", plan)
        await self._do(
            "production",
            CreateProduction(now=self._now, production=self._production, title=TITLE),
        )
        for evening in (TONIGHT, LATER):
            for name, command in self._evening(evening):
                if not await self._do(f"{evening.name} {name}", command):
                    break

    def _evening(self, evening: Evening) -> Iterator[tuple[str, Command]]:
        performance = self.performance(evening)
        yield "schedule", self._schedule(evening)
        yield "prices", self._prices(performance)
        yield "open", OpenSale(now=self._now, performance=performance)

    def _prices(self, performance: PerformanceId) -> SetPrices:
        levels = (
            LevelPrice(category, Money(minor, CURRENCY), price_type)
            for price_type, prices in PRICES_MINOR.items()
            for category, minor in enumerate(prices)
            if minor is not None
        )
        return SetPrices(
            now=self._now,
            performance=performance,
            prices=tuple(levels),
            types=TYPES,
            fees=FEES,
            taxes=TAXES,
        )

    def _schedule(self, evening: Evening) -> SchedulePerformance:
        starts_at = saturday_evening(self._now + timedelta(days=evening.starts_days))
        return SchedulePerformance(
            now=self._now,
            performance=self.performance(evening),
            production=self._production,
            plan=self._plan,
            starts_at=starts_at,
            zone=ZONE,
            currency=CURRENCY,
            sale_from=self._now + timedelta(days=evening.sale_from_days),
            sale_until=starts_at,
        )

    async def _do(self, name: str, command: Command) -> bool:
        """Have a command done once; tell whether it was new or done under our id."""
        command_id = self._digest(name, COMMAND_ID_BYTES)
        request = Request(
            command_id=command_id,
            request_hash=self._digest(name, hashlib.sha256().digest_size),
            command=command,
            meta=Meta(
                command=command_id.hex(),
                correlation=command_id.hex(),
                actor="system:demo",
                venue=self._venue,
            ),
        )
        try:
            await ask(self._writer, request)
        except AlreadyExists:
            return False
        return True

    def _id(self, name: str) -> str:
        return self._digest(name, FAMILY_BYTES).hex()

    def _digest(self, name: str, size: int) -> bytes:
        text = f"demo of {self._venue}: {name}"
        return hashlib.blake2b(text.encode(), digest_size=size).digest()


def saturday_evening(after: datetime) -> datetime:
    """Give the first Saturday evening from that day on, where the hall stands."""
    day = after.astimezone(ZoneInfo(ZONE)).date()
    day += timedelta(days=(SATURDAY - day.weekday()) % 7)
    return datetime.combine(day, CURTAIN, tzinfo=ZoneInfo(ZONE))

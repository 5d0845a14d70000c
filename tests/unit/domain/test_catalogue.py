"""Rules of plans, productions, performances and price lists."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from boxoffice.domain.catalogue.commands import (
    CloseSale,
    CreateProduction,
    DrawnPlace,
    DrawnSection,
    ImportSeatingPlan,
    OpenSale,
    SchedulePerformance,
)
from boxoffice.domain.catalogue.events import (
    Category,
    PerformanceScheduled,
    ProductionCreated,
    SaleClosed,
    SaleOpened,
    SeatingPlanImported,
    SectionLaidOut,
)
from boxoffice.domain.decider import Decision
from boxoffice.domain.ids import (
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
from boxoffice.domain.pricing_parts import PriceParts
from boxoffice.errors import AlreadyExists, Invalid, NotFound
from boxoffice.testing import NOON, PERFORMANCE, given, on_sale

PLAN = PlanId("e" * 24)
SHOW = ProductionId("f" * 24)
PERFORMANCE_AT = performance_stream(PERFORMANCE)


def drawn(*guids: str, name: str = "Stalls") -> DrawnSection:
    places = (
        DrawnPlace(guid=g, row="A", seat=str(i), category=0, x=i * 20.0, y=0.0)
        for i, g in enumerate(guids, 1)
    )
    return DrawnSection(name=name, places=tuple(places))


def plan_of(*sections: DrawnSection, sha256: str = "1") -> ImportSeatingPlan:
    return ImportSeatingPlan(
        now=NOON,
        plan=PLAN,
        name="Hall",
        width=100.0,
        height=100.0,
        categories=(Category("Gold", "#aa8800"),),
        sections=sections,
        sha256=sha256,
    )


def imported(*sections: DrawnSection, sha256: str = "1") -> Decision:
    return given().when(plan_of(*sections, sha256=sha256)).happened


def ordinals(decision: Decision) -> dict[str, int]:
    ((_, event),) = decision
    assert isinstance(event, SeatingPlanImported)
    return {p.guid: p.ordinal for s in event.sections for p in s.places}


def test_places_are_numbered_from_one_in_the_order_of_the_file() -> None:
    assert {"a": 1, "b": 2, "c": 3} == ordinals(imported(drawn("a", "b"), drawn("c")))


def test_an_ordinal_belongs_to_its_place_for_ever() -> None:
    first = imported(drawn("a", "b", "c"))
    without_b = given(*first).when(plan_of(drawn("c", "a", "d"), sha256="2")).happened
    assert {"c": 3, "a": 1, "d": 4} == ordinals(without_b)
    back = plan_of(drawn("b", "e"), sha256="3")
    assert {"b": 2, "e": 5} == ordinals(given(*first, *without_b).when(back).happened)


def test_importing_the_same_file_again_changes_nothing() -> None:
    given(*imported(drawn("a"))).when(plan_of(drawn("a"))).then()


def test_a_plan_without_places_is_refused() -> None:
    given().when(plan_of()).refused(Invalid)


def test_two_places_with_one_identity_are_refused() -> None:
    given().when(plan_of(drawn("a"), drawn("a", name="Balcony"))).refused(Invalid)


def test_a_section_has_at_most_two_thousand_places() -> None:
    full = drawn(*(str(n) for n in range(2_000)))
    assert given().when(plan_of(full)).happened
    given().when(plan_of(drawn(*(str(n) for n in range(2_001))))).refused(Invalid)


def produced() -> Decision:
    command = CreateProduction(now=NOON, production=SHOW, title=" Neon Nights ")
    return given().when(command).happened


def test_a_production_is_announced_once() -> None:
    assert [
        (stream(family(SHOW)), ProductionCreated(title="Neon Nights"))
    ] == produced()
    again = CreateProduction(now=NOON, production=SHOW, title="Other")
    given(*produced()).when(again).refused(AlreadyExists)


def test_a_production_needs_a_title() -> None:
    nameless = CreateProduction(now=NOON, production=SHOW, title="  ")
    given().when(nameless).refused(Invalid)


def schedule(
    *,
    zone: str = "America/Los_Angeles",
    currency: str = "USD",
    starts_at: datetime = NOON,
    sale_from: datetime = NOON - timedelta(days=1),
) -> SchedulePerformance:
    return SchedulePerformance(
        now=NOON,
        performance=PERFORMANCE,
        production=SHOW,
        plan=PLAN,
        starts_at=starts_at,
        zone=zone,
        currency=currency,
        sale_from=sale_from,
        sale_until=NOON,
    )


def test_a_performance_pins_the_newest_plan_and_lays_out_every_section() -> None:
    hall = imported(drawn("a", "b"), drawn("c", name="Balcony"))
    facts = given(*hall, *produced()).when(schedule()).happened
    scheduled, *sections = (event for _, event in facts)
    assert isinstance(scheduled, PerformanceScheduled)
    assert ("Neon Nights", 0) == (scheduled.title, scheduled.plan_version)
    assert [
        ("Stalls", ["Stalls A-1", "Stalls A-2"]),
        ("Balcony", ["Balcony A-1"]),
    ] == [
        (s.name, [p.label for p in s.places])
        for s in sections
        if isinstance(s, SectionLaidOut)
    ]


@pytest.mark.parametrize(
    "command",
    [
        schedule(zone="America/Las_Vegas_Strip"),
        schedule(zone="../etc/passwd"),
        schedule(currency="usd"),
        schedule(currency="US$"),
        schedule(currency="XYZ"),
        schedule(currency="KWD"),
        schedule(starts_at=NOON.replace(tzinfo=None)),
        schedule(sale_from=NOON),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(
    command: SchedulePerformance,
) -> None:
    hall = imported(drawn("a"))
    given(*hall, *produced()).when(command).refused(Invalid)


def test_a_performance_needs_its_production_and_its_plan() -> None:
    given(*imported(drawn("a"))).when(schedule()).refused(NotFound)
    given(*produced()).when(schedule()).refused(NotFound)


def test_a_performance_is_scheduled_once() -> None:
    facts = [*imported(drawn("a")), *produced()]
    facts += given(*facts).when(schedule()).happened
    given(*facts).when(schedule()).refused(AlreadyExists)


def test_a_sale_opens_and_closes_once() -> None:
    facts = on_sale()[:2]
    opening = OpenSale(now=NOON, performance=PERFORMANCE)
    closing = CloseSale(now=NOON, performance=PERFORMANCE, reason="fire alarm")
    given(*facts).when(closing).then()
    opened = given(*facts).when(opening).happened
    assert [(PERFORMANCE_AT, SaleOpened())] == opened
    given(*facts, *opened).when(opening).then()
    closed = (PERFORMANCE_AT, SaleClosed(reason="fire alarm"))
    given(*facts, *opened).when(closing).then(closed)


def test_nothing_opens_that_was_not_scheduled() -> None:
    given().when(OpenSale(now=NOON, performance=PERFORMANCE)).refused(NotFound)
    closing = CloseSale(now=NOON, performance=PERFORMANCE, reason="")
    given().when(closing).refused(NotFound)


def prices(*levels: tuple[int, Money]) -> SetPrices:
    return SetPrices(
        now=NOON,
        performance=PERFORMANCE,
        prices=tuple(LevelPrice(category, price) for category, price in levels),
    )


def test_a_price_list_is_replaced_as_a_whole() -> None:
    command = prices((0, Money(5000, "USD")))
    level = LevelPrice(0, Money(5000, "USD"), parts=PriceParts(5000))
    expected = PricesSet(prices=(level,), day=date(2026, 12, 31))
    given(*on_sale()).when(command).then((price_list_stream(PERFORMANCE), expected))


def test_setting_the_prices_that_are_set_changes_nothing() -> None:
    given(*on_sale()).when(prices((0, Money(4500, "USD")))).then()


@pytest.mark.parametrize(
    "command",
    [
        prices((0, Money(5000, "EUR"))),
        prices((1, Money(5000, "USD"))),
        prices((-1, Money(5000, "USD"))),
        prices((0, Money(-1, "USD"))),
        prices((0, Money(100_000_001, "USD"))),
        prices((0, Money(1, "USD")), (0, Money(2, "USD"))),
    ],
)
def test_a_price_list_that_makes_no_sense_is_refused(command: SetPrices) -> None:
    given(*on_sale()).when(command).refused(Invalid)


def test_prices_belong_to_a_performance() -> None:
    given().when(prices((0, Money(1, "USD")))).refused(NotFound)

"""A hold is told alike on its places, for its buyer and in its order, or found."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from boxoffice.application.audit.finding import Auditor
from boxoffice.application.audit.holds import Holds
from boxoffice.application.audit.sale_window import SaleWindow
from boxoffice.application.codec import decode
from boxoffice.domain.catalogue.events import SaleClosed, SaleOpened
from boxoffice.domain.ids import PerformanceId, performance_stream, ticket_stream
from boxoffice.domain.inventory.events import ReleaseReason
from boxoffice.domain.money import Money
from boxoffice.domain.orders.events import OrderConfirmed
from boxoffice.infrastructure.memory.event_store import MemoryEventStore
from boxoffice.testing import BOB, NOON, PERFORMANCE
from tests.histories import Clock, Recorder, history
from tests.unit.application.planted import (
    SECOND,
    UNTIL,
    BoxOffice,
    Facts,
    allowance,
    confirmed,
    converted,
    ended,
    freed,
    held,
    holding,
    ordering,
    paid,
    placed,
    selling,
    sold,
)

OTHER = "2" * 32
NOWHERE = PerformanceId("9" * 24)
DAY = timedelta(days=1)
CLOSED = NOON + 30 * DAY
CHEAP = Money(1, "USD")


@pytest.mark.parametrize("seed", range(12))
def test_nothing_is_found_in_a_correct_history(seed: int) -> None:
    clock = Clock()
    store = MemoryEventStore(now=clock)
    Recorder(store, clock).play(history(seed, commands=200))
    auditors: list[Auditor] = [Holds(), SaleWindow()]
    for record in store.read(after=0, limit=10_000):
        event = decode(record.tag, record.data, position=record.position)
        for auditor in auditors:
            auditor.read(record, event)
    for auditor in auditors:
        check = auditor.check()
        assert check.ok, check


async def test_a_hold_that_is_sold_whole_is_in_order() -> None:
    house = BoxOffice()
    house.record(holding(1, 2))
    house.record(ordering(1, 2))
    house.record(selling(1, 2))
    assert await house.found() == {}


async def test_an_overdue_hold_that_is_taken_over_and_tidied_up_is_in_order() -> None:
    house = BoxOffice()
    house.record(holding(1, 2))
    late = UNTIL + SECOND
    taken = [*held(1, hold=OTHER, until=late + DAY)]
    counted = placed(1, hold=OTHER, buyer=BOB, until=late + DAY)
    house.record([*freed(1, reason="expired"), *taken, counted], at=late)
    house.record([*freed(2, reason="expired"), ended("expired")])
    assert await house.found() == {}


async def test_a_hold_that_expires_before_its_deadline_is_found() -> None:
    house = BoxOffice()
    house.record(holding(1))
    early = UNTIL - SECOND
    where = house.record([*freed(1, reason="expired"), ended("expired")], at=early)
    assert await house.found() == {"holds": where[0]}


async def test_a_hold_taken_over_before_its_deadline_is_found() -> None:
    house = BoxOffice()
    house.record(holding(1))
    taken = holding(1, hold=OTHER, buyer=BOB)
    where = house.record([*freed(1, reason="expired"), *taken])
    assert await house.found() == {"holds": where[0]}


async def test_a_place_held_for_nobody_is_found() -> None:
    house = BoxOffice()
    house.record(holding(1))
    where = house.record(held(2, hold=OTHER))
    assert await house.found() == {"holds": where[0]}


async def test_a_place_added_to_a_hold_behind_its_back_is_found() -> None:
    house = BoxOffice()
    where = house.record([*held(1, 2), placed(1)])
    assert await house.found() == {"holds": where[1]}


async def test_a_place_added_to_an_open_hold_later_is_found() -> None:
    house = BoxOffice()
    house.record(holding(1))
    where = house.record(held(2))
    assert await house.found() == {"holds": where[0]}


async def test_a_place_held_at_another_price_than_counted_is_found() -> None:
    house = BoxOffice()
    (stream, event) = held(1)[0]
    where = house.record([(stream, replace(event, price=CHEAP)), placed(1)])
    assert await house.found() == {"holds": where[0]}


async def test_a_hold_that_names_places_it_did_not_get_is_found() -> None:
    house = BoxOffice()
    where = house.record([*held(1), placed(1, 2)])
    assert await house.found() == {"holds": where[1]}


async def test_a_hold_counted_for_nobodys_limit_is_found() -> None:
    house = BoxOffice()
    _, event = placed(1)
    where = house.record([*held(1), (allowance(BOB), event)])
    assert await house.found() == {"holds": where[1]}


async def test_a_place_given_back_without_its_hold_is_found() -> None:
    house = BoxOffice()
    house.record(holding(1, 2))
    where = house.record(freed(1, reason="released"))
    assert await house.found() == {"holds": where[0]}


async def test_a_hold_that_ends_while_its_places_stay_held_is_found() -> None:
    house = BoxOffice()
    house.record(holding(1, 2))
    where = house.record([*freed(1, reason="released"), ended("released")])
    assert await house.found() == {"holds": where[1]}


@pytest.mark.parametrize("reason", ["released", "expired"])
async def test_a_hold_that_ends_for_another_buyer_is_found(
    reason: ReleaseReason,
) -> None:
    house = BoxOffice()
    house.record(holding(1))
    facts = [*freed(1, reason=reason), ended(reason, buyer=BOB)]
    where = house.record(facts, at=UNTIL + SECOND)
    assert await house.found() == {"holds": where[1]}


async def test_a_place_sold_at_another_price_than_held_is_found() -> None:
    house = BoxOffice()
    house.record(holding(1))
    (stream, event), *rest = selling(1)
    where = house.record([(stream, replace(event, price=CHEAP)), *rest])
    assert (await house.found())["holds"] == where[0]


async def test_a_cheap_sale_whose_order_and_payment_agree_is_found() -> None:
    house = BoxOffice()
    house.record(holding(1))
    house.record(ordering(1))
    (place, sale), owner, (where_, order), (till, payment) = selling(1)
    assert isinstance(order, OrderConfirmed)
    lines = tuple(replace(line, price=CHEAP) for line in order.lines)
    facts: Facts = [
        (place, replace(sale, price=CHEAP)),
        owner,
        (where_, replace(order, lines=lines, total=CHEAP)),
        (till, replace(payment, amount=CHEAP)),
    ]
    where = house.record(facts)
    assert await house.found() == {"holds": where[0]}


async def test_a_place_of_another_hold_sold_along_is_found() -> None:
    house = BoxOffice()
    house.record(holding(1))
    house.record(holding(2, hold=OTHER, buyer=BOB))
    house.record(ordering(1))
    facts = [*sold(1), *sold(2, hold=OTHER), converted(), confirmed(1, 2), paid(2)]
    where = house.record(facts)
    assert await house.found() == {"holds": where[1]}


async def test_a_hold_converted_only_in_part_is_found() -> None:
    house = BoxOffice()
    house.record(holding(1, 2))
    house.record(ordering(1, 2))
    where = house.record(selling(1))
    assert await house.found() == {"holds": where[1]}


async def test_a_hold_converted_for_another_buyer_is_found() -> None:
    house = BoxOffice()
    house.record(holding(1))
    facts = [*sold(1), converted(buyer=BOB), confirmed(1), paid(1)]
    where = house.record(facts)
    assert (await house.found())["holds"] == where[1]


async def test_an_order_confirmed_for_another_buyer_is_found() -> None:
    house = BoxOffice()
    house.record(holding(1))
    house.record(ordering(1))
    where = house.record([*sold(1), converted(), confirmed(1, buyer=BOB), paid(1)])
    assert await house.found() == {"holds": where[2]}


async def test_an_order_confirmed_without_converting_its_hold_is_found() -> None:
    house = BoxOffice()
    house.record(holding(1))
    house.record(ordering(1))
    where = house.record([*sold(1), confirmed(1), paid(1)])
    assert await house.found() == {"holds": where[0]}


async def test_an_order_confirmed_alone_is_found() -> None:
    house = BoxOffice()
    house.record(holding(1))
    where = house.record([confirmed(1)])
    assert (await house.found())["holds"] == where[0]


async def test_a_hold_converted_twice_is_found() -> None:
    house = BoxOffice()
    house.record(holding(1))
    house.record(selling(1))
    where = house.record([converted()])
    assert (await house.found())["holds"] == where[0]


async def test_a_deadline_without_a_zone_is_found() -> None:
    house = BoxOffice()
    naive = datetime(2026, 12, 1, 12, 10)  # noqa: DTZ001 - the damage
    where = house.record([*held(1, until=naive), placed(1, until=naive)])
    found = await house.found()
    assert found["holds"] == where[1]


# ------------------------------------------------------------ the sale's window


async def test_a_place_held_after_the_sale_closed_is_found() -> None:
    house = BoxOffice()
    house.record([(performance_stream(PERFORMANCE), SaleClosed(reason="doors"))])
    where = house.record(holding(1))
    assert await house.found() == {"sale-window": where[0]}


async def test_a_place_held_after_the_sale_opened_again_is_in_order() -> None:
    house = BoxOffice()
    house.record([(performance_stream(PERFORMANCE), SaleClosed(reason="pause"))])
    house.record([(performance_stream(PERFORMANCE), SaleOpened())])
    house.record(holding(1))
    assert await house.found() == {}


@pytest.mark.parametrize("at", [CLOSED + timedelta(minutes=1), NOON + 99 * DAY])
async def test_a_place_held_after_the_sales_last_moment_is_found(at: datetime) -> None:
    house = BoxOffice()
    until = at + timedelta(minutes=10)
    where = house.record([*held(1, until=until), placed(1, until=until)], at=at)
    assert await house.found() == {"sale-window": where[0]}


async def test_a_place_held_before_the_sales_first_moment_is_found() -> None:
    house = BoxOffice(on_sale_at=NOON + DAY + timedelta(seconds=2))
    where = house.record(holding(1))
    assert await house.found() == {"sale-window": where[0]}


async def test_a_writers_clock_may_be_a_second_ahead_of_the_logs() -> None:
    house = BoxOffice(on_sale_at=NOON + DAY + SECOND)
    house.record(holding(1))
    assert await house.found() == {}


async def test_a_place_held_at_a_performance_of_nobody_is_found() -> None:
    house = BoxOffice()
    stream = ticket_stream(NOWHERE, 1)
    where = house.record([(stream, held(1)[0][1])])
    assert (await house.found())["sale-window"] == where[0]

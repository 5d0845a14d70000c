"""A performance is cancelled for good, or moved to another time."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from boxoffice.domain.catalogue.commands import (
    CancelPerformance,
    CloseSale,
    MovePerformance,
    OpenSale,
)
from boxoffice.domain.catalogue.events import PerformanceCancelled, PerformanceMoved
from boxoffice.domain.catalogue.state import PERFORMANCE as AGGREGATE
from boxoffice.domain.catalogue.state import Performance
from boxoffice.domain.ids import HoldId, performance_stream
from boxoffice.domain.inventory.commands import HoldPlaces
from boxoffice.errors import Invalid, NotFound, PerformanceOff
from boxoffice.testing import ANN, NOON, PERFORMANCE, given, on_sale

AT = performance_stream(PERFORMANCE)
DAY = timedelta(days=1)
CANCEL = CancelPerformance(
    now=NOON, performance=PERFORMANCE, by="staff:ada", reason="Flooded stage"
)
OFF = (AT, PerformanceCancelled(by="staff:ada", reason="Flooded stage"))
HOLD = HoldPlaces(
    now=NOON,
    performance=PERFORMANCE,
    buyer=ANN,
    hold=HoldId("1" * 32),
    ordinals=(1,),
    ttl_s=600,
)


def move(
    *,
    starts_at: datetime = NOON + 40 * DAY,
    sale_until: datetime = NOON + 39 * DAY,
    refund_until: datetime = NOON + 10 * DAY,
) -> MovePerformance:
    return MovePerformance(
        now=NOON,
        performance=PERFORMANCE,
        starts_at=starts_at,
        sale_until=sale_until,
        refund_until=refund_until,
        by="staff:ada",
        reason="Ill singer",
    )


MOVED = (
    AT,
    PerformanceMoved(
        starts_at=NOON + 40 * DAY,
        sale_until=NOON + 39 * DAY,
        refund_until=NOON + 10 * DAY,
        by="staff:ada",
        reason="Ill singer",
        at=NOON,
    ),
)


def test_a_performance_is_cancelled_once() -> None:
    given(*on_sale()).when(CANCEL).then(OFF)
    given(*on_sale(), OFF).when(CANCEL).then()
    given().when(CANCEL).refused(NotFound)


def test_nothing_is_held_or_opened_once_it_is_cancelled() -> None:
    given(*on_sale(), OFF).when(HOLD).refused(PerformanceOff)
    opening = OpenSale(now=NOON, performance=PERFORMANCE)
    given(*on_sale(), OFF).when(opening).refused(PerformanceOff)
    closing = CloseSale(now=NOON, performance=PERFORMANCE, reason="")
    given(*on_sale(), OFF).when(closing).then()
    given(*on_sale(), OFF).when(move()).refused(PerformanceOff)


def test_a_moved_performance_has_new_times() -> None:
    given(*on_sale()).when(move()).then(MOVED)
    given(*on_sale(), MOVED).when(move()).then()
    given().when(move()).refused(NotFound)


def test_tickets_of_a_moved_performance_are_taken_back_for_a_while() -> None:
    before: Performance = given(*on_sale()).state(AT, AGGREGATE)
    assert not before.takes_back(NOON, bought_at=NOON)
    after: Performance = given(*on_sale(), MOVED).state(AT, AGGREGATE)
    assert after.takes_back(NOON + 10 * DAY, bought_at=NOON)
    assert not after.takes_back(NOON + 11 * DAY, bought_at=NOON)
    later = NOON + timedelta(seconds=1)
    assert not after.takes_back(NOON + 10 * DAY, bought_at=later)
    assert after.on_sale(NOON + 38 * DAY)
    assert not after.on_sale(NOON + 39 * DAY)


def test_the_day_of_a_performance_is_that_of_its_hall() -> None:
    early = NOON + timedelta(hours=13)
    moved = given(*on_sale()).when(move(starts_at=early, refund_until=early)).happened
    performance: Performance = given(*on_sale(), *moved).state(AT, AGGREGATE)
    assert performance.local_date() == date(2026, 12, 1)


@pytest.mark.parametrize(
    "command",
    [
        move(starts_at=NOON, refund_until=NOON),
        move(refund_until=NOON),
        move(refund_until=NOON + 41 * DAY),
        move(sale_until=NOON - DAY),
        move(starts_at=(NOON + 40 * DAY).replace(tzinfo=None)),
    ],
)
def test_times_that_are_not_in_order_are_refused(command: MovePerformance) -> None:
    given(*on_sale()).when(command).refused(Invalid)

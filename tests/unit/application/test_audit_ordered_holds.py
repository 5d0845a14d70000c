"""Holds that are renewed, changed or left to an order are told alike, or found."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from boxoffice.domain.catalogue.events import PerformanceCancelled, PerformanceMoved
from boxoffice.domain.ids import (
    StreamId,
    performance_stream,
)
from boxoffice.domain.inventory.events import (
    CartHoldChanged,
    CartHoldRenewed,
    HeldPlace,
    TicketHoldRenewed,
)
from boxoffice.domain.message import Event
from boxoffice.domain.orders.events import (
    OrderConfirmed,
    OrderPlaced,
)
from boxoffice.domain.payments.events import (
    PaymentCaptured,
)
from boxoffice.testing import ANN, BOB, FULL_PRICE, NOON, PERFORMANCE
from tests.unit.application.planted import (
    HOLD,
    UNTIL,
    BoxOffice,
    Facts,
    allowance,
    confirmed,
    ended,
    freed,
    held,
    holding,
    ordering,
    placed,
    selling,
    ticket,
)
from tests.unit.application.planted_orders import (
    AT,
    LATER,
    OTHER,
    PRICE,
    TILL,
    a_sale,
    refund,
    sent_back,
    tickets_back,
    usd,
)


async def test_an_ordered_hold_that_ends_behind_its_orders_back_is_found() -> None:
    house = BoxOffice()
    house.record(holding(1))
    house.record(ordering(1))
    where = house.record([*freed(1, reason="released"), ended("released")])
    assert await house.found() == {"holds": where[1]}


async def test_a_hold_ordered_by_no_order_is_found() -> None:
    house = BoxOffice()
    house.record(holding(1))
    where = house.record(ordering(1)[:1])
    assert await house.found() == {"holds": where[0]}


async def test_an_order_of_other_places_or_prices_than_held_is_found() -> None:
    for lines in (
        confirmed(2)[1].lines,
        (replace(confirmed(1)[1].lines[0], price=usd(1)),),
    ):
        house = BoxOffice()
        house.record(holding(1))
        (at, ordered), (order_at, event), _ = ordering(1)
        assert isinstance(event, OrderPlaced)
        cost = usd(sum(line.price.minor for line in lines))
        other = replace(event, lines=lines, total=cost)
        where = house.record([(at, ordered), (order_at, other)])
        assert await house.found() == {"holds": where[0]}


async def test_a_discount_is_part_of_what_was_held() -> None:
    house = BoxOffice()
    house.record(holding(1))
    (at, ordered), (order_at, event), (till, asked) = ordering(1)
    assert isinstance(event, OrderPlaced)
    line = replace(event.lines[0], price=usd(PRICE - 500), discount=500)
    cheaper = replace(event, lines=(line,), total=line.price)
    house.record([(at, ordered), (order_at, cheaper), (till, asked)])
    (place, sale), owner, (_, order), (_, money) = selling(1)
    assert isinstance(order, OrderConfirmed)
    assert isinstance(money, PaymentCaptured)
    house.record(
        [
            (place, replace(sale, price=line.price)),
            owner,
            (AT, replace(order, lines=(line,), total=line.price)),
            (TILL, replace(money, amount=line.price)),
        ]
    )
    assert await house.found() == {}


def renewed(*ordinals: int) -> Facts:
    event = TicketHoldRenewed(hold=HOLD, section=0, category=0, until=LATER)
    facts: Facts = [(ticket(o), event) for o in ordinals]
    hold = CartHoldRenewed(hold=HOLD, buyer=ANN, until=LATER)
    return [*facts, (allowance(), hold)]


async def test_a_hold_can_be_renewed_with_all_of_its_places() -> None:
    house = BoxOffice()
    house.record(holding(1, 2))
    house.record(renewed(1, 2))
    assert await house.found() == {}
    where = house.record(
        [*freed(1, 2, reason="expired"), ended("expired")], at=UNTIL + timedelta(0, 2)
    )
    assert await house.found() == {"holds": where[0]}


async def test_a_renewal_that_leaves_a_place_out_is_found() -> None:
    house = BoxOffice()
    house.record(holding(1, 2))
    where = house.record(renewed(1))
    assert await house.found() == {"holds": where[1]}


async def test_a_place_that_is_renewed_alone_is_found() -> None:
    house = BoxOffice()
    house.record(holding(1, 2))
    where = house.record(renewed(1, 2)[:1])
    assert await house.found() == {"holds": where[0]}


async def test_a_hold_that_stands_longer_than_its_cap_is_found() -> None:
    house = BoxOffice()
    house.record(holding(1))
    cap = placed(1)[1].cap
    too_long = cap + timedelta(seconds=1)
    ticket_event = TicketHoldRenewed(hold=HOLD, section=0, category=0, until=too_long)
    hold = CartHoldRenewed(hold=HOLD, buyer=ANN, until=too_long)
    where = house.record([(ticket(1), ticket_event), (allowance(), hold)])
    assert await house.found() == {"holds": where[1]}


def changing(*ordinals: int) -> tuple[StreamId, Event]:
    places = tuple(HeldPlace(o, 0, 0, f"A-{o}", FULL_PRICE) for o in ordinals)
    return allowance(), CartHoldChanged(
        hold=HOLD, buyer=ANN, places=places, until=UNTIL
    )


async def test_places_can_be_added_to_a_hold_and_taken_out() -> None:
    house = BoxOffice()
    house.record(holding(1))
    house.record([*held(2), changing(1, 2)])
    house.record([*freed(1, reason="removed"), changing(2)])
    house.record([*freed(2, reason="removed"), ended("removed")])
    assert await house.found() == {}


async def test_a_change_that_names_places_it_did_not_get_is_found() -> None:
    house = BoxOffice()
    house.record(holding(1))
    where = house.record([changing(1, 2)])
    assert await house.found() == {"holds": where[0]}


async def test_a_change_under_an_order_is_found() -> None:
    house = BoxOffice()
    house.record(holding(1))
    house.record(ordering(1))
    where = house.record([*held(2), changing(1, 2)])
    assert await house.found() == {"holds": where[1]}


async def test_more_than_eight_places_by_adding_are_found() -> None:
    house = BoxOffice()
    house.record(holding(*range(1, 9)))
    where = house.record([*held(9), changing(*range(1, 10))])
    assert await house.found() == {"limit": where[1]}


async def test_places_that_came_back_do_not_count_for_the_limit() -> None:
    house = a_sale(*range(1, 9))
    facts = [*tickets_back(1), refund(1, amount=PRICE), sent_back(PRICE)]
    house.record(facts)
    house.record(holding(10, hold=OTHER))
    assert await house.found() == {}
    where = house.record(holding(1, hold="3" * 32))
    assert await house.found() == {"limit": where[1]}


async def test_a_place_taken_back_that_still_counts_for_its_buyer_is_found() -> None:
    house = a_sale(1)
    facts = tickets_back(1)[:1]
    where = house.record([*facts, refund(1, amount=PRICE), sent_back(PRICE)])
    assert await house.found() == {"holds": where[0]}


def off() -> tuple[StreamId, Event]:
    return (
        performance_stream(PERFORMANCE),
        PerformanceCancelled(by="staff:mia", reason="flood"),
    )


async def test_a_place_held_or_ordered_after_the_performance_was_cancelled() -> None:
    house = BoxOffice()
    house.record(holding(1))
    house.record([off()])
    where = house.record(holding(2, hold=OTHER, buyer=BOB))
    assert await house.found() == {"sale-window": where[0]}
    house = BoxOffice()
    house.record(holding(1))
    house.record([off()])
    where = house.record(ordering(1))
    assert await house.found() == {"sale-window": where[0]}


async def test_a_sale_that_was_moved_ends_later() -> None:
    house = BoxOffice()
    day = timedelta(days=1)
    moved = PerformanceMoved(
        starts_at=NOON + 60 * day,
        sale_until=NOON + 60 * day,
        refund_until=NOON + 20 * day,
        by="staff:mia",
        reason="snow",
    )
    house.record([(performance_stream(PERFORMANCE), moved)])
    until = NOON + 40 * day + timedelta(minutes=10)
    facts = [*held(1, until=until), placed(1, until=until)]
    house.record(facts, at=NOON + 40 * day)
    assert await house.found() == {}

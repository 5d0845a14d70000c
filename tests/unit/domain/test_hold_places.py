"""Rules of cart holds."""

from __future__ import annotations

from datetime import timedelta

import pytest

from boxoffice.domain.catalogue.events import SaleClosed
from boxoffice.domain.decider import Decision
from boxoffice.domain.ids import (
    BuyerId,
    HoldId,
    allowance_stream,
    performance_stream,
    price_list_stream,
    ticket_stream,
)
from boxoffice.domain.inventory.commands import HoldPlaces
from boxoffice.domain.inventory.events import (
    CartHoldPlaced,
    HeldPlace,
    TicketHeld,
    TicketReleased,
    TicketSold,
)
from boxoffice.domain.money import Money
from boxoffice.domain.pricing.events import PricesSet
from boxoffice.errors import (
    AlreadyExists,
    HoldLimitReached,
    Invalid,
    NotFound,
    NotPriced,
    SaleNotOpen,
    SeatsUnavailable,
    UnknownPlace,
)
from boxoffice.testing import (
    ANN,
    BOB,
    FULL_PRICE,
    NOON,
    PERFORMANCE,
    given,
    on_sale,
)

H1, H2 = HoldId("1" * 32), HoldId("2" * 32)
TEN_MINUTES = timedelta(minutes=10)


def hold(
    *ordinals: int, buyer: BuyerId = ANN, as_: HoldId = H1, after_s: float = 0
) -> HoldPlaces:
    return HoldPlaces(
        now=NOON + timedelta(seconds=after_s),
        performance=PERFORMANCE,
        buyer=buyer,
        hold=as_,
        ordinals=ordinals,
        ttl_s=600,
    )


def held(*ordinals: int, buyer: BuyerId = ANN, as_: HoldId = H1) -> Decision:
    command = hold(*ordinals, buyer=buyer, as_=as_)
    return given(*on_sale()).when(command).happened


def test_free_places_are_held_for_ten_minutes_at_their_price() -> None:
    place = HeldPlace(1, 0, 0, "Stalls A-1", FULL_PRICE)
    given(*on_sale()).when(hold(1)).then(
        (
            ticket_stream(PERFORMANCE, 1),
            TicketHeld(
                hold=H1,
                section=0,
                category=0,
                price=FULL_PRICE,
                until=NOON + TEN_MINUTES,
            ),
        ),
        (
            allowance_stream(PERFORMANCE, ANN),
            CartHoldPlaced(
                hold=H1,
                buyer=ANN,
                performance=PERFORMANCE,
                places=(place,),
                until=NOON + TEN_MINUTES,
                cap=NOON + timedelta(minutes=30),
            ),
        ),
    )


def test_every_named_place_is_held_or_none() -> None:
    refusal = (
        given(*on_sale(), *held(2, buyer=BOB, as_=H2))
        .when(hold(1, 2, 3))
        .refused(SeatsUnavailable, places=[2])
    )
    assert "Stalls A-2 is no longer free; choose another place." == refusal.detail


def test_a_place_held_by_oneself_is_taken_as_well() -> None:
    given(*on_sale(), *held(1)).when(hold(1, as_=H2)).refused(SeatsUnavailable)


def test_a_sold_place_stays_taken_for_ever() -> None:
    sold = TicketSold(hold=H2, order="X", section=0, category=0, price=FULL_PRICE)
    facts = [*on_sale(), (ticket_stream(PERFORMANCE, 1), sold)]
    given(*facts).when(hold(1, after_s=86_400)).refused(SeatsUnavailable)


@pytest.mark.parametrize("after_s", [0, 599, 600, 600.999])
def test_a_hold_stands_until_one_second_after_its_deadline(after_s: float) -> None:
    facts = [*on_sale(), *held(1, buyer=BOB, as_=H2)]
    given(*facts).when(hold(1, after_s=after_s)).refused(SeatsUnavailable)


def test_expired_hold_is_taken_over_and_its_end_recorded() -> None:
    facts = [*on_sale(), *held(1, buyer=BOB, as_=H2)]
    first, second, _ = given(*facts).when(hold(1, after_s=601)).happened
    freed = TicketReleased(hold=H2, section=0, category=0, reason="expired")
    assert (ticket_stream(PERFORMANCE, 1), freed) == first
    assert isinstance(second[1], TicketHeld)
    assert second[1].hold == H1


def test_eight_places_are_the_limit_over_all_open_holds() -> None:
    facts = [*on_sale(places=20), *held(1, 2, 3, 4, 5)]
    assert given(*facts).when(hold(6, 7, 8, as_=H2)).happened
    given(*facts).when(hold(6, 7, 8, 9, as_=H2)).refused(
        HoldLimitReached, places_counted=5, places_max=8
    )


def test_expired_holds_no_longer_count_against_the_limit() -> None:
    facts = [*on_sale(places=20), *held(1, 2, 3, 4, 5, 6, 7, 8)]
    command = hold(9, as_=H2, after_s=601)
    assert given(*facts).when(command).happened


def test_another_buyers_holds_do_not_count() -> None:
    facts = [*on_sale(places=20), *held(1, 2, 3, 4, 5, 6, 7, 8, buyer=BOB, as_=H2)]
    assert given(*facts).when(hold(9, 10)).happened


def test_nine_places_are_refused_at_once() -> None:
    given(*on_sale(places=20)).when(hold(*range(1, 10))).refused(HoldLimitReached)


@pytest.mark.parametrize("ordinals", [(), (1, 1)])
def test_no_place_or_one_place_twice_makes_no_sense(ordinals: tuple[int, ...]) -> None:
    given(*on_sale()).when(hold(*ordinals)).refused(Invalid)


@pytest.mark.parametrize("ordinal", [0, 11, 0x7FFFFFFF, 0x80000001])
def test_a_place_outside_the_manifest_is_unknown(ordinal: int) -> None:
    given(*on_sale()).when(hold(1, ordinal)).refused(UnknownPlace, places=[ordinal])


def test_a_place_without_a_price_is_not_sold() -> None:
    facts = [*on_sale(), (price_list_stream(PERFORMANCE), PricesSet(prices=()))]
    given(*facts).when(hold(1)).refused(NotPriced, places=[1])


def test_a_hold_keeps_the_price_it_was_given() -> None:
    dearer = on_sale(categories=(Money(9900, "USD"),))[-1]
    facts = [*on_sale(), *held(1), dearer]
    placed = given(*facts).when(hold(2, as_=H2)).happened[-1][1]
    assert isinstance(placed, CartHoldPlaced)
    assert Money(9900, "USD") == placed.places[0].price
    assert 1 == placed.places[0].price_list


def test_a_closed_sale_takes_no_holds() -> None:
    closed = (performance_stream(PERFORMANCE), SaleClosed(reason="fire alarm"))
    given(*on_sale(), closed).when(hold(1)).refused(SaleNotOpen)


@pytest.mark.parametrize("days", [-2, 30])
def test_outside_its_window_the_sale_is_not_open(days: int) -> None:
    command = hold(1, after_s=days * 86_400)
    given(*on_sale()).when(command).refused(SaleNotOpen)


def test_a_performance_nobody_scheduled_is_not_found() -> None:
    given().when(hold(1)).refused(NotFound)


def test_a_hold_id_is_used_once() -> None:
    given(*on_sale(), *held(1)).when(hold(2)).refused(AlreadyExists)

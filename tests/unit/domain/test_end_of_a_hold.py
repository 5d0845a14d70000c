"""A hold ends once: released, expired or sold."""

from __future__ import annotations

from datetime import timedelta

import pytest

from boxoffice.domain.decider import Decision
from boxoffice.domain.ids import (
    BuyerId,
    HoldId,
    OrderCode,
    allowance_stream,
    order_stream,
    payment_stream,
    ticket_stream,
)
from boxoffice.domain.inventory.commands import (
    ExpireHold,
    HoldPlaces,
    ReleaseHold,
)
from boxoffice.domain.inventory.events import (
    CartHoldConverted,
    CartHoldReleased,
    TicketReleased,
    TicketSold,
)
from boxoffice.domain.money import Money
from boxoffice.domain.orders.events import OrderConfirmed, OrderLine
from boxoffice.domain.payments.events import PaymentCaptured
from boxoffice.domain.pricing_parts import PriceParts
from boxoffice.errors import (
    HoldExpired,
    HoldNotOpen,
    NotFound,
    SeatsUnavailable,
)
from boxoffice.testing import (
    ANN,
    ATTEMPT,
    BOB,
    FULL_PRICE,
    HOLD,
    NOON,
    ORDER,
    PERFORMANCE,
    given,
    on_sale,
    place_order,
    settle,
    told,
)

NEXT = OrderCode("KJHGFEDCBA")


def release(buyer: BuyerId = ANN) -> ReleaseHold:
    return ReleaseHold(now=NOON, performance=PERFORMANCE, buyer=buyer, hold=HOLD)


def expire(after_s: float) -> ExpireHold:
    now = NOON + timedelta(seconds=after_s)
    return ExpireHold(now=now, performance=PERFORMANCE, buyer=ANN, hold=HOLD)


def held_by_ann(*, hold: str = HOLD, after_s: float = 0) -> HoldPlaces:
    return HoldPlaces(
        now=NOON + timedelta(seconds=after_s),
        performance=PERFORMANCE,
        buyer=ANN if hold == HOLD else BOB,
        hold=HoldId(hold),
        ordinals=(1, 2),
        ttl_s=600,
    )


@pytest.fixture
def held() -> Decision:
    facts = on_sale()
    return facts + given(*facts).when(held_by_ann()).happened


@pytest.fixture
def sold(held: Decision) -> Decision:
    return told(held, place_order(), settle("captured", 9_000))


def test_released_places_are_free_for_the_next_buyer(held: Decision) -> None:
    released = given(*held).when(release()).happened
    assert given(*held, *released).when(held_by_ann(hold="2" * 32)).happened


def test_releasing_says_so_on_every_ticket_and_the_allowance(held: Decision) -> None:
    freed = TicketReleased(hold=HOLD, section=0, category=0, reason="released")
    given(*held).when(release()).then(
        (ticket_stream(PERFORMANCE, 1), freed),
        (ticket_stream(PERFORMANCE, 2), freed),
        (
            allowance_stream(PERFORMANCE, ANN),
            CartHoldReleased(hold=HOLD, buyer=ANN, reason="released"),
        ),
    )


def test_releasing_twice_changes_nothing(held: Decision) -> None:
    released = given(*held).when(release()).happened
    given(*held, *released).when(release()).then()


def test_another_buyers_hold_is_not_found(held: Decision) -> None:
    given(*held).when(release(BOB)).refused(NotFound)
    given(*held).when(place_order(buyer=BOB)).refused(NotFound)


def test_a_sold_hold_cannot_be_released(sold: Decision) -> None:
    given(*sold).when(release()).refused(HoldNotOpen)


@pytest.mark.parametrize("after_s", [0, 600, 600.999])
def test_a_hold_does_not_expire_early(held: Decision, after_s: float) -> None:
    given(*held).when(expire(after_s)).then()


def test_an_overdue_hold_is_tidied_up(held: Decision) -> None:
    *tickets, (_, ended) = given(*held).when(expire(601)).happened
    assert ["expired", "expired"] == [
        getattr(event, "reason", "") for _, event in tickets
    ]
    assert CartHoldReleased(hold=HOLD, buyer=ANN, reason="expired") == ended


def test_expiring_frees_only_what_the_hold_still_has(held: Decision) -> None:
    facts = held + given(*held).when(held_by_ann(hold="2" * 32, after_s=601)).happened
    given(*facts).when(expire(602)).then(
        (
            allowance_stream(PERFORMANCE, ANN),
            CartHoldReleased(hold=HOLD, buyer=ANN, reason="expired"),
        )
    )


def test_a_payment_sells_every_place_and_says_who_paid(held: Decision) -> None:
    parts = PriceParts(FULL_PRICE.minor)
    lines = tuple(
        OrderLine(PERFORMANCE, n, 0, 0, f"Stalls A-{n}", FULL_PRICE, parts=parts)
        for n in (1, 2)
    )
    sold = TicketSold(hold=HOLD, order=ORDER, section=0, category=0, price=FULL_PRICE)
    paid = settle("captured", 9_000)
    given(*told(held, place_order())).when(paid).then(
        (
            payment_stream(ORDER),
            PaymentCaptured(
                order=ORDER,
                provider=paid.provider,
                attempt=ATTEMPT,
                reference=paid.reference,
                amount=Money(9_000, "USD"),
            ),
        ),
        (ticket_stream(PERFORMANCE, 1), sold),
        (ticket_stream(PERFORMANCE, 2), sold),
        (
            allowance_stream(PERFORMANCE, ANN),
            CartHoldConverted(hold=HOLD, buyer=ANN, order=ORDER),
        ),
        (
            order_stream(ORDER),
            OrderConfirmed(
                order=ORDER,
                performance=PERFORMANCE,
                buyer=ANN,
                hold=HOLD,
                lines=lines,
                total=Money(9_000, "USD"),
                at=NOON,
            ),
        ),
    )


def test_a_hold_can_be_ordered_until_its_deadline(held: Decision) -> None:
    deadline = NOON + timedelta(seconds=600)
    assert given(*held).when(place_order(now=deadline)).happened
    late = place_order(now=deadline + timedelta(milliseconds=1))
    given(*held).when(late).refused(HoldExpired)


def test_places_that_were_taken_over_cannot_be_ordered(held: Decision) -> None:
    facts = told(held, held_by_ann(hold="2" * 32, after_s=601))
    order = place_order(now=NOON + timedelta(seconds=600))
    given(*facts).when(order).refused(HoldExpired)


def test_a_released_hold_cannot_be_ordered(held: Decision) -> None:
    given(*told(held, release())).when(place_order()).refused(HoldExpired)


def test_a_hold_is_sold_once(sold: Decision) -> None:
    given(*sold).when(place_order(order=NEXT)).refused(HoldNotOpen, order=ORDER)


@pytest.mark.parametrize(
    ("minor", "currency"), [(8_999, "USD"), (9_001, "USD"), (9_000, "EUR")]
)
def test_the_payment_must_match_the_frozen_price(
    held: Decision, minor: int, currency: str
) -> None:
    paid = settle("captured", minor, currency=currency)
    happened = given(*told(held, place_order())).when(paid).happened
    assert ["PaymentCaptured", "RefundRequested"] == [
        type(event).__name__ for _, event in happened
    ]


def test_sold_places_count_against_the_limit_for_ever(sold: Decision) -> None:
    command = HoldPlaces(
        now=NOON + timedelta(days=1),
        performance=PERFORMANCE,
        buyer=ANN,
        hold=HoldId("2" * 32),
        ordinals=(3, 4, 5, 6, 7, 8),
        ttl_s=600,
    )
    assert given(*sold).when(command).happened


def test_taken_places_are_refused_to_everybody(sold: Decision) -> None:
    given(*sold).when(held_by_ann(hold="2" * 32)).refused(
        SeatsUnavailable, places=[1, 2]
    )

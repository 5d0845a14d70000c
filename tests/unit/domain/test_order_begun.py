"""Once a performance has begun, money that comes late goes back by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from boxoffice.domain.decider import Decision
from boxoffice.domain.money import Money
from boxoffice.domain.orders.events import AlternativeOffered
from boxoffice.domain.payments.commands import PaymentStatus
from boxoffice.errors import OfferOver
from boxoffice.testing import (
    BOB,
    given,
    hold_places,
    on_sale,
    ordered,
    place_order,
    settle,
    told,
)
from tests.unit.domain.asked import (
    AGAIN,
    NEXT,
    accept,
    exchange,
    expire,
    later,
    move,
    names,
)

START_S = timedelta(days=30).total_seconds()
"""When the performance of these tests begins, unless they say otherwise."""
BOBS = hold_places(1, buyer=BOB, hold=NEXT, now=later(602))


def soon(starts_s: float) -> Decision:
    """Give a house where Ann has ordered a place of what begins so soon."""
    house = on_sale(now=later(starts_s - START_S))
    return told(house, hold_places(1), place_order())


def test_late_money_buys_the_same_places_until_it_begins() -> None:
    facts = told(ordered(1), expire())
    before = settle("captured", now=later(START_S - 1))
    assert "OrderConfirmed" in names(given(*facts).when(before).happened)
    begun = settle("captured", now=later(START_S))
    happened = given(*facts).when(begun).happened
    assert ["PaymentCaptured", "RefundRequested"] == names(happened)


def test_an_overdue_order_for_what_has_begun_is_not_sold() -> None:
    promised = settle("authorised", now=later(START_S))
    happened = given(*ordered(1)).when(promised).happened
    assert ["PaymentAuthorised", "PaymentGivenUp"] == names(happened)
    taken = settle("captured", now=later(START_S))
    assert [
        "PaymentCaptured",
        "TicketReleased",
        "CartHoldReleased",
        "OrderExpired",
        "RefundRequested",
    ] == names(given(*ordered(1)).when(taken).happened)


def test_who_pays_in_time_may_come_in_late() -> None:
    paid = settle("captured", now=later(600))
    assert "OrderConfirmed" in names(given(*soon(300)).when(paid).happened)


def test_an_offer_ends_when_it_begins() -> None:
    facts = told(soon(1_000), BOBS, settle("captured", now=later(700)))
    (offer,) = [e for _, e in facts if isinstance(e, AlternativeOffered)]
    assert later(1_000) == offer.until
    taken = given(*facts).when(accept(after_s=999)).happened
    assert "OrderConfirmed" in names(taken)
    given(*facts).when(accept(after_s=1_000)).refused(OfferOver)
    over = given(*facts).when(expire(after_s=1_001)).happened
    assert "RefundRequested" in names(over)


def test_an_offer_ends_with_a_start_that_was_moved_forward() -> None:
    facts = told(ordered(1), BOBS, settle("captured", now=later(700)))
    early = replace(
        move(refund_until_s=900), starts_at=later(900), sale_until=later(900)
    )
    given(*told(facts, early)).when(accept(after_s=900)).refused(OfferOver)


@pytest.mark.parametrize("status", ["authorised", "captured"])
def test_an_exchange_paid_for_late_is_abandoned_once_something_has_begun(
    status: PaymentStatus,
) -> None:
    facts = told(
        on_sale(categories=[Money(4_500, "USD"), Money(6_000, "USD")]),
        hold_places(1),
        place_order(),
        settle("captured"),
        hold_places(2, hold=NEXT),
        exchange(1),
    )
    paid = settle(status, 1_500, attempt=AGAIN, now=later(START_S - 1))
    assert "TicketsExchanged" in names(given(*facts).when(paid).happened)
    late = settle(status, 1_500, attempt=AGAIN, now=later(START_S))
    happened = names(given(*facts).when(late).happened)
    assert "ExchangeAbandoned" in happened
    back = "PaymentGivenUp" if status == "authorised" else "RefundRequested"
    assert back == happened[-1]

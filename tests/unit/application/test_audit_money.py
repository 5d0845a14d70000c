"""An order's tickets and money are where they belong, or found."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from boxoffice.domain.ids import (
    StreamId,
)
from boxoffice.domain.message import Event
from boxoffice.domain.money import Money
from boxoffice.domain.orders.events import (
    OrderExpired,
)
from boxoffice.domain.payments.events import (
    PaymentAuthorised,
    PaymentCaptured,
    PaymentFailed,
    RefundFailed,
    RefundPaidOut,
    RefundRequested,
    RefundSettled,
)
from boxoffice.testing import BOB, FULL_PRICE, PERFORMANCE
from tests.unit.application.planted import (
    HOLD,
    ORDER,
    BoxOffice,
    confirmed,
    converted,
    ended,
    freed,
    holding,
    ordering,
    paid,
    selling,
    sold,
)
from tests.unit.application.planted_orders import (
    AT,
    LATER,
    OTHER,
    PRICE,
    TILL,
    a_sale,
    done,
    refund,
    sent_back,
    tickets_back,
)


async def test_a_refund_with_a_fee_is_in_order() -> None:
    house = a_sale(1, 2)
    facts = [*tickets_back(1), refund(1, amount=PRICE - 250, kept=250)]
    house.record([*facts, sent_back(PRICE - 250)])
    assert await house.found() == {}
    house.record([done(PRICE - 250)])
    assert await house.found() == {}


async def test_a_place_that_came_back_can_be_sold_again() -> None:
    house = a_sale(1)
    house.record([*tickets_back(1), refund(1, amount=PRICE), sent_back(PRICE)])
    house.record(holding(1, hold=OTHER, buyer=BOB))
    assert await house.found() == {}


async def test_a_place_sold_again_while_it_is_somebodys_is_found() -> None:
    house = a_sale(1)
    where = house.record(holding(1, hold=OTHER, buyer=BOB))
    assert await house.found() == {"one-owner": where[0]}


async def test_a_place_that_comes_back_from_another_order_is_found() -> None:
    house = a_sale(1)
    facts = tickets_back(1)
    stolen = replace(facts[0][1], order="KKKKKKKKKK")
    where = house.record([(facts[0][0], stolen), *facts[1:]])
    assert (await house.found())["one-owner"] == where[0]


async def test_a_ticket_without_its_line_is_found() -> None:
    house = a_sale(1, 2)
    house.record(tickets_back(1))
    assert "money" in await house.found()


async def test_a_line_that_ends_without_its_ticket_is_found() -> None:
    house = a_sale(1, 2)
    house.record([refund(1, amount=PRICE), sent_back(PRICE)])
    assert "money" in await house.found()


async def test_a_ticket_given_back_twice_is_found() -> None:
    house = a_sale(1, 2)
    facts = [*tickets_back(1), refund(1, amount=PRICE), sent_back(PRICE)]
    house.record(facts)
    where = house.record([refund(1, amount=PRICE), sent_back(PRICE, "r2")])
    assert await house.found() == {"money": where[0]}


@pytest.mark.parametrize("minor", [PRICE - 1, PRICE + 1])
async def test_money_back_that_does_not_fit_its_tickets_is_found(minor: int) -> None:
    house = a_sale(1, 2)
    house.record([*tickets_back(1), refund(1, amount=PRICE), sent_back(minor)])
    assert "money" in await house.found()


async def test_more_money_back_than_was_taken_is_found() -> None:
    house = a_sale(1)
    where = house.record(
        [*tickets_back(1), refund(1, amount=PRICE), sent_back(PRICE + 1)]
    )
    assert await house.found() == {"money": where[3]}


async def test_money_back_that_nobody_asked_for_is_found() -> None:
    house = a_sale(1)
    where = house.record([done(PRICE)])
    assert await house.found() == {"money": where[0]}


async def test_a_refund_that_is_tried_again_counts_once() -> None:
    house = a_sale(1)
    house.record([*tickets_back(1), refund(1, amount=PRICE), sent_back(PRICE)])
    failed = RefundFailed(
        order=ORDER, refund="r1", reference="r", reason="later", retry="r2"
    )
    house.record([(TILL, failed), sent_back(PRICE, "r2")])
    house.record([done(PRICE, "r2")])
    assert await house.found() == {}


async def test_a_refund_that_came_back_to_the_house_is_asked_for_once_more() -> None:
    house = a_sale(1)
    house.record([*tickets_back(1), refund(1, amount=PRICE), sent_back(PRICE)])
    house.record([done(PRICE)])
    failed = RefundFailed(
        order=ORDER,
        refund="r1",
        reference="r",
        reason="closed",
        retry="r2",
        undone=FULL_PRICE,
    )
    house.record([(TILL, failed), sent_back(PRICE, "r2")])
    house.record([done(PRICE, "r2")])
    assert await house.found() == {}


def gave_up() -> tuple[StreamId, Event]:
    return TILL, RefundFailed(order=ORDER, refund="r1", reference="r", reason="closed")


def paid_out(by: str = "staff:eva") -> tuple[StreamId, Event]:
    return TILL, RefundPaidOut(order=ORDER, refund="r1", by=by, note="in cash")


def settled(minor: int, approver: str = "staff:tom") -> tuple[StreamId, Event]:
    return TILL, RefundSettled(
        order=ORDER,
        refund="r1",
        amount=Money(minor, "USD"),
        by="staff:eva",
        approver=approver,
        note="in cash",
    )


async def test_money_that_was_given_back_by_hand_is_owed_no_more() -> None:
    house = a_sale(1)
    house.record([*tickets_back(1), refund(1, amount=PRICE), sent_back(PRICE)])
    house.record([gave_up()])
    house.record([paid_out()])
    house.record([settled(PRICE)])
    assert await house.found() == {}


@pytest.mark.parametrize("minor", [PRICE - 1, PRICE + 1])
async def test_money_given_back_by_hand_that_nobody_owed_is_found(minor: int) -> None:
    house = a_sale(1)
    house.record([*tickets_back(1), refund(1, amount=PRICE), sent_back(PRICE)])
    house.record([gave_up()])
    house.record([paid_out()])
    where = house.record([settled(minor)])
    assert await house.found() == {"money": where[0]}


@pytest.mark.parametrize(
    ("by", "approver"), [("staff:eva", "staff:eva"), ("staff:joe", "staff:tom")]
)
async def test_money_given_back_by_hand_that_one_person_settled_is_found(
    by: str, approver: str
) -> None:
    house = a_sale(1)
    house.record([*tickets_back(1), refund(1, amount=PRICE), sent_back(PRICE)])
    house.record([gave_up()])
    house.record([paid_out(by)])
    where = house.record([settled(PRICE, approver)])
    assert await house.found() == {"four-eyes": where[0]}


async def test_who_paid_out_a_refund_that_is_tried_again_did_not() -> None:
    house = a_sale(1)
    house.record([*tickets_back(1), refund(1, amount=PRICE), sent_back(PRICE)])
    house.record([gave_up()])
    house.record([paid_out()])
    stream, asked = sent_back(PRICE, "r2")
    assert isinstance(asked, RefundRequested)
    house.record([(stream, replace(asked, replaces="r1", by="staff:tom"))])
    where = house.record([settled(PRICE)])
    assert (await house.found())["four-eyes"] == where[0]


async def test_a_refund_that_staff_have_tried_again_counts_once() -> None:
    house = a_sale(1)
    house.record([*tickets_back(1), refund(1, amount=PRICE), sent_back(PRICE)])
    house.record([gave_up()])
    where, asked = sent_back(PRICE, "r2")
    assert isinstance(asked, RefundRequested)
    house.record([(where, replace(asked, replaces="r1", by="staff:eva"))])
    house.record([done(PRICE, "r2")])
    assert await house.found() == {}


@pytest.mark.parametrize(("reference", "found"), [("r2", False), ("r", True)])
async def test_a_payment_that_is_counted_twice_is_found(
    reference: str, *, found: bool
) -> None:
    house = a_sale(1)
    where, first = paid(1)
    assert isinstance(first, PaymentCaptured)
    reference = reference if not found else first.reference
    house.record([(where, replace(first, reference=reference)), sent_back(PRICE)])
    house.record([done(PRICE)])
    assert ("money" in await house.found()) is found


def promised() -> tuple[StreamId, Event]:
    return TILL, PaymentAuthorised(
        order=ORDER, attempt=HOLD, provider="sandbox", reference="r", amount=FULL_PRICE
    )


async def test_a_promise_is_enough_and_is_under_way_until_it_is_taken() -> None:
    house = BoxOffice()
    house.record(holding(1))
    house.record(ordering(1))
    house.record([promised(), *sold(1), converted(), confirmed(1)])
    assert await house.found() == {}
    house.record([paid(1)])
    assert await house.found() == {}


async def test_a_promise_that_failed_before_is_none() -> None:
    house = BoxOffice()
    house.record(holding(1))
    house.record([*ordering(1), promised()])
    failed = PaymentFailed(order=ORDER, attempt=HOLD, reference="r", reason="gone")
    house.record([(TILL, failed)])
    where = house.record([*sold(1), converted(), confirmed(1)])
    assert (await house.found())["money"] == where[2]


async def test_an_order_that_nobody_paid_for_is_found() -> None:
    house = BoxOffice()
    house.record(holding(1))
    house.record(ordering(1))
    where = house.record([*sold(1), converted(), confirmed(1)])
    assert await house.found() == {"money": where[2]}


async def test_an_order_that_was_never_placed_is_found() -> None:
    house = BoxOffice()
    house.record(holding(1))
    where = house.record(selling(1))
    assert await house.found() == {"money": where[2]}


async def test_money_told_in_another_orders_stream_is_found() -> None:
    house = a_sale(1)
    event = paid(1)[1]
    other = replace(event, order="KKKKKKKKKK", attempt="x")
    where = house.record([(TILL, other)])
    assert (await house.found())["money"] == where[0]


async def test_late_money_that_stays_with_the_house_is_found() -> None:
    house = BoxOffice()
    house.record(holding(1))
    house.record(ordering(1))
    gone = OrderExpired(order=ORDER, performance=PERFORMANCE, hold=HOLD)
    house.record(
        [*freed(1, reason="cancelled"), ended("cancelled"), (AT, gone)], at=LATER
    )
    assert await house.found() == {}
    late = house.record([paid(1)])
    assert "money" in await house.found()
    house.record([sent_back(PRICE)])
    assert await house.found() == {}
    assert late

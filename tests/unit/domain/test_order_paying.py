"""What the provider says is decided once, whoever brings it and however often."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from boxoffice.domain.ids import AttemptId, RefundId
from boxoffice.domain.message import Command
from boxoffice.domain.money import Money
from boxoffice.domain.orders.events import (
    AlternativeOffered,
    OrderConfirmed,
    TicketsRefunded,
)
from boxoffice.domain.payments.commands import PaymentStatus
from boxoffice.domain.payments.events import (
    PaymentAwaited,
    PaymentFailed,
    RefundRequested,
)
from boxoffice.errors import NotFound, OfferOver, OrderNotOpen, PerformanceOff
from boxoffice.testing import (
    ATTEMPT,
    BOB,
    FULL_PRICE,
    REFUND,
    SPARE,
    confirmed,
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
    call_off,
    cancel,
    decline,
    end,
    exchange,
    expire,
    later,
    names,
    one,
    pay,
    refund,
    refund_news,
)

SOLD = ["TicketSold", "CartHoldConverted", "OrderConfirmed"]
EXPIRED = ["TicketReleased", "CartHoldReleased", "OrderExpired", "PaymentGivenUp"]
BOBS = hold_places(1, buyer=BOB, hold=NEXT, now=later(602))


def test_authorised_money_sells_every_place_in_one_append() -> None:
    happened = given(*ordered(1)).when(settle("authorised")).happened
    assert ["PaymentAuthorised", *SOLD] == names(happened)
    contract = one(happened, OrderConfirmed)
    assert (FULL_PRICE, later(0)) == (contract.total, contract.at)


def test_money_that_is_captured_at_once_sells_too() -> None:
    happened = given(*ordered(1)).when(settle("captured")).happened
    assert ["PaymentCaptured", *SOLD] == names(happened)


def test_the_capture_of_what_was_authorised_is_noted_and_nothing_else() -> None:
    facts = told(ordered(1), settle("authorised"))
    assert ["PaymentCaptured"] == names(given(*facts).when(settle("captured")).happened)


@pytest.mark.parametrize(
    "status",
    ["authorised", "captured", "declined", "cancelled", "processing", "needs_action"],
)
def test_old_news_change_nothing_once_the_money_is_here(status: PaymentStatus) -> None:
    given(*confirmed(1)).when(settle(status)).then()


@pytest.mark.parametrize("status", ["declined", "processing", "needs_action"])
def test_old_news_change_nothing_once_the_money_is_promised(
    status: PaymentStatus,
) -> None:
    facts = told(ordered(1), settle("authorised"))
    given(*facts).when(settle(status)).then()


def test_the_buyer_is_waited_for_once_per_page() -> None:
    asked = settle("needs_action")
    happened = given(*ordered(1)).when(asked).happened
    waited = one(happened, PaymentAwaited)
    assert ("buyer", "https://pay.example/3ds") == (waited.waits_for, waited.action_url)
    facts = told(ordered(1), asked)
    given(*facts).when(asked).then()
    assert (
        "money"
        == one(
            given(*facts).when(settle("processing")).happened, PaymentAwaited
        ).waits_for
    )


def test_the_house_never_waits_for_the_buyer_again_once_money_is_on_its_way() -> None:
    facts = told(ordered(1), settle("processing"))
    given(*facts).when(settle("needs_action")).then()


@pytest.mark.parametrize("status", ["declined", "cancelled"])
def test_an_attempt_that_failed_leaves_the_order_placed(status: PaymentStatus) -> None:
    happened = given(*ordered(1)).when(settle(status)).happened
    assert ["PaymentFailed"] == names(happened)
    assert status == one(happened, PaymentFailed).reason
    given(*told(ordered(1), settle(status))).when(settle(status)).then()


@pytest.mark.parametrize(("minor", "currency"), [(4_499, "USD"), (4_500, "EUR")])
def test_the_wrong_money_never_sells(minor: int, currency: str) -> None:
    promised = settle("authorised", minor, currency=currency)
    happened = given(*ordered(1)).when(promised).happened
    assert ["PaymentAuthorised", "PaymentGivenUp"] == names(happened)
    taken = settle("captured", minor, currency=currency)
    happened = given(*ordered(1)).when(taken).happened
    assert ["PaymentCaptured", "RefundRequested"] == names(happened)
    assert Money(minor, currency) == one(happened, RefundRequested).amount


def test_news_of_what_nobody_asked_for_are_not_found() -> None:
    given(*ordered(1)).when(settle("captured", attempt=AGAIN)).refused(NotFound)
    given(*on_sale()).when(settle("captured")).refused(NotFound)


def test_an_overdue_order_is_sold_as_long_as_nobody_took_its_places() -> None:
    late = settle("authorised", now=later(5_000))
    assert SOLD == names(given(*ordered(1)).when(late).happened)[1:]


def test_a_promise_for_places_that_are_gone_is_given_up() -> None:
    facts = told(ordered(1), BOBS)
    happened = given(*facts).when(settle("authorised", now=later(700))).happened
    assert ["PaymentAuthorised", "PaymentGivenUp"] == names(happened)


def test_a_promise_for_an_order_that_ended_is_given_up() -> None:
    facts = told(ordered(1), expire())
    happened = given(*facts).when(settle("authorised", now=later(700))).happened
    assert ["PaymentAuthorised", "PaymentGivenUp"] == names(happened)


def test_late_money_buys_the_same_places_while_they_are_free() -> None:
    facts = told(ordered(1), expire())
    happened = given(*facts).when(settle("captured", now=later(700))).happened
    assert [
        "PaymentCaptured",
        "TicketHeld",
        "CartHoldPlaced",
        "TicketSold",
        "CartHoldConverted",
        "OrderConfirmed",
    ] == names(happened)
    assert SPARE == one(happened, OrderConfirmed).hold


def test_late_money_finds_other_places_and_the_buyer_decides() -> None:
    facts = told(ordered(1), BOBS)
    happened = given(*facts).when(settle("captured", now=later(700))).happened
    assert {"OrderExpired", "AlternativeOffered", "CartHoldOrdered"} <= {
        *names(happened)
    }
    offer = one(happened, AlternativeOffered)
    assert ([2], FULL_PRICE) == (
        [line.ordinal for line in offer.lines],
        offer.lines[0].price,
    )
    assert later(1_600) == offer.until
    facts += happened
    assert SOLD == names(given(*facts).when(accept(after_s=800)).happened)
    given(*facts).when(accept(after_s=1_601)).refused(OfferOver)
    given(*facts).when(accept(after_s=800, buyer=BOB)).refused(NotFound)
    given(*told(facts, call_off())).when(accept(after_s=800)).refused(PerformanceOff)


@pytest.mark.parametrize("how", [decline(after_s=800), expire(after_s=1_601), cancel()])
def test_an_offer_that_is_not_taken_sends_the_money_back(how: Command) -> None:
    facts = told(ordered(1), BOBS, settle("captured", now=later(700)))
    happened = given(*facts).when(how).happened
    assert [
        "TicketReleased",
        "CartHoldReleased",
        "AlternativeDeclined",
        "RefundRequested",
    ] == names(happened)
    facts += happened
    given(*facts).when(accept(after_s=800)).refused(OfferOver)
    given(*facts).when(decline(after_s=800)).refused(OfferOver)


def test_late_money_goes_back_where_no_place_is_left() -> None:
    full = told(on_sale(places=1), hold_places(1), place_order(), BOBS)
    happened = given(*full).when(settle("captured", now=later(700))).happened
    assert "RefundRequested" == names(happened)[-1]
    assert (REFUND, FULL_PRICE) == (
        one(happened, RefundRequested).refund,
        one(happened, RefundRequested).amount,
    )


def test_money_for_an_order_that_was_cancelled_goes_back() -> None:
    facts = told(ordered(1), cancel())
    happened = given(*facts).when(settle("captured")).happened
    assert ["PaymentCaptured", "RefundRequested"] == names(happened)


def test_money_for_a_performance_that_is_called_off_goes_back() -> None:
    facts = told(ordered(1), call_off())
    happened = given(*facts).when(settle("captured")).happened
    assert ["PaymentCaptured", "RefundRequested"] == names(happened)
    assert "OrderCancelled" in names(
        given(*told(facts, settle("captured"))).when(end()).happened
    )


def test_of_two_attempts_that_both_succeed_the_second_goes_back() -> None:
    facts = told(ordered(1), settle("declined"), pay(), settle("captured"))
    happened = given(*facts).when(settle("captured", attempt=AGAIN)).happened
    assert ["PaymentCaptured", "RefundRequested"] == names(happened)
    assert AGAIN == one(happened, RefundRequested).attempt


def test_the_attempts_that_lost_are_given_up_when_one_wins() -> None:
    facts = told(ordered(1), settle("declined"), pay())
    happened = given(*facts).when(settle("captured")).happened
    assert "PaymentGivenUp" == names(happened)[-1]


def test_nobody_keeps_a_place_whose_promise_was_not_kept() -> None:
    facts = told(ordered(1), settle("authorised"))
    happened = given(*facts).when(settle("cancelled")).happened
    assert [
        "PaymentFailed",
        "TicketReturned",
        "CartHoldReturned",
        "TicketsRefunded",
    ] == names(happened)
    refunded = one(happened, TicketsRefunded)
    assert (0, "unpaid") == (refunded.amount.minor, refunded.cause)


def test_less_money_than_was_promised_undoes_the_sale_and_goes_back() -> None:
    facts = told(ordered(1), settle("authorised"))
    happened = given(*facts).when(settle("captured", 4_000)).happened
    assert 4_000 == one(happened, RefundRequested).amount.minor
    assert 4_000 == one(happened, TicketsRefunded).amount.minor


def test_an_unpaid_order_expires_and_leaves_nothing_behind() -> None:
    assert EXPIRED == names(given(*ordered(1)).when(expire()).happened)
    given(*ordered(1)).when(expire(after_s=600)).then()
    given(*told(ordered(1), expire())).when(expire()).then()
    given(*confirmed(1)).when(expire()).then()


def test_an_open_order_can_be_cancelled_by_its_buyer() -> None:
    happened = given(*ordered(1)).when(cancel()).happened
    assert [*EXPIRED[:2], "OrderCancelled", "PaymentGivenUp"] == names(happened)
    given(*ordered(1)).when(cancel(buyer=BOB)).refused(NotFound)
    given(*confirmed(1)).when(cancel()).refused(OrderNotOpen, status="confirmed")
    again = told(ordered(1), cancel())
    given(*again).when(cancel()).refused(OrderNotOpen, status="cancelled")


def test_money_that_comes_for_an_exchange_that_was_abandoned_goes_back() -> None:
    dear = on_sale(categories=(Money(4_500, "USD"), Money(6_000, "USD")))
    facts = told(
        dear,
        hold_places(1),
        place_order(),
        settle("captured"),
        hold_places(2, hold=NEXT),
        exchange(1),
        cancel(),
    )
    late = settle("captured", 1_500, attempt=AGAIN)
    happened = given(*facts).when(late).happened
    assert ["PaymentCaptured", "RefundRequested"] == names(happened)


def test_a_second_payment_for_one_try_goes_back_where_it_came_from() -> None:
    second = replace(settle("captured"), reference="pay-second")
    happened = given(*confirmed(1)).when(second).happened
    assert ["PaymentCaptured", "RefundRequested"] == names(happened)
    back = one(happened, RefundRequested)
    assert ("pay-second", FULL_PRICE) == (back.reference, back.amount)
    facts = told(confirmed(1), second)
    given(*facts).when(second).then()
    given(*facts).when(settle("captured")).then()
    third = replace(second, reference="pay-third")
    assert (
        "pay-third"
        == one(given(*facts).when(third).happened, RefundRequested).reference
    )


@pytest.mark.parametrize("first", ["needs_action", "processing", "authorised"])
@pytest.mark.parametrize("status", ["declined", "cancelled"])
def test_the_end_of_a_second_payment_for_one_try_is_not_that_of_the_first(
    first: PaymentStatus, status: PaymentStatus
) -> None:
    facts = told(ordered(1), settle(first))
    second = replace(settle(status), reference="pay-second")
    given(*facts).when(second).then()
    assert given(*facts).when(settle("cancelled")).happened


def test_a_second_payments_refund_is_tried_again_where_it_came_from() -> None:
    second = replace(settle("captured"), reference="pay-second")
    facts = told(confirmed(1), second)
    name = RefundId(one(facts, RefundRequested).refund)
    news = refund_news(name, retry=RefundId("next"))
    again = one(given(*facts).when(news).happened, RefundRequested)
    assert ("next", "pay-second") == (again.refund, again.reference)


def test_what_was_paid_twice_is_worth_once_when_tickets_go_back() -> None:
    second = replace(settle("captured"), reference="pay-second")
    facts = told(confirmed(1), second)
    back = one(given(*facts).when(refund(1)).happened, RefundRequested)
    assert (f"pay-{ATTEMPT}", FULL_PRICE) == (back.reference, back.amount)


def test_a_refund_is_tried_ten_times_and_then_left_to_a_person() -> None:
    facts = told(confirmed(1), refund(1))
    for number in range(1, 11):
        name = RefundId(f"{AttemptId('2' * 32)}.r1" if number == 1 else f"t{number}")
        news = refund_news(name, retry=RefundId(f"t{number + 1}"))
        happened = given(*facts).when(news).happened
        expected = (
            ["RefundFailed", "RefundRequested"] if number < 10 else ["RefundFailed"]
        )
        assert expected == names(happened)
        given(*[*facts, *happened]).when(news).then()
        facts += happened


def test_a_refund_is_noted_when_it_is_done_and_only_then() -> None:
    facts = told(confirmed(1), refund(1))
    name = RefundId(f"{'2' * 32}.r1")
    done = refund_news(name, retry=name, status="succeeded")
    assert ["RefundCompleted"] == names(given(*facts).when(done).happened)
    given(*told(facts, done)).when(done).then()
    given(*facts).when(refund_news(RefundId("?"), retry=name)).refused(NotFound)

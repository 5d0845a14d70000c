"""An order is placed for a hold that stands, at the hold's own prices."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from boxoffice.domain.catalogue.commands import CancelPerformance
from boxoffice.domain.decider import Decision
from boxoffice.domain.ids import (
    AttemptId,
    BuyerId,
    CustomerId,
    HoldId,
    OrderCode,
    allowance_stream,
    order_stream,
    payment_stream,
    price_list_stream,
    ticket_stream,
)
from boxoffice.domain.inventory.commands import (
    AddPlaces,
    ExpireHold,
    ReleaseHold,
    RemovePlaces,
    RenewHold,
)
from boxoffice.domain.inventory.events import CartHoldOrdered, TicketHoldRenewed
from boxoffice.domain.message import Command, Event
from boxoffice.domain.money import Money
from boxoffice.domain.orders.commands import (
    CancelOrder,
    PayOrder,
    RefundTickets,
)
from boxoffice.domain.orders.events import OrderPlaced, TicketRef
from boxoffice.domain.payments.commands import PaymentStatus
from boxoffice.domain.payments.decide import ATTEMPTS_MAX
from boxoffice.domain.payments.events import PaymentRequested
from boxoffice.domain.pricing.commands import SetPrices
from boxoffice.domain.pricing.events import Fee, LevelPrice, PricesSet, TaxRule
from boxoffice.domain.pricing_parts import PriceParts
from boxoffice.domain.promotions.commands import DefinePromotion, EndPromotion
from boxoffice.domain.promotions.events import PromotionTerms
from boxoffice.domain.rounding import Rounding
from boxoffice.errors import (
    AlreadyExists,
    Conflict,
    HoldExpired,
    HoldNotOpen,
    Invalid,
    NotFound,
    OrderNotConfirmed,
    OrderNotOpen,
    PaymentOpen,
    PerformanceOff,
    PromotionExhausted,
    PromotionInvalid,
    PromotionLimitReached,
    Refused,
)
from boxoffice.testing import (
    ANN,
    ATTEMPT,
    BOB,
    HOLD,
    NOON,
    ORDER,
    PERFORMANCE,
    given,
    hold_places,
    on_sale,
    ordered,
    place_order,
    settle,
    told,
)
from tests.unit.domain.asked import call_off, end, names, refund, void

AGAIN = AttemptId("7" * 32)
NEXT = HoldId("9" * 32)
ELSE = OrderCode("ZYXWVUTSRQ")


def one(decision: Decision, kind: type[Event]) -> Event:
    (found,) = [event for _, event in decision if isinstance(event, kind)]
    return found


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def held(*ordinals: int) -> Decision:
    return told(on_sale(), hold_places(*ordinals))


def pay(
    attempt: AttemptId = AGAIN, *, after_s: float = 60, buyer: BuyerId = ANN
) -> PayOrder:
    return PayOrder(
        now=later(after_s),
        performance=PERFORMANCE,
        order=ORDER,
        buyer=buyer,
        attempt=attempt,
    )


def test_an_order_is_placed_and_its_payment_asked_for_in_one_append() -> None:
    happened = given(*held(1, 2)).when(place_order()).happened
    streams = [
        allowance_stream(PERFORMANCE, ANN),
        order_stream(ORDER),
        payment_stream(ORDER),
    ]
    assert streams == [stream for stream, _ in happened]
    assert ["CartHoldOrdered", "OrderPlaced", "PaymentRequested"] == names(happened)
    placed = one(happened, OrderPlaced)
    assert isinstance(placed, OrderPlaced)
    assert Money(9_000, "USD") == placed.total
    assert [1, 2] == [line.ordinal for line in placed.lines]
    assert PriceParts(4_500) == placed.lines[0].parts
    asked = one(happened, PaymentRequested)
    assert isinstance(asked, PaymentRequested)
    assert (ATTEMPT, placed.total, "order") == (
        asked.attempt,
        asked.amount,
        asked.purpose,
    )


def test_the_words_of_a_request_name_the_page_the_buyer_comes_back_to() -> None:
    wish = replace(place_order(), home="https://house.example")
    asked = one(given(*held(1)).when(wish).happened, PaymentRequested)
    assert isinstance(asked, PaymentRequested)
    assert f"https://house.example/orders/{ORDER}" == asked.return_url


def test_a_hold_that_ends_too_soon_is_kept_for_the_payment() -> None:
    happened = given(*held(1)).when(place_order(now=later(540))).happened
    renewed = one(happened, TicketHoldRenewed)
    assert isinstance(renewed, TicketHoldRenewed)
    assert later(1_140) == renewed.until
    assert ticket_stream(PERFORMANCE, 1) == happened[0][0]
    placed, left = one(happened, OrderPlaced), one(happened, CartHoldOrdered)
    assert isinstance(placed, OrderPlaced)
    assert isinstance(left, CartHoldOrdered)
    assert later(1_140) == placed.pay_by == left.until


def test_an_order_never_keeps_a_hold_beyond_its_cap() -> None:
    renew = RenewHold(
        now=later(590), performance=PERFORMANCE, buyer=ANN, hold=HOLD, ttl_s=1_200
    )
    facts = told(held(1), renew)
    placed = one(
        given(*facts).when(place_order(now=later(1_700))).happened, OrderPlaced
    )
    assert isinstance(placed, OrderPlaced)
    assert later(1_800) == placed.pay_by


def test_an_order_needs_a_hold_of_the_buyer() -> None:
    given(*held(1)).when(place_order(buyer=BOB)).refused(NotFound)
    given(*on_sale()).when(place_order()).refused(NotFound)


def test_an_overdue_hold_cannot_be_ordered() -> None:
    given(*held(1)).when(place_order(now=later(600.1))).refused(HoldExpired)


def test_a_hold_is_ordered_once() -> None:
    again = place_order(order=ELSE, attempt=AGAIN)
    given(*ordered(1)).when(again).refused(HoldNotOpen, order=ORDER)


def test_an_order_code_is_taken_once() -> None:
    facts = told(ordered(1), hold_places(2, hold=NEXT))
    given(*facts).when(place_order(hold=NEXT)).refused(Conflict)


@pytest.mark.parametrize("kind", [ReleaseHold, RenewHold, RemovePlaces])
def test_the_buyer_cannot_change_a_hold_that_has_an_order(kind: type) -> None:
    more: dict[str, Any] = {"ttl_s": 600} if kind is RenewHold else {}
    more |= {"ordinals": (1,)} if kind is RemovePlaces else {}
    command = kind(now=NOON, performance=PERFORMANCE, buyer=ANN, hold=HOLD, **more)
    given(*ordered(1)).when(command).refused(HoldNotOpen, order=ORDER)


def test_the_sweeper_leaves_a_hold_to_its_order() -> None:
    command = ExpireHold(
        now=later(9_999), performance=PERFORMANCE, buyer=ANN, hold=HOLD
    )
    given(*ordered(1)).when(command).then()


def test_nothing_is_ordered_for_a_performance_that_is_called_off() -> None:
    off = CancelPerformance(now=NOON, performance=PERFORMANCE, by="staff:e", reason="x")
    given(*told(held(1), off)).when(place_order()).refused(PerformanceOff)


def test_comps_are_not_ordered() -> None:
    command = place_order()
    fields = {name: getattr(command, name) for name in command.__struct_fields__}
    comp = type(command)(**{**fields, "channel": "comp"})
    given(*held(1)).when(comp).refused(Invalid)


def test_a_hold_that_was_sold_and_given_back_cannot_be_ordered() -> None:
    back = RefundTickets(
        now=NOON,
        performance=PERFORMANCE,
        order=ORDER,
        buyer=None,
        tickets=(TicketRef(PERFORMANCE, 1),),
        by="staff:e",
        note="",
        request="r",
    )
    facts = told(ordered(1), settle("captured"), back)
    given(*facts).when(place_order(order=ELSE, attempt=AGAIN)).refused(HoldNotOpen)


def test_an_order_of_free_places_is_confirmed_at_once() -> None:
    free = on_sale(categories=(Money(0, "USD"),))
    happened = given(*told(free, hold_places(1))).when(place_order()).happened
    assert [
        "CartHoldOrdered",
        "OrderPlaced",
        "TicketSold",
        "CartHoldConverted",
        "OrderConfirmed",
    ] == names(happened)


def test_lines_say_what_their_prices_are_made_of() -> None:
    prices = SetPrices(
        now=NOON,
        performance=PERFORMANCE,
        prices=(LevelPrice(0, Money(4_000, "USD")),),
        fees=(Fee(code="service", name="Service", kind="outside", fixed=300),),
        taxes=(TaxRule(code="vat", name="VAT", basis_points=1_000),),
    )
    facts = told(on_sale(), prices, hold_places(1))
    placed = one(given(*facts).when(place_order()).happened, OrderPlaced)
    assert isinstance(placed, OrderPlaced)
    assert Money(4_730, "USD") == placed.total
    assert PriceParts(4_000, 0, 300, 430, 430) == placed.lines[0].parts


@pytest.mark.parametrize(
    ("second", "expected"), [("half-up", "half-up"), ("down", "mixed")]
)
def test_an_order_says_when_its_places_were_rounded_differently(
    second: Rounding, expected: str
) -> None:
    prices = (LevelPrice(0, Money(4_500, "USD")),)
    again = PricesSet(prices=prices, rounding=second, day=NOON.date())
    more = AddPlaces(
        now=NOON,
        performance=PERFORMANCE,
        buyer=ANN,
        hold=HOLD,
        ordinals=(2,),
        ttl_s=600,
    )
    facts = told(on_sale(), hold_places(1))
    facts = told([*facts, (price_list_stream(PERFORMANCE), again)], more)
    placed = one(given(*facts).when(place_order()).happened, OrderPlaced)
    assert isinstance(placed, OrderPlaced)
    assert [0, 1] == [line.price_list for line in placed.lines]
    assert expected == placed.rounding


def promotion(
    *, budget: int | None = None, per_customer_max: int | None = None
) -> DefinePromotion:
    wanted = PromotionTerms(
        currency="USD",
        basis_points=1_000,
        budget=budget,
        per_customer_max=per_customer_max,
    )
    return DefinePromotion(now=NOON, code="TEN", terms=wanted)


def test_a_code_takes_its_share_off_every_line() -> None:
    facts = told(held(1, 2), promotion(budget=900))
    happened = given(*facts).when(place_order(promotion=" ten ")).happened
    placed = one(happened, OrderPlaced)
    assert isinstance(placed, OrderPlaced)
    assert ("TEN", Money(8_100, "USD")) == (placed.promotion, placed.total)
    assert [450, 450] == [line.discount for line in placed.lines]
    assert {"PromotionRedeemed", "PromotionUsed"} <= set(names(happened))


def test_a_code_that_nobody_knows_or_that_ended_is_refused() -> None:
    given(*held(1)).when(place_order(promotion="TEN")).refused(PromotionInvalid)
    over = EndPromotion(now=NOON, code="TEN", reason="over")
    facts = told(held(1), promotion(), over)
    given(*facts).when(place_order(promotion="TEN")).refused(PromotionInvalid)


def test_a_code_whose_budget_is_too_small_is_refused() -> None:
    facts = told(held(1, 2), promotion(budget=899))
    given(*facts).when(place_order(promotion="TEN")).refused(PromotionExhausted)


def test_a_customer_uses_a_code_as_often_as_its_terms_say() -> None:
    facts = told(
        held(1),
        promotion(per_customer_max=1),
        place_order(promotion="TEN"),
        hold_places(2, hold=NEXT),
    )
    again = place_order(hold=NEXT, order=ELSE, attempt=AGAIN, promotion="TEN")
    given(*facts).when(again).refused(PromotionLimitReached)
    other = place_order(
        hold=NEXT,
        order=ELSE,
        attempt=AGAIN,
        promotion="TEN",
        customer=CustomerId("0" * 32),
    )
    assert "PromotionUsed" in names(given(*facts).when(other).happened)


def test_an_order_that_is_cancelled_gives_its_discount_back() -> None:
    facts = told(held(1), promotion(budget=450), place_order(promotion="TEN"))
    cancel = CancelOrder(
        now=NOON, performance=PERFORMANCE, order=ORDER, buyer=ANN, by=f"buyer:{ANN}"
    )
    happened = given(*facts).when(cancel).happened
    assert {"PromotionReturned", "PromotionUnused"} <= set(names(happened))


@pytest.mark.parametrize(
    ("status", "ended"),
    [
        ("captured", (void(),)),
        ("captured", (refund(1, 2),)),
        ("captured", (refund(1), refund(2))),
        ("captured", (call_off(), end())),
        ("authorised", (settle("cancelled", 8_100),)),
        ("authorised", (call_off(), end())),
    ],
)
def test_an_order_without_a_ticket_any_more_gives_its_discount_back(
    status: PaymentStatus, ended: tuple[Command, ...]
) -> None:
    facts = told(held(1, 2), promotion(), place_order(promotion="TEN"))
    facts = told(facts, settle(status, 8_100), *ended[:-1])
    happened = given(*facts).when(ended[-1]).happened
    assert {"PromotionReturned", "PromotionUnused"} <= set(names(happened))


def test_an_order_that_still_has_a_ticket_keeps_its_discount() -> None:
    facts = told(held(1, 2), promotion(), place_order(promotion="TEN"))
    facts = told(facts, settle("captured", 8_100))
    happened = given(*facts).when(refund(1)).happened
    assert "TicketsRefunded" in names(happened)
    assert "PromotionReturned" not in names(happened)


def test_an_attempt_that_is_open_must_end_before_the_next() -> None:
    given(*ordered(1)).when(pay()).refused(PaymentOpen, attempt=ATTEMPT)


def test_after_a_decline_the_buyer_may_try_again() -> None:
    facts = told(ordered(1), settle("declined"))
    asked = one(given(*facts).when(pay()).happened, PaymentRequested)
    assert isinstance(asked, PaymentRequested)
    assert (AGAIN, Money(4_500, "USD")) == (asked.attempt, asked.amount)
    given(*facts).when(pay(ATTEMPT)).refused(AlreadyExists)


def test_nobody_tries_out_cards_without_end() -> None:
    facts = told(ordered(1), settle("declined"))
    for number in range(1, ATTEMPTS_MAX):
        attempt = AttemptId(f"{number:032x}")
        facts = told(facts, pay(attempt), settle("declined", attempt=attempt))
    given(*facts).when(pay()).refused(Refused)


def test_nobody_pays_after_the_time_or_for_another_buyers_order() -> None:
    facts = told(ordered(1), settle("declined"))
    given(*facts).when(pay(after_s=601)).refused(OrderNotOpen, status="placed")
    given(*facts).when(pay(buyer=BOB)).refused(NotFound)


def test_nobody_pays_for_what_is_paid() -> None:
    facts = told(ordered(1), settle("captured"))
    given(*facts).when(pay()).refused(OrderNotOpen, status="confirmed")


def test_nobody_pays_for_places_that_somebody_else_took() -> None:
    taken = hold_places(1, buyer=BOB, hold=NEXT, now=later(601))
    facts = told(ordered(1), settle("declined"), taken)
    given(*facts).when(pay(after_s=600)).refused(HoldExpired)


def test_nobody_pays_for_a_performance_that_is_called_off() -> None:
    off = CancelPerformance(now=NOON, performance=PERFORMANCE, by="staff:e", reason="x")
    facts = told(ordered(1), settle("declined"), off)
    given(*facts).when(pay()).refused(PerformanceOff)


def test_an_order_that_is_not_confirmed_has_no_tickets_to_give_back() -> None:
    back = RefundTickets(
        now=NOON,
        performance=PERFORMANCE,
        order=ORDER,
        buyer=None,
        tickets=(TicketRef(PERFORMANCE, 1),),
        by="staff:e",
        note="",
        request="r",
    )
    given(*ordered(1)).when(back).refused(OrderNotConfirmed, status="placed")

"""Tickets are swapped within their order; the difference is paid first or returned."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from boxoffice.domain.decider import Decision
from boxoffice.domain.ids import BuyerId, HoldId, order_stream, payment_stream
from boxoffice.domain.message import Command
from boxoffice.domain.money import Money
from boxoffice.domain.orders.commands import ExchangeTickets
from boxoffice.domain.orders.decide import EXCHANGES_MAX
from boxoffice.domain.orders.events import (
    ExchangePlaced,
    TicketsExchanged,
    TicketsRefunded,
)
from boxoffice.domain.orders.state import ORDER as ORDERS
from boxoffice.domain.payments.commands import PaymentStatus
from boxoffice.domain.payments.events import PaymentRequested, RefundRequested
from boxoffice.domain.payments.state import PAYMENT
from boxoffice.errors import (
    BoxOfficeError,
    ExchangeOpen,
    HoldExpired,
    HoldNotOpen,
    Invalid,
    NotFound,
    OrderNotConfirmed,
    PaymentOpen,
    RefundNotAllowed,
    Refused,
    SecondPersonNeeded,
    TicketNotValid,
    TooFewPlaces,
)
from boxoffice.testing import (
    ANN,
    ATTEMPT,
    BOB,
    HOLD,
    NOON,
    ORDER,
    SPARE,
    confirmed,
    given,
    hold_places,
    on_sale,
    place_order,
    settle,
    told,
)
from tests.unit.domain.asked import (
    AGAIN,
    NEXT,
    TOMORROW,
    call_off,
    cancel,
    end,
    exchange,
    expire,
    later,
    names,
    one,
    refund,
)

HOUSE = on_sale(categories=(Money(4_500, "USD"), Money(6_000, "USD")))
"""Odd places cost 45 dollars, even ones 60."""
CHEAP = told(HOUSE, hold_places(1), place_order(), settle("captured"))
DEAR = told(HOUSE, hold_places(2), place_order(), settle("captured", 6_000))
BOTH = told(HOUSE, hold_places(2, 4), place_order(), settle("captured", 12_000))
UP = told(CHEAP, hold_places(2, hold=NEXT))
DOWN = told(DEAR, hold_places(1, hold=NEXT))
SWAPPED = [
    "TicketReturned",
    "CartHoldReturned",
    "TicketSold",
    "CartHoldConverted",
    "TicketsExchanged",
]
PLACED = told(UP, exchange(1, fee=200))
EUROS = on_sale(TOMORROW, categories=(Money(4_500, "EUR"),))


def test_a_cheaper_place_is_swapped_at_once_and_the_rest_goes_back() -> None:
    happened = given(*DOWN).when(exchange(2)).happened
    assert ["CartHoldOrdered", *SWAPPED, "RefundRequested"] == names(happened)
    assert 1_500 == one(happened, RefundRequested).amount.minor
    assert 1_500 == one(happened, TicketsExchanged).returned.minor


def test_a_fee_is_kept_of_what_would_go_back() -> None:
    happened = given(*DOWN).when(exchange(2, fee=500)).happened
    assert 1_000 == one(happened, RefundRequested).amount.minor
    assert 500 == one(happened, TicketsExchanged).fee.minor


def test_an_even_swap_moves_no_money() -> None:
    facts = told(CHEAP, hold_places(3, hold=NEXT))
    happened = given(*facts).when(exchange(1)).happened
    assert ["CartHoldOrdered", *SWAPPED] == names(happened)


def test_a_dearer_place_is_paid_for_first() -> None:
    happened = given(*UP).when(exchange(1, fee=200)).happened
    assert ["TicketHoldRenewed", "CartHoldOrdered", "ExchangePlaced"] == names(
        happened
    )[:3]
    asked = one(happened, PaymentRequested)
    assert (1_700, "exchange") == (asked.amount.minor, asked.purpose)
    assert later(660) == one(happened, ExchangePlaced).pay_by


@pytest.mark.parametrize("status", ["authorised", "captured"])
def test_paid_for_it_is_swapped(status: str) -> None:
    news = settle(status, 1_700, attempt=AGAIN)  # type: ignore[arg-type]  # pytest gives any text
    assert SWAPPED == names(given(*PLACED).when(news).happened)[1:]


@pytest.mark.parametrize("how", [expire(after_s=661), cancel()])
def test_unpaid_it_is_abandoned_and_the_old_ticket_stays(how: Command) -> None:
    happened = given(*PLACED).when(how).happened
    assert [
        "TicketReleased",
        "CartHoldReleased",
        "ExchangeAbandoned",
        "PaymentGivenUp",
    ] == names(happened)
    assert "TicketsRefunded" in names(
        given(*PLACED, *happened).when(refund(1)).happened
    )


def test_an_exchange_whose_places_were_taken_is_abandoned() -> None:
    taken = hold_places(2, buyer=BOB, hold=SPARE, now=later(662))
    facts = told(PLACED, taken)
    promised = settle("authorised", 1_700, attempt=AGAIN, now=later(663))
    happened = given(*facts).when(promised).happened
    assert "ExchangeAbandoned" in names(happened)
    assert "PaymentGivenUp" in names(happened)
    taken_ = settle("captured", 1_700, attempt=AGAIN, now=later(663))
    assert "RefundRequested" in names(given(*facts).when(taken_).happened)


def test_an_exchange_that_is_never_paid_after_all_is_undone_with_its_fee() -> None:
    facts = told(PLACED, settle("authorised", 1_700, attempt=AGAIN))
    happened = given(*facts).when(settle("cancelled", attempt=AGAIN)).happened
    refunded = one(happened, TicketsRefunded)
    assert (4_500, -200) == (refunded.amount.minor, refunded.kept.minor)
    assert ATTEMPT == one(happened, RefundRequested).attempt


def test_what_was_swapped_for_promised_money_is_ended_when_it_is_clear_what_came() -> (
    None
):
    """Otherwise the house returns what it never got."""
    dear = on_sale(TOMORROW, categories=(Money(7_000, "USD"),))
    facts = told(
        [*confirmed(1, 2), *dear],
        hold_places(1, performance=TOMORROW, hold=NEXT),
        replace(exchange(1), into=TOMORROW),
        settle("authorised", 2_500, attempt=AGAIN),
        replace(call_off(), performance=TOMORROW),
    )
    ended = replace(end(), performance=TOMORROW)
    given(*facts).when(ended).refused(PaymentOpen)
    outcomes: dict[PaymentStatus, int] = {"captured": 7_000, "cancelled": 4_500}
    for news, returned in outcomes.items():
        known = told(facts, settle(news, 2_500, attempt=AGAIN), ended)
        story = given(*known)
        payment = story.state(payment_stream(ORDER), PAYMENT)
        order = story.state(order_stream(ORDER), ORDERS)
        assert returned == payment.refunded()
        assert order.worth() == payment.captured() - payment.refunded()


@pytest.mark.parametrize(
    ("facts", "command", "refusal"),
    [
        (PLACED, exchange(1), ExchangeOpen),
        (PLACED, refund(1), ExchangeOpen),
        (UP, exchange(1, buyer=BOB), NotFound),
        (UP, exchange(2), NotFound),
        (UP, exchange(1, fee=-1), Invalid),
        (
            told(
                BOTH,
                hold_places(6, 8, hold=SPARE),
                exchange(2, hold=SPARE),
                hold_places(1, hold=NEXT),
            ),
            exchange(4),
            ExchangeOpen,
        ),
        (
            told([*CHEAP, *EUROS], hold_places(1, performance=TOMORROW, hold=NEXT)),
            replace(exchange(1), into=TOMORROW),
            Invalid,
        ),
        (UP, exchange(1, hold=HOLD), HoldNotOpen),
        (UP, exchange(1, after_s=601), HoldExpired),
        (told(UP, refund(1)), exchange(1), TicketNotValid),
        (
            told(HOUSE, hold_places(1), place_order(), hold_places(2, hold=NEXT)),
            exchange(1),
            OrderNotConfirmed,
        ),
        (
            told(
                HOUSE,
                hold_places(1),
                place_order(),
                settle("authorised"),
                hold_places(2, hold=NEXT),
            ),
            exchange(1),
            PaymentOpen,
        ),
    ],
)
def test_what_cannot_be_swapped_is_refused(
    facts: Decision, command: Command, refusal: type[BoxOfficeError]
) -> None:
    given(*facts).when(command).refused(refusal)


def test_a_buyer_does_not_swap_the_ticket_of_a_performance_that_has_begun() -> None:
    """Nobody sees two performances for one ticket; the window decides for itself."""
    start = timedelta(days=30)
    facts = [*CHEAP, *on_sale(TOMORROW, now=NOON + start)]
    spare = hold_places(1, performance=TOMORROW, hold=NEXT, now=NOON + start)
    facts = told(facts, spare)

    def swap(after_s: float, buyer: BuyerId | None) -> ExchangeTickets:
        asked = exchange(1, buyer=buyer, after_s=after_s)
        return replace(asked, into=TOMORROW)

    seconds = start.total_seconds()
    given(*facts).when(swap(seconds, ANN)).refused(RefundNotAllowed)
    for swapped in (swap(seconds - 1, ANN), swap(seconds, None)):
        assert "TicketsExchanged" in names(given(*facts).when(swapped).happened)


def test_staff_return_by_exchange_what_one_person_may_return_alone() -> None:
    for most in (0, 1_499):
        asked = exchange(2, buyer=None, unapproved_max=most)
        given(*DOWN).when(asked).refused(
            SecondPersonNeeded, amount=1_500, unapproved_max=most
        )
    allowed = exchange(2, buyer=None, unapproved_max=1_500)
    assert "RefundRequested" in names(given(*DOWN).when(allowed).happened)


def test_a_till_swaps_tickets_as_long_as_nothing_goes_back() -> None:
    even = exchange(1, buyer=None, unapproved_max=0)
    facts = told(CHEAP, hold_places(3, hold=NEXT))
    assert "TicketsExchanged" in names(given(*facts).when(even).happened)
    assert "ExchangePlaced" in names(given(*UP).when(even).happened)


def test_what_staff_returned_by_exchange_counts_for_the_refunds_after_it() -> None:
    facts = told(BOTH, hold_places(1, hold=NEXT))
    for buyer, asked in ((None, ["ApprovalAsked"]), (ANN, [])):
        story = told(facts, exchange(2, buyer=buyer, unapproved_max=1_500))
        happened = given(*story).when(refund(4, unapproved_max=7_499)).happened
        assert asked == [n for n in names(happened) if n == "ApprovalAsked"]


def test_what_staff_refunded_counts_for_the_exchanges_after_it() -> None:
    facts = told(BOTH, hold_places(1, hold=NEXT), refund(4, unapproved_max=6_000))
    asked = exchange(2, buyer=None, unapproved_max=7_499)
    given(*facts).when(asked).refused(SecondPersonNeeded)


def swapped(decision: Decision) -> TicketsExchanged:
    return one(decision, TicketsExchanged)


def test_a_buyer_swaps_for_at_least_as_many_places() -> None:
    """Otherwise an exchange would be a refund that nobody agreed to."""
    fewer = told(BOTH, hold_places(1, hold=NEXT))
    given(*fewer).when(exchange(2, 4)).refused(TooFewPlaces, tickets=2, places=1)
    window = exchange(2, 4, buyer=None)
    assert 7_500 == swapped(given(*fewer).when(window).happened).returned.minor
    two = told(BOTH, hold_places(1, 3, hold=NEXT))
    cheaper = given(*two).when(exchange(2, 4)).happened
    assert 3_000 == swapped(cheaper).returned.minor
    more = told(DEAR, hold_places(1, 3, hold=NEXT))
    assert "ExchangePlaced" in names(given(*more).when(exchange(2)).happened)


@pytest.mark.parametrize("buyer", [ANN, None])
def test_tickets_are_not_swapped_without_end(buyer: BuyerId | None) -> None:
    facts, mine = CHEAP, 1
    for number in range(EXCHANGES_MAX):
        spare, hold = 4 - mine, HoldId(f"{number:032x}")
        swap = exchange(mine, hold=hold, buyer=buyer)
        facts, mine = told(facts, hold_places(spare, hold=hold), swap), spare
    again = told(facts, hold_places(4 - mine, hold=NEXT))
    given(*again).when(exchange(mine, buyer=buyer)).refused(Refused)


def test_an_exchanged_ticket_says_so() -> None:
    facts = told(DOWN, exchange(2))
    given(*facts).when(refund(2)).refused(TicketNotValid, state="exchanged")


def test_money_comes_back_from_the_newest_attempt_first() -> None:
    facts = told(PLACED, settle("captured", 1_700, attempt=AGAIN))
    happened = given(*facts).when(refund(2)).happened
    back = [e for _, e in happened if isinstance(e, RefundRequested)]
    assert [(AGAIN, 1_700), (ATTEMPT, 4_300)] == [
        (money.attempt, money.amount.minor) for money in back
    ]
    assert 2 == len({money.refund for money in back})

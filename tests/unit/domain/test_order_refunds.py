"""Tickets go back once, and their money to where it came from."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from boxoffice.domain.decider import Decision
from boxoffice.domain.ids import HoldId
from boxoffice.domain.inventory.commands import ReleaseHold
from boxoffice.domain.inventory.state import ENDED_KEPT
from boxoffice.domain.message import Command
from boxoffice.domain.money import Money
from boxoffice.domain.orders.commands import EndForPerformance
from boxoffice.domain.orders.events import (
    ApprovalAsked,
    OrderCancelled,
    TicketsRefunded,
)
from boxoffice.domain.payments.events import RefundRequested
from boxoffice.domain.pricing.commands import SetPrices
from boxoffice.domain.pricing.events import Fee, LevelPrice
from boxoffice.errors import (
    AlreadyExists,
    BoxOfficeError,
    ExchangeOpen,
    Invalid,
    NotFound,
    OrderNotConfirmed,
    PaymentOpen,
    RefundNotAllowed,
    RequestNotOpen,
    SamePerson,
    SecondPersonNeeded,
    TicketNotValid,
    VoidWindowOver,
)
from boxoffice.testing import (
    ANN,
    ATTEMPT,
    BOB,
    NOON,
    PERFORMANCE,
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
    EVA,
    NEXT,
    TOM,
    TOMORROW,
    approve,
    call_off,
    deny,
    end,
    exchange,
    later,
    move,
    names,
    one,
    refund,
    void,
)

RETURNED = ["TicketReturned", "CartHoldReturned"]
DEAR = on_sale(categories=(Money(4_500, "USD"), Money(6_000, "USD")))
SWAPPING = told(
    DEAR,
    hold_places(1),
    place_order(),
    settle("captured"),
    hold_places(2, hold=NEXT),
    exchange(1),
)
"""Ticket 1 shall be swapped for the dearer place 2; nothing is paid yet."""


def test_a_ticket_goes_back_with_its_money_in_one_append() -> None:
    happened = given(*confirmed(1, 2)).when(refund(2)).happened
    assert [*RETURNED, "TicketsRefunded", "RefundRequested"] == names(happened)
    money = one(happened, RefundRequested)
    assert (ATTEMPT, 4_500, f"pay-{ATTEMPT}") == (
        money.attempt,
        money.amount.minor,
        money.reference,
    )


def test_a_returned_place_is_free_for_anybody() -> None:
    facts = told(confirmed(1), refund(1))
    again = hold_places(1, buyer=BOB, hold=NEXT, now=later(70))
    assert "TicketHeld" in names(given(*facts).when(again).happened)


@pytest.mark.parametrize(
    ("fee", "keep_outside", "returned", "kept"),
    [(0, False, 4_800, 0), (0, True, 4_500, 300), (200, True, 4_300, 500)],
)
def test_fees_stay_with_the_house_where_it_says_so(
    fee: int, returned: int, kept: int, *, keep_outside: bool
) -> None:
    prices = SetPrices(
        now=NOON,
        performance=PERFORMANCE,
        prices=(LevelPrice(0, Money(4_500, "USD")),),
        fees=(Fee(code="service", name="Service", kind="outside", fixed=300),),
    )
    facts = told(
        on_sale(), prices, hold_places(1), place_order(), settle("captured", 4_800)
    )
    happened = (
        given(*facts).when(refund(1, fee=fee, keep_outside=keep_outside)).happened
    )
    refunded = one(happened, TicketsRefunded)
    assert (returned, kept) == (refunded.amount.minor, refunded.kept.minor)


def test_a_ticket_never_returns_less_than_nothing() -> None:
    happened = given(*confirmed(1)).when(refund(1, fee=9_999)).happened
    assert 4_500 == one(happened, TicketsRefunded).kept.minor
    assert "RefundRequested" not in names(happened)
    given(*confirmed(1)).when(refund(1, fee=-1)).refused(Invalid)


@pytest.mark.parametrize(
    ("facts", "command", "refusal"),
    [
        (ordered(1), refund(1), OrderNotConfirmed),
        (confirmed(1), refund(2), NotFound),
        (confirmed(1), refund(), Invalid),
        (confirmed(1), refund(1, 1), Invalid),
        (confirmed(1), refund(1, buyer=BOB), NotFound),
        (confirmed(1), refund(1, buyer=ANN), RefundNotAllowed),
        (told(ordered(1), settle("authorised")), refund(1), PaymentOpen),
        (SWAPPING, refund(1), ExchangeOpen),
        (SWAPPING, void(), ExchangeOpen),
        (ordered(1), void(), OrderNotConfirmed),
        (confirmed(1), void(after_s=3_601), VoidWindowOver),
        (confirmed(1), void(after_s=3e6, window_s=9_999_999), VoidWindowOver),
        (confirmed(1), approve(), RequestNotOpen),
        (confirmed(1), deny(), RequestNotOpen),
    ],
)
def test_who_may_not_is_told_why(
    facts: Decision, command: Command, refusal: type[BoxOfficeError]
) -> None:
    given(*facts).when(command).refused(refusal)


@pytest.mark.parametrize(
    ("first", "state"), [(refund(1), "refunded"), (void(), "voided")]
)
@pytest.mark.parametrize("second", [refund(1), void()])
def test_a_ticket_goes_back_once(first: Command, state: str, second: Command) -> None:
    facts = told(confirmed(1), first)
    given(*facts).when(second).refused(TicketNotValid, state=state, ordinal=1)


@pytest.mark.parametrize("command", [refund(1), void(), end(), exchange(1)])
def test_a_ticket_goes_back_however_many_holds_its_buyer_gave_up_since(
    command: Command,
) -> None:
    """The hold it came from is forgotten with its last ticket, and no sooner."""
    facts = confirmed(1)
    for number in range(ENDED_KEPT + 1):
        name = HoldId(f"{number:032x}")
        release = ReleaseHold(now=NOON, performance=PERFORMANCE, buyer=ANN, hold=name)
        facts = told(facts, hold_places(3, hold=name), release)
    facts = told(facts, hold_places(2, hold=NEXT))
    if isinstance(command, EndForPerformance):
        facts = told(facts, call_off())
    assert "TicketReturned" in names(given(*facts).when(command).happened)


def test_much_money_needs_a_second_person() -> None:
    asked = refund(1, unapproved_max=4_499)
    happened = given(*confirmed(1, 2)).when(asked).happened
    assert ["ApprovalAsked"] == names(happened)
    assert (4_500, EVA) == (
        one(happened, ApprovalAsked).amount.minor,
        one(happened, ApprovalAsked).by,
    )
    facts = told(confirmed(1, 2), asked)
    again = refund(2, 1, unapproved_max=0, request="r2")
    given(*facts).when(again).refused(AlreadyExists, request="r1")
    given(*facts).when(approve(by=EVA)).refused(SamePerson, by=EVA)
    done = given(*facts).when(approve()).happened
    assert ["ApprovalGiven", *RETURNED, "TicketsRefunded", "RefundRequested"] == names(
        done
    )
    refunded = one(done, TicketsRefunded)
    assert (EVA, TOM) == (refunded.by, refunded.approver)
    given(*facts, *done).when(approve()).refused(RequestNotOpen)


def test_little_money_needs_one_person() -> None:
    happened = given(*confirmed(1)).when(refund(1, unapproved_max=4_500)).happened
    assert "TicketsRefunded" in names(happened)


def test_much_money_in_small_parts_needs_a_second_person_too() -> None:
    alone = refund(1, unapproved_max=9_000), refund(2, unapproved_max=9_000)
    facts = told(confirmed(1, 2, 3, 4), *alone)
    asked = refund(3, unapproved_max=9_000)
    assert ["ApprovalAsked"] == names(given(*facts).when(asked).happened)
    agreed = told(confirmed(1, 2, 3), refund(1, unapproved_max=0), approve())
    assert "TicketsRefunded" in names(
        given(*agreed).when(refund(2, unapproved_max=4_500, request="r2")).happened
    )


def test_a_fee_does_not_take_a_ticket_away_on_one_persons_word() -> None:
    """What counts is what the tickets cost, whatever is kept of it."""
    swallowed = refund(1, fee=9_999, unapproved_max=4_499)
    happened = given(*confirmed(1, 2)).when(swallowed).happened
    assert 0 == one(happened, ApprovalAsked).amount.minor
    half = refund(1, fee=4_000, unapproved_max=4_500)
    facts = told(confirmed(1, 2), half)
    more = refund(2, fee=4_500, unapproved_max=8_999)
    assert ["ApprovalAsked"] == names(given(*facts).when(more).happened)


def test_a_ticket_that_cost_nothing_goes_back_on_one_persons_word() -> None:
    free = on_sale(categories=(Money(0, "USD"),))
    facts = told(free, hold_places(1), place_order())
    happened = given(*facts).when(refund(1, unapproved_max=0)).happened
    assert "TicketsRefunded" in names(happened)


@pytest.mark.parametrize("by", [EVA, "system:console", "console:eva"])
def test_whoever_is_of_the_house_counts(by: str) -> None:
    first = refund(1, unapproved_max=4_500, by=by)
    facts = told(confirmed(1, 2), first)
    happened = given(*facts).when(refund(2, unapproved_max=8_999)).happened
    assert ["ApprovalAsked"] == names(happened)


def test_what_a_buyer_gave_back_does_not_count_for_the_house() -> None:
    facts = told(confirmed(1, 2), move(refund_until_s=500), refund(1, buyer=ANN))
    happened = given(*facts).when(refund(2, unapproved_max=4_500)).happened
    assert "TicketsRefunded" in names(happened)


def test_what_the_house_itself_takes_back_does_not_count_for_its_people() -> None:
    dear = on_sale(TOMORROW)
    facts = told(
        [*confirmed(1, 2), *dear],
        hold_places(1, performance=TOMORROW, hold=NEXT),
        replace(exchange(1), into=TOMORROW),
        replace(call_off(), performance=TOMORROW),
        replace(end(), performance=TOMORROW),
    )
    happened = given(*facts).when(refund(2, unapproved_max=4_500)).happened
    assert "TicketsRefunded" in names(happened)


def test_a_void_returns_no_more_than_one_person_may() -> None:
    refused = void(unapproved_max=8_999)
    given(*confirmed(1, 2)).when(refused).refused(
        SecondPersonNeeded, amount=9_000, unapproved_max=8_999
    )
    allowed = void(unapproved_max=9_000)
    assert "OrderVoided" in names(given(*confirmed(1, 2)).when(allowed).happened)
    parts = told(confirmed(1, 2), refund(1, unapproved_max=9_000))
    given(*parts).when(refused).refused(SecondPersonNeeded, amount=4_500)


def test_a_void_of_promised_money_counts_as_if_it_had_come() -> None:
    facts = told(ordered(1), settle("authorised"))
    given(*facts).when(void(unapproved_max=4_499)).refused(SecondPersonNeeded)


@pytest.mark.parametrize("by", [EVA, TOM])
def test_anybody_may_say_no(by: str) -> None:
    facts = told(confirmed(1), refund(1, unapproved_max=0))
    assert ["ApprovalDenied"] == names(given(*facts).when(deny(by=by)).happened)
    given(*told(facts, deny(by=by))).when(approve()).refused(RequestNotOpen)


@pytest.mark.parametrize(
    "otherwise",
    [[refund(1)], [hold_places(3, hold=NEXT), exchange(1)]],
    ids=["refunded", "exchanged"],
)
def test_a_request_ends_with_a_ticket_that_went_back_otherwise(
    otherwise: list[Command],
) -> None:
    asked = refund(1, 2, unapproved_max=0)
    facts = told(confirmed(1, 2), asked, *otherwise)
    given(*facts).when(approve()).refused(RequestNotOpen)
    again = refund(2, unapproved_max=0, request="r2")
    assert ["ApprovalAsked"] == names(given(*facts).when(again).happened)


def test_a_request_outlives_other_tickets() -> None:
    facts = told(confirmed(1, 2), refund(1, unapproved_max=0), refund(2))
    assert "TicketsRefunded" in names(given(*facts).when(approve()).happened)


def test_a_void_returns_all_money_also_what_was_kept() -> None:
    facts = told(confirmed(1, 2), refund(1, fee=500))
    happened = given(*facts).when(void()).happened
    assert [*RETURNED, "OrderVoided", "RefundRequested"] == names(happened)
    assert 5_000 == one(happened, RefundRequested).amount.minor


def test_a_void_gives_up_money_that_was_only_promised() -> None:
    facts = told(ordered(1), settle("authorised"))
    happened = given(*facts).when(void()).happened
    assert [*RETURNED, "OrderVoided", "PaymentGivenUp"] == names(happened)
    late = given(*facts, *happened).when(settle("captured")).happened
    assert ["PaymentCaptured", "RefundRequested"] == names(late)


def test_a_performance_that_is_called_off_returns_everything() -> None:
    facts = told(confirmed(1, 2), call_off())
    happened = given(*facts).when(end()).happened
    assert [
        "TicketReturned",
        "TicketReturned",
        "CartHoldReturned",
        "TicketsRefunded",
        "RefundRequested",
    ] == names(happened)
    assert 9_000 == one(happened, RefundRequested).amount.minor
    given(*facts, *happened).when(end()).then()
    given(*confirmed(1)).when(end()).then()


def test_a_performance_that_is_called_off_ends_what_is_open() -> None:
    happened = given(*told(ordered(1), call_off())).when(end()).happened
    assert "performance" == one(happened, OrderCancelled).reason
    assert "PaymentGivenUp" in names(happened)
    happened = given(*told(SWAPPING, call_off())).when(end()).happened
    assert {"ExchangeAbandoned", "TicketsRefunded"} <= {*names(happened)}


def test_a_performance_that_is_called_off_gives_promised_money_up() -> None:
    facts = told(ordered(1), settle("authorised"), call_off())
    happened = given(*facts).when(end()).happened
    assert "PaymentGivenUp" in names(happened)
    assert 0 == one(happened, TicketsRefunded).amount.minor

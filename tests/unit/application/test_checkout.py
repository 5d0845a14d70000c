from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec
import pytest

from boxoffice.application.processes.checkout import (
    TOUCHED_MAX,
    Action,
    Call,
    Tell,
    due,
    landed,
    react,
)
from boxoffice.application.processes.checkout_state import REST_AFTER, Checkout
from boxoffice.domain.catalogue.commands import CancelPerformance, MovePerformance
from boxoffice.domain.ids import AttemptId, RefundId, StreamId
from boxoffice.domain.message import Event, Fact
from boxoffice.domain.money import Money
from boxoffice.domain.orders.commands import (
    CancelOrder,
    EndForPerformance,
    ExpireOrder,
    PayOrder,
    RefundTickets,
    VoidOrder,
)
from boxoffice.domain.orders.events import (
    AlternativeDeclined,
    AlternativeOffered,
    ExchangeAbandoned,
    ExchangePlaced,
    OrderConfirmed,
    TicketRef,
)
from boxoffice.domain.payments.commands import SettleRefund
from boxoffice.domain.payments.events import PaymentCaptured, PaymentRequested
from boxoffice.testing import (
    ANN,
    ATTEMPT,
    FULL_PRICE,
    NOON,
    ORDER,
    PERFORMANCE,
    confirmed,
    on_sale,
    ordered,
    settle,
    told,
)

Story = Sequence[tuple[StreamId, Event]]
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
MONTH = timedelta(days=30)
MOST = 100


def after(story: Iterable[tuple[StreamId, Event]], *, at: datetime = NOON) -> Checkout:
    state = Checkout()
    tell(state, story, at=at)
    return state


def tell(
    state: Checkout, story: Iterable[tuple[StreamId, Event]], *, at: datetime = NOON
) -> None:
    for number, (stream, event) in enumerate(story, start=1):
        react(state, Fact(number, stream, 0, at, event))


def kinds(state: Checkout, *, at: datetime = NOON) -> list[tuple[str, str]]:
    return [name(action) for action in due(state, at, actions_max=MOST)]


def name(action: Action) -> tuple[str, str]:
    if isinstance(action, Call):
        return action.kind, action.name
    return type(action.command).__name__, action.command.order


def refunded() -> list[tuple[StreamId, Event]]:
    return told(
        confirmed(1),
        RefundTickets(
            now=NOON,
            performance=PERFORMANCE,
            order=ORDER,
            buyer=None,
            tickets=(TicketRef(PERFORMANCE, 1),),
            by="staff:Eve",
            note="",
            request="wish-1",
        ),
    )


def refund_call(state: Checkout) -> Call:
    (call,) = due(state, NOON, actions_max=MOST)
    assert isinstance(call, Call)
    return call


def refund_news(call: Call, status: str, *, retry: str = "retry-1") -> SettleRefund:
    return SettleRefund(
        now=NOON,
        performance=PERFORMANCE,
        order=ORDER,
        refund=RefundId(call.name),
        reference="re_1",
        status=status,  # type: ignore[arg-type]  # the test's own words
        amount=call.amount,
        retry=RefundId(retry),
    )


def cancelled(story: Story) -> list[tuple[StreamId, Event]]:
    command = CancelPerformance(
        now=NOON, performance=PERFORMANCE, by="staff:Eve", reason="storm"
    )
    return told(story, command)


def test_a_request_to_pay_is_put_to_the_provider_under_its_own_name() -> None:
    (call,) = due(after(ordered(1)), NOON, actions_max=MOST)
    assert isinstance(call, Call)
    assert (call.kind, call.name, call.order) == ("start", ATTEMPT, ORDER)
    assert (call.amount, call.method) == (FULL_PRICE, "card")
    assert call.performance == PERFORMANCE


def test_a_call_that_was_not_answered_is_made_again_with_pauses() -> None:
    state = after(ordered(1))
    (call,) = due(state, NOON, actions_max=MOST)
    assert kinds(state, at=NOON + MINUTE) == []
    landed(state, call, now=NOON, over=False)
    assert kinds(state, at=NOON + 0.1 * SECOND) == []
    assert kinds(state, at=NOON + 0.2 * SECOND) == [("start", ATTEMPT)]


def test_after_a_restart_an_answered_request_is_not_put_again() -> None:
    story = told(ordered(1), settle("declined"))
    assert kinds(after(story)) == []


def test_who_waits_for_the_buyer_is_looked_up_now_and_then() -> None:
    state = after(told(ordered(1), settle("needs_action")))
    assert kinds(state, at=NOON + SECOND) == []
    (call,) = due(state, NOON + 2 * SECOND, actions_max=MOST)
    assert isinstance(call, Call)
    assert (call.kind, call.reference) == ("look_up", f"pay-{ATTEMPT}")
    landed(state, call, now=NOON + 2 * SECOND, over=False)
    assert kinds(state, at=NOON + 3.9 * SECOND) == []
    assert kinds(state, at=NOON + 4 * SECOND) == [("look_up", ATTEMPT)]


def test_processing_money_is_looked_up_too() -> None:
    state = after(told(ordered(1), settle("processing")))
    assert kinds(state, at=NOON + 2 * SECOND) == [("look_up", ATTEMPT)]


def test_promised_money_is_captured_once_the_order_is_confirmed() -> None:
    story = told(ordered(1), settle("authorised"))
    assert kinds(after(story)) == [("capture", ATTEMPT)]
    unconfirmed = [fact for fact in story if not isinstance(fact[1], OrderConfirmed)]
    assert kinds(after(unconfirmed)) == []


def test_captured_money_needs_nothing_more_and_the_order_is_forgotten() -> None:
    state = after(confirmed(1))
    assert kinds(state, at=NOON + MINUTE) == []
    assert state.orders == {}
    assert state.houses[PERFORMANCE].orders == {ORDER}


def test_an_unpaid_order_is_ended_a_second_after_its_time() -> None:
    story = told(ordered(1), settle("declined"))
    state = after(story)
    assert kinds(state, at=NOON + 10 * MINUTE) == []
    now = NOON + 10 * MINUTE + SECOND
    (action,) = due(state, now, actions_max=MOST)
    assert isinstance(action, Tell)
    assert action.command == ExpireOrder(now=now, performance=PERFORMANCE, order=ORDER)
    tell(state, told(story, action.command)[len(story) :], at=now)
    landed(state, action, now=now, over=False)
    assert kinds(state, at=now + MINUTE) == []
    assert state.orders == {}


def test_what_was_given_up_is_cancelled_until_the_provider_says_how_it_ended() -> None:
    waiting = told(ordered(1), settle("needs_action"))
    story = told(
        waiting,
        ExpireOrder(now=NOON + 11 * MINUTE, performance=PERFORMANCE, order=ORDER),
    )
    state = after(story)
    (call,) = due(state, NOON, actions_max=MOST)
    assert isinstance(call, Call)
    assert (call.kind, call.reference) == ("cancel", f"pay-{ATTEMPT}")
    landed(state, call, now=NOON, over=False)
    assert kinds(state, at=NOON + SECOND) == [("cancel", ATTEMPT)]
    tell(state, told(story, settle("cancelled"))[len(story) :])
    landed(state, call, now=NOON, over=False)
    assert kinds(state, at=NOON + MINUTE) == []
    assert state.orders == {}


def test_an_attempt_that_was_given_up_before_any_answer_has_no_reference() -> None:
    story = told(
        ordered(1),
        CancelOrder(
            now=NOON, performance=PERFORMANCE, order=ORDER, buyer=ANN, by=f"buyer:{ANN}"
        ),
    )
    (call,) = due(after(story), NOON, actions_max=MOST)
    assert isinstance(call, Call)
    assert (call.kind, call.reference) == ("cancel", "")


def test_a_second_attempt_is_a_call_of_its_own() -> None:
    second = AttemptId("attempt-2")
    story = told(
        ordered(1),
        settle("declined"),
        PayOrder(
            now=NOON, performance=PERFORMANCE, order=ORDER, buyer=ANN, attempt=second
        ),
    )
    assert kinds(after(story)) == [("start", second)]


def test_a_refund_is_asked_for_of_the_payment_it_came_from() -> None:
    call = refund_call(after(refunded()))
    assert (call.kind, call.order, call.amount) == ("refund", ORDER, FULL_PRICE)
    assert (call.reference, call.performance) == (f"pay-{ATTEMPT}", PERFORMANCE)


def test_a_refund_under_way_is_looked_up_by_its_own_reference() -> None:
    story = refunded()
    state = after(story)
    call = refund_call(state)
    tell(state, told(story, refund_news(call, "pending"))[len(story) :])
    landed(state, call, now=NOON, over=False)
    (again,) = due(state, NOON + SECOND, actions_max=MOST)
    assert isinstance(again, Call)
    assert (again.kind, again.reference) == ("look_up_refund", "re_1")


def test_a_refund_that_is_back_is_forgotten() -> None:
    story = refunded()
    state = after(story)
    call = refund_call(state)
    tell(state, told(story, refund_news(call, "succeeded"))[len(story) :])
    landed(state, call, now=NOON, over=False)
    assert kinds(state, at=NOON + MINUTE) == []
    assert state.orders == {}


def test_a_refund_that_failed_is_tried_anew_ever_more_rarely() -> None:
    story = refunded()
    state, now = after(story), NOON
    for number, minutes in enumerate((5, 10, 20, 40, 80, 160, 320, 640, 1_280), 1):
        (call,) = due(state, now, actions_max=MOST)
        assert isinstance(call, Call)
        news = refund_news(call, "failed", retry=f"retry-{number}")
        known = len(story)
        story = told(story, news)
        tell(state, story[known:], at=now)
        landed(state, call, now=now, over=False)
        now += timedelta(minutes=minutes)
        assert kinds(state, at=now - SECOND) == []
    assert kinds(state, at=now) == [("refund", "retry-9")]


def test_every_order_of_a_performance_called_off_is_ended() -> None:
    (paid,) = due(after(cancelled(confirmed(1))), NOON, actions_max=MOST)
    assert isinstance(paid, Tell)
    assert paid.command == EndForPerformance(
        now=NOON, performance=PERFORMANCE, order=ORDER
    )
    assert ("EndForPerformance", ORDER) in kinds(after(cancelled(ordered(1))))


def test_an_order_that_was_ended_for_its_performance_is_not_ended_again() -> None:
    story = cancelled(confirmed(1))
    end = EndForPerformance(now=NOON, performance=PERFORMANCE, order=ORDER)
    done = kinds(after(told(story, end)), at=NOON + MINUTE)
    assert [kind for kind, _ in done] == ["refund"]


def test_an_end_that_must_wait_is_tried_again_and_one_that_is_over_is_not() -> None:
    for over, expected in ((False, [("EndForPerformance", ORDER)]), (True, [])):
        state = after(cancelled(confirmed(1)))
        (action,) = due(state, NOON, actions_max=MOST)
        landed(state, action, now=NOON, over=over)
        assert kinds(state, at=NOON + MINUTE) == expected


def moved(story: Story, *, now: datetime, starts_at: datetime) -> Story:
    command = MovePerformance(
        now=now,
        performance=PERFORMANCE,
        starts_at=starts_at,
        sale_until=starts_at,
        refund_until=starts_at,
        by="staff:Eve",
        reason="storm",
    )
    return told(story, command)


def called_off_late() -> Story:
    return cancelled(confirmed(1))


def called_off_after_a_move() -> Story:
    late = NOON + MONTH + 2 * REST_AFTER
    return cancelled(moved(confirmed(1), now=late, starts_at=late + 2 * MONTH))


def called_off_without_tickets() -> Story:
    declined = told(ordered(1), settle("declined"))
    late = NOON + 11 * MINUTE
    expired = ExpireOrder(now=late, performance=PERFORMANCE, order=ORDER)
    return cancelled(told(declined, expired))


@pytest.mark.parametrize(
    ("story", "ended"),
    [
        (called_off_late(), [("EndForPerformance", ORDER)]),
        (called_off_after_a_move(), [("EndForPerformance", ORDER)]),
        (called_off_without_tickets(), []),
    ],
)
def test_whoever_watched_all_along_wants_what_a_newcomer_wants(
    story: Story, ended: list[tuple[str, str]]
) -> None:
    live = Checkout()
    late = NOON + MONTH + 2 * REST_AFTER
    for number, fact in enumerate(story, start=1):
        tell(live, [fact])
        for action in due(live, late, actions_max=MOST) if number < len(story) else ():
            landed(live, action, now=late, over=False)
    assert kinds(live, at=late) == kinds(after(story), at=late) == ended


def test_a_house_at_rest_still_knows_who_has_tickets() -> None:
    state = after(confirmed(1))
    kinds(state, at=NOON + REST_AFTER)
    house = state.houses[PERFORMANCE]
    assert (house.orders, house.resting) == (set(), ORDER)


def test_a_house_without_tickets_is_forgotten() -> None:
    story = cancelled(confirmed(1))
    end = EndForPerformance(now=NOON, performance=PERFORMANCE, order=ORDER)
    state = after(told(story, end))
    kinds(state, at=NOON + REST_AFTER)
    assert state.houses == {}


def test_a_house_that_wakes_up_lets_go_of_who_gave_tickets_back() -> None:
    story = confirmed(1)
    state = after(story)
    late = NOON + 2 * REST_AFTER
    kinds(state, at=late)
    void = VoidOrder(
        now=NOON,
        performance=PERFORMANCE,
        order=ORDER,
        by="staff:Eve",
        note="",
        window_s=60,
        unapproved_max=4_500,
    )
    tell(state, told(story, void)[len(story) :], at=late)
    assert state.houses[PERFORMANCE].codes() == set()


def test_a_refund_of_a_forgotten_order_does_not_know_the_performance() -> None:
    story = refunded()
    refund = [fact for fact in story if "Refund" in type(fact[1]).__name__]
    alone = [fact for fact in refund if "Tickets" not in type(fact[1]).__name__]
    assert refund_call(after(alone)).performance == ""


def test_an_offer_ends_with_its_time_unless_it_was_declined() -> None:
    offered = AlternativeOffered(
        order=ORDER,
        performance=PERFORMANCE,
        buyer=ANN,
        hold="spare",
        lines=(),
        until=NOON + 15 * MINUTE,
    )
    where = on_sale()[0][0]
    state = after([(where, offered)])
    assert kinds(state, at=NOON + 15 * MINUTE) == []
    late = NOON + 15 * MINUTE + SECOND
    assert kinds(state, at=late) == [("ExpireOrder", ORDER)]
    declined = AlternativeDeclined(order=ORDER, hold="spare")
    state = after([(where, offered), (where, declined)])
    assert kinds(state, at=late) == []


def exchanging() -> list[tuple[StreamId, Event]]:
    where = on_sale()[0][0]
    placed = ExchangePlaced(
        order=ORDER,
        exchange="exchange-1",
        tickets=(TicketRef(PERFORMANCE, 1),),
        performance="f" * 24,
        buyer=ANN,
        hold="hold-2",
        lines=(),
        due=Money(500, "USD"),
        fee=Money(0, "USD"),
        pay_by=NOON + 5 * MINUTE,
        by="staff:Eve",
    )
    requested = PaymentRequested(
        order=ORDER,
        attempt="attempt-2",
        amount=Money(500, "USD"),
        method="card",
        instrument="",
        purpose="exchange",
    )
    return [*confirmed(1), (where, placed), (where, requested)]


def test_an_exchange_is_paid_for_and_ends_with_its_time() -> None:
    state = after(exchanging())
    assert kinds(state) == [("start", "attempt-2")]
    late = NOON + 5 * MINUTE + SECOND
    assert kinds(state, at=late) == [("ExpireOrder", ORDER)]


def test_an_exchange_that_was_abandoned_has_no_limit_any_more() -> None:
    where = on_sale()[0][0]
    over = ExchangeAbandoned(order=ORDER, exchange="exchange-1", reason="expired")
    state = after([*exchanging(), (where, over)])
    assert ("ExpireOrder", ORDER) not in kinds(state, at=NOON + 10 * MINUTE)


def test_an_order_that_cannot_be_followed_holds_up_no_other() -> None:
    state = after(ordered(1))
    other = [(where, _for_order(e, "OTHER")) for where, e in ordered(1) if _of_order(e)]
    tell(state, other)
    state.orders[ORDER].attempts.clear()
    assert kinds(state) == [("start", ATTEMPT)]
    assert (state.aside, list(state.orders)) == ({ORDER}, ["OTHER"])
    tell(state, told(ordered(1), settle("authorised")))
    assert list(state.orders) == ["OTHER"]


def test_money_for_an_attempt_settled_long_ago_is_taken_note_of() -> None:
    story = told(ordered(1), settle("declined"))
    late = PaymentCaptured(
        order=ORDER,
        provider="sandbox",
        attempt=ATTEMPT,
        reference="pi_1",
        amount=FULL_PRICE,
    )
    state = after([*story, (story[0][0], late)])
    assert ("start", ATTEMPT) not in kinds(state)


def test_a_long_log_of_settled_orders_leaves_only_who_has_tickets() -> None:
    story = [(where, event) for where, event in confirmed(1) if _of_order(event)]
    state = after(on_sale())
    for number in range(3_000):
        tell(state, [(where, _for_order(e, f"{number}")) for where, e in story])
    assert len(state.orders) <= TOUCHED_MAX + 1
    assert kinds(state, at=NOON + MINUTE) == []
    assert state.orders == {}
    assert len(state.houses[PERFORMANCE].orders) == 3_000


def _of_order(event: Event) -> bool:
    return type(event).__name__.startswith(("Order", "Payment"))


def _for_order(event: Event, code: str) -> Event:
    return msgspec.structs.replace(event, order=code)

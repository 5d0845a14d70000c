"""What staff may do about money that the provider could not give back."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from boxoffice.domain.decider import Decision
from boxoffice.domain.ids import RefundId
from boxoffice.domain.message import Command
from boxoffice.domain.payments import commands as ask
from boxoffice.domain.payments.decide import REFUND_TRIES_MAX
from boxoffice.domain.payments.events import (
    RefundFailed,
    RefundPaidOut,
    RefundRequested,
    RefundSettled,
)
from boxoffice.domain.payments.state import PAYMENT
from boxoffice.errors import AlreadyExists, NotFound, RefundNotStuck, SamePerson
from boxoffice.testing import (
    ATTEMPT,
    FULL_PRICE,
    NOON,
    ORDER,
    PERFORMANCE,
    confirmed,
    given,
    told,
)
from tests.unit.domain.asked import EVA, TOM, names, one, refund, refund_news

LAST, NEXT = RefundId(f"t{REFUND_TRIES_MAX}"), RefundId("again")


def stuck() -> Decision:
    """Buy, give back, and have every try fail."""
    facts = told(confirmed(1), refund(1))
    name = RefundId(one(facts, RefundRequested).refund)
    for number in range(2, REFUND_TRIES_MAX + 2):
        following = RefundId(f"t{number}")
        facts = told(facts, refund_news(name, retry=following))
        name = following
    return facts


def retry(name: RefundId = LAST, *, into: RefundId = NEXT) -> ask.RetryRefund:
    return ask.RetryRefund(
        now=NOON,
        performance=PERFORMANCE,
        order=ORDER,
        refund=name,
        retry=into,
        by=EVA,
    )


def pay_out(name: RefundId = LAST, *, by: str = EVA) -> ask.PayOutRefund:
    return ask.PayOutRefund(
        now=NOON,
        performance=PERFORMANCE,
        order=ORDER,
        refund=name,
        by=by,
        note="in cash",
    )


def confirm(name: RefundId = LAST, *, by: str = TOM) -> ask.ConfirmPayOut:
    return ask.ConfirmPayOut(
        now=NOON, performance=PERFORMANCE, order=ORDER, refund=name, by=by
    )


def test_a_refund_that_failed_for_good_is_tried_again_from_the_first_try() -> None:
    happened = given(*stuck()).when(retry()).happened
    asked = one(happened, RefundRequested)
    assert (NEXT, LAST, EVA) == (asked.refund, asked.replaces, asked.by)
    assert (f"pay-{ATTEMPT}", FULL_PRICE) == (asked.reference, asked.amount)
    news = refund_news(NEXT, retry=RefundId("next"))
    failed = given(*told(stuck(), retry())).when(news).happened
    assert RefundId("next") == one(failed, RefundFailed).retry


def test_money_that_is_tried_again_counts_once() -> None:
    facts = told(stuck(), retry())
    payment = PAYMENT.fold(e for _, e in facts if isinstance(e, PAYMENT.events))
    assert FULL_PRICE.minor == payment.refunded()


def test_money_given_back_by_hand_needs_two_people() -> None:
    happened = given(*stuck()).when(pay_out()).happened
    assert (EVA, "in cash") == (
        one(happened, RefundPaidOut).by,
        one(happened, RefundPaidOut).note,
    )
    paid = told(stuck(), pay_out())
    given(*paid).when(confirm(by=EVA)).refused(SamePerson)
    settled = one(given(*paid).when(confirm()).happened, RefundSettled)
    assert (EVA, TOM, "in cash") == (settled.by, settled.approver, settled.note)
    assert FULL_PRICE == settled.amount


@pytest.mark.parametrize(
    ("facts", "command"),
    [
        (told(stuck(), retry()), retry(into=RefundId("other"))),
        (told(stuck(), retry()), pay_out()),
        (told(stuck(), pay_out(), retry()), confirm()),
        (told(stuck(), pay_out()), pay_out(by=TOM)),
        (stuck(), confirm()),
        (told(stuck(), pay_out(), confirm()), retry()),
        (told(stuck(), pay_out(), confirm()), pay_out()),
        (told(stuck(), pay_out(), confirm()), confirm()),
        (stuck(), pay_out(RefundId("t2"))),
    ],
)
def test_what_is_not_owed_is_left_alone(facts: Decision, command: Command) -> None:
    given(*facts).when(command).refused(RefundNotStuck)


@pytest.mark.parametrize("command", [retry(), pay_out(), confirm()])
def test_there_must_be_such_a_refund(command: Command) -> None:
    given(*stuck()).when(replace(command, refund=RefundId("?"))).refused(NotFound)
    given(*confirmed(1)).when(command).refused(NotFound)


def test_a_refund_has_a_name_of_its_own() -> None:
    given(*stuck()).when(retry(into=LAST)).refused(AlreadyExists)


def test_a_refund_paid_out_and_tried_again_needs_no_second_person() -> None:
    facts = told(stuck(), pay_out(), retry())
    done = refund_news(NEXT, retry=NEXT, status="succeeded")
    assert ["RefundCompleted"] == names(given(*facts).when(done).happened)

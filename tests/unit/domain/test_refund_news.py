"""What becomes of money on its way back, by what the provider says of it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from boxoffice.domain.decider import Decision
from boxoffice.domain.ids import RefundId
from boxoffice.domain.money import Money
from boxoffice.domain.payments.commands import RefundStatus, SettleRefund
from boxoffice.domain.payments.events import (
    RefundAwaited,
    RefundFailed,
    RefundRequested,
)
from boxoffice.testing import FULL_PRICE, confirmed, given, told
from tests.unit.domain.asked import names, one, refund, refund_news

NAME = RefundId(
    one(given(*confirmed(1)).when(refund(1)).happened, RefundRequested).refund
)
NEXT = RefundId("next")


def news(status: RefundStatus, *, retry: RefundId = NEXT) -> SettleRefund:
    return refund_news(NAME, retry=retry, status=status)


def after(*statuses: RefundStatus) -> Decision:
    return told(confirmed(1), refund(1), *(news(status) for status in statuses))


def test_the_providers_name_for_a_refund_is_remembered_once() -> None:
    happened = given(*after()).when(news("pending")).happened
    assert "re" == one(happened, RefundAwaited).reference
    given(*after("pending")).when(news("pending")).then()
    given(*after("succeeded")).when(news("pending")).then()


def test_a_refund_that_was_awaited_is_done_or_fails() -> None:
    for status, expected in (
        ("succeeded", ["RefundCompleted"]),
        ("failed", ["RefundFailed", "RefundRequested"]),
    ):
        command = news(status)  # type: ignore[arg-type]  # both are statuses
        assert expected == names(given(*after("pending")).when(command).happened)


def test_money_that_was_back_and_came_back_to_the_house_is_sent_again() -> None:
    happened = given(*after("succeeded")).when(news("failed")).happened
    failed, again = one(happened, RefundFailed), one(happened, RefundRequested)
    assert (FULL_PRICE, NEXT) == (failed.undone, failed.retry)
    assert (NEXT, FULL_PRICE) == (again.refund, again.amount)
    given(*after("succeeded", "failed")).when(news("failed")).then()
    given(*after("succeeded", "failed")).when(news("succeeded")).then()


def test_a_refund_that_only_failed_undoes_nothing() -> None:
    happened = given(*after()).when(news("failed")).happened
    assert one(happened, RefundFailed).undone is None


@pytest.mark.parametrize("status", ["pending", "succeeded", "failed"])
@pytest.mark.parametrize(
    "amount", [Money(FULL_PRICE.minor - 1, "USD"), Money(4_500, "EUR")]
)
def test_a_refund_of_another_amount_is_not_believed(
    status: RefundStatus, amount: Money
) -> None:
    told_wrong = replace(news(status), amount=amount)
    given(*after()).when(told_wrong).then()

"""Late money takes nothing that its buyer could not take otherwise."""

from __future__ import annotations

import pytest

from boxoffice.domain.message import Command
from boxoffice.testing import given, hold_places, ordered, settle, told
from tests.unit.domain.asked import NEXT, call_off, expire, later, names

EXPIRED = told(ordered(1), expire())
LATE = settle("captured", now=later(700))


def more(*ordinals: int) -> Command:
    """Hold other places for the same buyer, after the order expired."""
    return hold_places(*ordinals, hold=NEXT, now=later(602))


@pytest.mark.parametrize(
    "meanwhile",
    [more(*range(2, 10)), call_off()],
    ids=["a full limit", "a cancelled performance"],
)
def test_late_money_goes_back_where_the_rules_say_no(meanwhile: Command) -> None:
    happened = given(*told(EXPIRED, meanwhile)).when(LATE).happened
    assert ["PaymentCaptured", "RefundRequested"] == names(happened)


def test_late_money_fills_the_limit_of_its_buyer() -> None:
    facts = told(EXPIRED, more(*range(2, 9)))
    assert "OrderConfirmed" in names(given(*facts).when(LATE).happened)


def test_late_money_does_not_take_the_name_of_a_hold() -> None:
    facts = told(EXPIRED, more(2))
    late = settle("captured", now=later(700), spare=NEXT)
    happened = given(*facts).when(late).happened
    assert ["PaymentCaptured", "RefundRequested"] == names(happened)

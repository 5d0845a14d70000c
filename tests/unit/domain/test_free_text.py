"""What is typed freely and kept for good names nobody, whoever types it."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from boxoffice.application.routing import ROADS
from boxoffice.domain.catalogue.commands import CloseSale
from boxoffice.domain.ids import RefundId
from boxoffice.domain.message import Command
from boxoffice.domain.payments.commands import (
    PayOutRefund,
    SettlePayment,
    SettleRefund,
)
from boxoffice.domain.promotions.commands import EndPromotion
from boxoffice.errors import BoxOfficeError, NamesSomebody
from boxoffice.testing import NOON, ORDER, PERFORMANCE, given, on_sale
from tests.unit.domain import asked

OF_THE_PROVIDER = {SettlePayment, SettleRefund}
"""Their reasons are the provider's codes: nobody types them."""
TYPED: tuple[Command, ...] = (
    asked.cancel(buyer=None, by=asked.EVA),
    asked.void(),
    asked.refund(1),
    asked.deny(),
    asked.comps(),
    asked.call_off(),
    asked.move(refund_until_s=60),
    CloseSale(now=NOON, performance=PERFORMANCE, reason=""),
    EndPromotion(now=NOON, code="SPRING", reason=""),
    PayOutRefund(
        now=NOON,
        performance=PERFORMANCE,
        order=ORDER,
        refund=RefundId("t5"),
        by=asked.EVA,
        note="",
    ),
)


def said(command: Command, words: str) -> Command:
    (field,) = command.free_text
    changes: dict[str, Any] = {field: words}
    return replace(command, **changes)


@pytest.mark.parametrize("command", TYPED, ids=lambda command: type(command).__name__)
@pytest.mark.parametrize(
    "words",
    [
        "ann@example.org called",
        "write to ann\uff20example.org",
        "card 4242424242424242",
        "card 4242 4242 4242 4242",
        "card 4242-4242-4242-4242",
        "card 4242 - 4242 - 4242 - 4242",
        "card 4242\u20134242\u20134242\u20134242",
        "phone 123456789012",
        "card \uff14\uff12\uff14\uff12\uff14\uff12\uff14\uff12\uff14\uff12\uff14\uff12",
    ],
)
def test_an_address_or_a_long_number_is_refused(command: Command, words: str) -> None:
    scenario = given(*on_sale()).when(said(command, words))
    scenario.refused(NamesSomebody, field=command.free_text[0])


@pytest.mark.parametrize("command", TYPED, ids=lambda command: type(command).__name__)
@pytest.mark.parametrize(
    "words",
    ["", "Ill", "Order 12345678901", "2026-12-31 20:00 instead of 2026-12-30 19:30"],
)
def test_other_words_are_not_looked_at(command: Command, words: str) -> None:
    scenario = given(*on_sale()).when(said(command, words))
    try:
        assert scenario.happened is not None
    except BoxOfficeError as refusal:
        assert not isinstance(refusal, NamesSomebody)  # noqa: PT017 - another rule's


def test_no_command_has_words_that_nobody_looks_at() -> None:
    words = {
        command: {"note", "reason"} & set(command.__struct_fields__)
        for command in ROADS
        if command not in OF_THE_PROVIDER
    }
    assert {c: found for c, found in words.items() if found} == {
        type(command): set(command.free_text) for command in TYPED
    }

"""Money, ids and codes."""

from __future__ import annotations

import pytest

from boxoffice.domain.ids import (
    ORDER_ALPHABET,
    BuyerId,
    allowance_stream,
    order_code,
    performance_stream,
    price_list_stream,
    split,
    ticket_stream,
)
from boxoffice.domain.money import Money, check_currency, minor_digits, total
from boxoffice.errors import Invalid
from boxoffice.testing import ANN, BOB, PERFORMANCE


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(4500, "USD"), "USD 45.00"),
        (Money(123456705, "EUR"), "EUR 1,234,567.05"),
        (Money(-5, "USD"), "USD -0.05"),
        (Money(4500, "JPY"), "JPY 4,500"),
        (Money(4500, "KWD"), "KWD 4.500"),
        (Money(4500, "XYZ"), "XYZ 4,500"),
    ],
)
def test_money_reads_like_money(money: Money, text: str) -> None:
    assert text == str(money)


@pytest.mark.parametrize(
    ("currency", "digits"),
    [("USD", 2), ("HUF", 2), ("ISK", 0), ("UGX", 0), ("VND", 0), ("OMR", 3)],
)
def test_each_currency_has_its_own_decimals(currency: str, digits: int) -> None:
    assert digits == minor_digits(currency)


@pytest.mark.parametrize("currency", ["", "usd", "XYZ", "XAU", "US", "USDX"])
def test_what_is_no_currency_has_none(currency: str) -> None:
    with pytest.raises(Invalid, match="is not an ISO 4217 currency"):
        minor_digits(currency)
    with pytest.raises(Invalid, match="is not an ISO 4217 currency"):
        check_currency(currency)


@pytest.mark.parametrize("currency", ["BHD", "JOD", "KWD", "OMR", "TND", "MGA"])
def test_tickets_are_not_sold_in_what_cards_pay_coarsely(currency: str) -> None:
    with pytest.raises(Invalid, match=f"Tickets are not sold in {currency}"):
        check_currency(currency)


def test_currencies_are_never_mixed() -> None:
    with pytest.raises(ValueError, match="cannot add EUR to USD"):
        Money(1, "USD").plus(Money(1, "EUR"))


def test_the_total_of_nothing_is_zero() -> None:
    assert Money(0, "USD") == total([], "USD")
    assert Money(6, "USD") == total([Money(n, "USD") for n in (1, 2, 3)], "USD")


def test_everything_about_a_performance_lies_in_its_family() -> None:
    streams = [
        performance_stream(PERFORMANCE),
        ticket_stream(PERFORMANCE, 7),
        price_list_stream(PERFORMANCE),
        allowance_stream(PERFORMANCE, ANN),
    ]
    assert {PERFORMANCE} == {split(stream)[0] for stream in streams}
    assert len(streams) == len(set(streams))
    assert (PERFORMANCE, 7) == split(streams[1])


def test_buyers_have_streams_of_their_own_above_the_places() -> None:
    ann, bob = (allowance_stream(PERFORMANCE, buyer) for buyer in (ANN, BOB))
    assert ann != bob
    assert ann == allowance_stream(PERFORMANCE, BuyerId("a" * 32))
    assert split(ann)[1] >= 0x8000_0000


def test_order_codes_can_be_read_aloud() -> None:
    code = order_code(bytes(range(8)))
    assert 10 == len(code)
    assert set(code) <= set(ORDER_ALPHABET)
    assert code != order_code(bytes(range(1, 9)))

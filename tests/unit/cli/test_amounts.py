"""Money and times as they are typed."""

from datetime import UTC, datetime

import pytest

from boxoffice.cli.amounts import money
from boxoffice.cli.programme import moment
from boxoffice.domain.money import Money
from boxoffice.errors import Invalid


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("89", "USD", 8900),
        (" 89.5 ", "USD", 8950),
        ("0.05", "EUR", 5),
        ("1500", "JPY", 1500),
        ("1.234", "KWD", 1234),
    ],
)
def test_amounts_become_minor_units(text: str, currency: str, minor: int) -> None:
    assert money(text, currency=currency) == Money(minor, currency)


@pytest.mark.parametrize(
    "text", ["", "-1", "1e3", "1,50", "NaN", "\u0661", "1.", ".5", "9" * 13, "USD 5"]
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="is not an amount"):
        money(text, currency="USD")


@pytest.mark.parametrize(("text", "currency"), [("1.005", "USD"), ("1.5", "JPY")])
def test_an_amount_finer_than_its_currency_is_refused(text: str, currency: str) -> None:
    with pytest.raises(Invalid, match=f"finer than {currency}"):
        money(text, currency=currency)


def test_an_amount_in_no_currency_is_refused() -> None:
    with pytest.raises(Invalid, match="'XYZ' is not an ISO 4217 currency"):
        money("12.50", currency="XYZ")


def test_a_time_without_an_offset_is_the_zones() -> None:
    berlin = moment("2026-12-31T20:00", zone="Europe/Berlin")
    assert berlin == datetime(2026, 12, 31, 19, tzinfo=UTC)


def test_a_time_with_an_offset_is_what_it_says() -> None:
    given = moment("2026-12-31T20:00-08:00", zone="Europe/Berlin")
    assert given == datetime(2027, 1, 1, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "zone", "told"),
    [
        ("tomorrow", "Europe/Berlin", "'tomorrow' is not a time"),
        ("2026-12-31T20:00", "Europe/Atlantis", "is not a time zone"),
        ("2026-12-31T20:00", "../etc", "is not a time zone"),
    ],
)
def test_what_is_no_time_is_refused(text: str, zone: str, told: str) -> None:
    with pytest.raises(Invalid, match=told):
        moment(text, zone=zone)

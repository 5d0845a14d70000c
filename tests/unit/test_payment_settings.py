"""Who takes the money follows from the settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from boxoffice.application.ports.payments import Method
from boxoffice.bootstrap import open_container
from boxoffice.domain.money import Money
from boxoffice.errors import Misconfigured
from boxoffice.infrastructure.payments.stripe_wire import StripeWire
from boxoffice.settings import Settings


async def provider_name(settings: Settings) -> str:
    async with open_container(settings) as container:
        return container.payments.name


async def test_a_house_in_memory_has_its_provider_in_memory() -> None:
    assert await provider_name(Settings(log_url="memory://")) == "memory"


async def test_a_url_means_the_wire() -> None:
    url = "https://payments.example"
    settings = Settings(log_url="memory://", payments_url=url, payments_key="sk_x")
    assert await provider_name(settings) == "stripe-wire"


async def test_as_many_calls_go_over_the_wire_as_may_be_under_way() -> None:
    settings = Settings(
        log_url="memory://",
        payments_url="https://payments.example",
        payments_in_flight=77,
    )
    async with open_container(settings) as container:
        assert isinstance(container.payments, StripeWire)
        assert container.payments.connections_max == 77


async def test_a_house_on_disk_that_nobody_gave_a_provider_says_so(
    tmp_path: Path,
) -> None:
    async with open_container(Settings(data=str(tmp_path))) as container:
        with pytest.raises(Misconfigured, match="BOXOFFICE_PAYMENTS_URL"):
            await container.payments.start(
                attempt="try-1",
                order="ABC",
                amount=Money(1, "EUR"),
                method=Method("card"),
                return_url="",
            )


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (Settings(log_url="memory://", payments_url="stripe"), "PAYMENTS_URL"),
        (
            Settings(log_url="memory://", payments_webhook_secrets="a, b,c"),
            "PAYMENTS_WEBHOOK_SECRETS",
        ),
    ],
)
async def test_what_cannot_be_is_said_at_the_start(
    settings: Settings, named: str
) -> None:
    with pytest.raises(Misconfigured, match=named):
        await provider_name(settings)

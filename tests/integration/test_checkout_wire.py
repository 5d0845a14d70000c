"""The checkout process against a sandbox over the wire, with what only that does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from boxoffice.application.queries.orders import KnownOrder
from boxoffice.infrastructure.payments.stripe_wire import StripeWire
from boxoffice.sandbox.ledger import Standing, standings
from boxoffice.sandbox.server import API_KEY, running_sandbox
from tests.checkout_shop import Shop, back, failed, paid, refunded
from tests.read_side import reacting


class Bank:
    """A sandbox with its controls, and the books it keeps."""

    def __init__(self, url: str, books: Path, session: aiohttp.ClientSession) -> None:
        self._url = f"{url}/v1/sandbox"
        self._books = books
        self._session = session

    async def control(self, name: str, **body: Any) -> None:
        key = {"Authorization": f"Bearer {API_KEY}"}
        async with self._session.post(
            f"{self._url}/{name}", json=body, headers=key
        ) as answer:
            assert answer.status == 200, await answer.text()

    def standing(self) -> Standing:
        (found,) = standings(self._books)
        return found


@pytest.fixture
async def bank(tmp_path: Path) -> AsyncIterator[Bank]:
    books = tmp_path / "books.sqlite"
    async with (
        running_sandbox(data=str(books)) as url,
        aiohttp.ClientSession() as session,
    ):
        yield Bank(url, books, session)


@pytest.fixture
async def shop(bank: Bank) -> AsyncIterator[Shop]:
    url = bank._url.removesuffix("/v1/sandbox")
    wire = StripeWire(url, key=API_KEY, timeout_s=5.0)
    yield Shop(wire=wire)
    await wire.close()


def under_way(known: KnownOrder) -> bool:
    return any(refund.reference for refund in known.payment.refunds.values())


async def test_a_refund_is_made_once_though_the_provider_forgot_its_key(
    bank: Bank, shop: Shop
) -> None:
    async with reacting(shop.house):
        code = await shop.order(1, "pm_card_pendingRefund")
        await shop.becomes(code, paid, "the order is paid")
        await refunded(shop, code, fee=2_500)
        await shop.becomes(code, under_way, "the refund is under way")
    await bank.control("forget-keys")
    async with reacting(shop.house):
        await shop.becomes(code, back, "the money is back")
    assert (bank.standing().captured, bank.standing().refunded) == (4_500, 2_000)


@pytest.mark.parametrize("when", ["error_before", "error_after"])
async def test_a_capture_whose_error_is_kept_under_its_key_is_made_all_the_same(
    bank: Bank, shop: Shop, when: str
) -> None:
    await bank.control("faults", calls=[once("capture", when)])
    async with reacting(shop.house):
        code = await shop.order(1, "pm_card_visa")
        await shop.becomes(code, paid, "the order is paid")
    assert (bank.standing().reserved, bank.standing().captured) == (0, 4_500)


@pytest.mark.parametrize("when", ["error_before", "error_after"])
async def test_a_cancel_whose_error_is_kept_under_its_key_is_made_all_the_same(
    bank: Bank, shop: Shop, when: str
) -> None:
    await bank.control("faults", calls=[once("cancel", when)])
    async with reacting(shop.house):
        code = await shop.order(1, "")
        await shop.becomes(code, lambda k: bool(k.payment.open()), "it was asked for")
        shop.later(timedelta(minutes=11))
        await shop.becomes(code, failed, "the attempt failed")
    assert bank.standing().status == "canceled"


def once(operation: str, when: str) -> dict[str, Any]:
    """Fail one call, and give the same failure for ever under its key."""
    return {"operations": [operation], when: 1.0, "is_kept": True, "times": 1}

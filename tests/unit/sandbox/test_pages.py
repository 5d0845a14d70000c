"""The hosted pages, as a browser without scripts meets them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sandbox.bank import Bank

BACK = "https://house.test/back?order=7"


async def opened(bank: Bank, **more: Any) -> tuple[dict[str, Any], str]:
    fields: dict[str, Any] = {
        "amount": 5_000,
        "currency": "usd",
        "capture_method": "manual",
    }
    _, intent = await bank.post(
        "payment_intents", **(fields | {"return_url": BACK} | more)
    )
    return intent, f"/pay/{intent['id']}?client_secret={intent['client_secret']}"


@pytest.mark.parametrize(
    ("expiry", "cvc", "sentence"),
    [
        ("13/34", "123", "Write the expiry as month and year"),
        ("soon", "123", "Write the expiry as month and year"),
        ("12 / 26", "123", "Your card has expired"),
        ("12 / 34", "12", "The security code has three or four digits"),
        ("12 / 34", "abc", "The security code has three or four digits"),
    ],
)
async def test_a_misprint_is_said_in_a_sentence(
    bank: Bank, expiry: str, cvc: str, sentence: str
) -> None:
    intent, url = await opened(bank)
    card = {"number": "4242 4242 4242 4242", "expiry": expiry, "cvc": cvc}
    answer = await bank.client.post(url, data=card)
    assert 422 == answer.status_code
    assert sentence in answer.text
    assert "requires_payment_method" == (await bank.intent(intent["id"]))["status"]


async def test_a_buyer_who_paid_goes_back_with_the_outcome(bank: Bank) -> None:
    intent, url = await opened(bank)
    card = {"number": "4242 4242 4242 4242", "expiry": "12 / 34", "cvc": "123"}
    answer = await bank.client.post(url, data=card)
    query = f"&payment_intent={intent['id']}&redirect_status=succeeded"
    assert (303, BACK + query) == (answer.status_code, answer.headers["Location"])
    again = await bank.client.post(url, data=card)
    assert "Nothing to do" in again.text
    assert 5_000 == bank.total("reserved")


async def test_a_card_may_lead_to_the_bank_and_back(bank: Bank) -> None:
    intent, url = await opened(bank)
    answer = await bank.client.post(url, data={"number": "4000002500003155"})
    assert answer.headers["Location"].startswith(f"http://bank.test/3ds/{intent['id']}")
    back = await bank.client.post(answer.headers["Location"], data={"agreed": "yes"})
    assert back.headers["Location"].endswith("redirect_status=succeeded")


async def test_a_card_may_be_declined_after_the_bank_agreed(bank: Bank) -> None:
    intent, url = await opened(bank)
    answer = await bank.client.post(url, data={"number": "4000008400001629"})
    back = await bank.client.post(answer.headers["Location"], data={"agreed": "yes"})
    assert back.headers["Location"].endswith("redirect_status=failed")
    after = await bank.intent(intent["id"])
    assert "insufficient_funds" == after["last_payment_error"]["decline_code"]


@pytest.mark.parametrize(
    ("button", "status", "outcome"),
    [("paid", "succeeded", "succeeded"), ("later", "processing", "pending")],
)
async def test_pix_is_paid_or_left_processing(
    bank: Bank, button: str, status: str, outcome: str
) -> None:
    intent, url = await opened(
        bank, payment_method_types__0="pix", capture_method="automatic"
    )
    assert f"SANDBOX{intent['id']}" in (await bank.client.get(url)).text
    answer = await bank.client.post(url, data={"pix": button})
    assert answer.headers["Location"].endswith(f"redirect_status={outcome}")
    assert status == (await bank.intent(intent["id"]))["status"]


@pytest.mark.parametrize("page", ["pay", "3ds"])
@pytest.mark.parametrize("secret", ["", "?client_secret=x", "?client_secret=%ff"])
async def test_nobody_sees_the_payment_of_another(
    bank: Bank, page: str, secret: str
) -> None:
    _, intent = await bank.pay("pm_card_authenticationRequired")
    for method in ("GET", "POST"):
        answer = await bank.client.request(method, f"/{page}/{intent['id']}{secret}")
        assert 404 == answer.status_code
        assert "There is no such payment." in answer.text


async def test_pages_carry_a_policy_without_scripts(bank: Bank) -> None:
    _, url = await opened(bank)
    page = await bank.client.get(url)
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "<script" not in page.text

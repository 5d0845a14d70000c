"""A key stands for one effect and one answer."""

from __future__ import annotations

import asyncio

import httpx

from tests.unit.sandbox.bank import Bank

FORM = {"amount": "5000", "currency": "usd"}
PAYMENT = {
    **FORM,
    "capture_method": "manual",
    "confirm": "true",
    "payment_method": "pm_card_visa",
}


async def send(bank: Bank, path: str, form: dict[str, str]) -> httpx.Response:
    headers = {"Idempotency-Key": "k"}
    return await bank.client.post(f"/v1/{path}", data=form, headers=headers)


async def test_the_same_key_gives_the_same_bytes_and_says_so(bank: Bank) -> None:
    first = await send(bank, "payment_intents", PAYMENT)
    again = await send(bank, "payment_intents", PAYMENT)
    assert first.content == again.content
    assert "Idempotent-Replayed" not in first.headers
    assert "true" == again.headers["Idempotent-Replayed"]
    assert 5_000 == bank.total("reserved")


async def test_the_same_key_on_another_path_is_refused(bank: Bank) -> None:
    _, paid = await bank.pay()
    path = f"payment_intents/{paid['id']}"
    await bank.post(f"{path}/capture", "k")
    status, refused = await bank.post(f"{path}/cancel", "k")
    assert (400, "idempotency_error") == (status, refused["error"]["type"])


async def test_a_no_of_the_payment_is_kept(bank: Bank) -> None:
    _, paid = await bank.pay(capture_method="automatic")
    path = f"payment_intents/{paid['id']}/cancel"
    first = await send(bank, path, {})
    again = await send(bank, path, {})
    assert (400, first.content) == (again.status_code, again.content)
    assert "true" == again.headers["Idempotent-Replayed"]


async def test_a_no_to_the_parameters_does_not_use_up_the_key(bank: Bank) -> None:
    wrong = await send(bank, "payment_intents", {**FORM, "amount": "-1"})
    right = await send(bank, "payment_intents", FORM)
    assert (400, 200) == (wrong.status_code, right.status_code)


async def test_fifty_at_once_have_one_effect(bank: Bank) -> None:
    answers = await asyncio.gather(
        *(send(bank, "payment_intents", PAYMENT) for _ in range(50))
    )
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert 1 == len({answer.content for answer in answers if answer.is_success})
    assert 5_000 == bank.total("reserved")


async def test_a_key_in_use_is_a_conflict(bank: Bank) -> None:
    silence = {"calls": [{"timeout_after": 1, "stall_ms": 600_000}]}
    await bank.client.post("/v1/sandbox/faults", json=silence)
    slow = asyncio.create_task(send(bank, "payment_intents", PAYMENT))
    async with asyncio.timeout(60):
        while not bank.total("reserved"):  # noqa: ASYNC110 - books ring no bell
            await asyncio.sleep(0.01)
    busy = await send(bank, "payment_intents", PAYMENT)
    assert 409 == busy.status_code
    assert "idempotency_key_in_use" == busy.json()["error"]["code"]
    slow.cancel()
    await asyncio.wait([slow])
    await bank.client.post("/v1/sandbox/faults", json={})
    again = await send(bank, "payment_intents", PAYMENT)
    assert (200, "true") == (again.status_code, again.headers["Idempotent-Replayed"])


async def test_a_key_that_was_forgotten_is_a_new_one(bank: Bank) -> None:
    _, first = await bank.pay(key="k")
    assert 200 == (await bank.client.post("/v1/sandbox/forget-keys")).status_code
    _, second = await bank.pay(key="k")
    assert first["id"] != second["id"]

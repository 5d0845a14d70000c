"""A key stands for one effect and one answer."""

from __future__ import annotations

import asyncio
from pathlib import Path

from boxoffice.sandbox.server import Opened
from tests.unit.sandbox.counter import Counter, paying


async def test_the_same_key_gives_the_same_answer_and_one_effect(
    counter: Counter,
) -> None:
    wanted = paying("pm_card_visa")
    first = await counter.post("payment_intents", "k1", **wanted)
    again = await counter.post("payment_intents", "k1", **wanted)
    assert first.content == again.content
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert {first.json()["id"]} == {
        posting["intent"] for posting in (await counter.ledger())["postings"]
    }


async def test_the_same_key_with_other_parameters_is_refused(counter: Counter) -> None:
    await counter.told("payment_intents", "k1", amount=100, currency="eur")
    status, error = await counter.refused(
        "payment_intents", "k1", amount=101, currency="eur"
    )
    assert (400, "idempotency_error") == (status, error["type"])


async def test_the_same_key_on_another_path_is_refused(counter: Counter) -> None:
    paid = await counter.pay()
    await counter.told(f"payment_intents/{paid['id']}/capture", "k1")
    status, error = await counter.refused(f"payment_intents/{paid['id']}/cancel", "k1")
    assert (400, "idempotency_error") == (status, error["type"])


async def test_a_decline_is_kept_under_its_key(counter: Counter) -> None:
    wanted = paying("pm_card_visa_chargeDeclined")
    first = await counter.post("payment_intents", "k1", **wanted)
    again = await counter.post("payment_intents", "k1", **wanted)
    assert (402, first.content) == (again.status_code, again.content)
    assert again.headers["Idempotent-Replayed"] == "true"


async def test_a_refusal_that_reached_the_payment_is_kept(counter: Counter) -> None:
    paid = await counter.pay(capture_method="automatic")
    path = f"payment_intents/{paid['id']}/cancel"
    first = await counter.post(path, "k1")
    again = await counter.post(path, "k1")
    assert (400, first.content) == (again.status_code, again.content)
    assert again.headers["Idempotent-Replayed"] == "true"


async def test_a_request_that_makes_no_sense_does_not_use_up_its_key(
    counter: Counter,
) -> None:
    await counter.refused("payment_intents", "k1", amount=-1, currency="eur")
    await counter.told("payment_intents", "k1", amount=1, currency="eur")


async def test_fifty_at_once_have_one_effect(counter: Counter) -> None:
    wanted = paying("pm_card_visa")
    answers = await asyncio.gather(
        *(counter.post("payment_intents", "k1", **wanted) for _ in range(50))
    )
    assert {answer.status_code for answer in answers} <= {200, 409}
    good = {answer.content for answer in answers if answer.status_code == 200}
    assert len(good) == 1
    assert len((await counter.ledger())["postings"]) == 2


async def test_a_key_in_use_is_a_conflict(counter: Counter) -> None:
    wanted = paying("pm_card_visa")
    await counter.client.post(
        "/v1/sandbox/faults",
        json={"calls": [{"timeout_after": 1.0, "stall_ms": 60_000}]},
    )
    slow = asyncio.create_task(counter.post("payment_intents", "k1", **wanted))
    async with asyncio.timeout(30):
        while not (await counter.ledger())["postings"]:
            await asyncio.sleep(0.01)
    status, error = await counter.refused("payment_intents", "k1", **wanted)
    assert (409, "idempotency_key_in_use") == (status, error["code"])
    slow.cancel()
    await asyncio.wait([slow])
    await counter.client.post("/v1/sandbox/faults", json={})
    answer = await counter.post("payment_intents", "k1", **wanted)
    assert answer.headers["Idempotent-Replayed"] == "true"


async def test_keys_payments_and_refunds_outlive_the_process(tmp_path: Path) -> None:
    data = str(tmp_path / "sandbox.sqlite")
    before = Counter(Opened(data=data))
    wanted = paying("pm_card_visa")
    paid = await before.told("payment_intents", "k1", **wanted)
    await before.told(f"payment_intents/{paid['id']}/capture", "k2")
    back = await before.told("refunds", "k3", payment_intent=paid["id"], amount=7)
    # The file is left open, as a killed process leaves it.
    after = Counter(Opened(data=data))
    again = await after.post("payment_intents", "k1", **wanted)
    assert (paid, "true") == (again.json(), again.headers["Idempotent-Replayed"])
    assert (
        await after.told("refunds", "k3", payment_intent=paid["id"], amount=7) == back
    )
    assert (await after.intent(paid["id"]))["status"] == "succeeded"
    assert await after.ledger() == await before.ledger()
    for counter in (before, after):
        await counter.client.aclose()
        counter.opened.ledger.close()

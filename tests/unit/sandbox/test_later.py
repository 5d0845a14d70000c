"""What comes later: late money, pending refunds, and webhooks until they are taken."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
import structlog

from boxoffice.sandbox.hooks import TRIES_MAX, signature
from boxoffice.sandbox.ledger import read_standings
from boxoffice.sandbox.server import SECRET
from tests.read_side import until
from tests.unit.sandbox.bank import Bank


class House:
    """An endpoint that takes webhooks as long as `status` says so."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.addresses: list[str] = []
        self.got: list[tuple[dict[str, Any], bytes, str]] = []

    async def post(self, address: str, body: bytes, headers: Mapping[str, str]) -> int:
        self.addresses.append(address)
        self.got.append((msgspec.json.decode(body), body, headers["Stripe-Signature"]))
        return self.status

    def kinds(self) -> list[str]:
        return [event["type"] for event, _, _ in self.got]


async def test_late_money_comes_although_a_cancel_was_tried(bank: Bank) -> None:
    _, waiting = await bank.pay("pm_sandbox_late_success")
    path = f"payment_intents/{waiting['id']}/cancel"
    status, refused = await bank.post(path, "k")
    assert (400, "payment_intent_unexpected_state") == (
        status,
        refused["error"]["code"],
    )
    bank.opened.come_late()
    assert "processing" == (await bank.intent(waiting["id"]))["status"]
    bank.now += 60
    bank.opened.come_late()
    after = await bank.intent(waiting["id"])
    assert ("succeeded", 5_000) == (after["status"], bank.total("merchant"))


async def test_a_pending_refund_arrives_later(bank: Bank) -> None:
    _, intent = await bank.pay("pm_card_pendingRefund", capture_method="automatic")
    _, back = await bank.post("refunds", payment_intent=intent["id"], amount=2_000)
    assert "pending" == back["status"]
    assert (3_000, 2_000) == (bank.total("merchant"), bank.total("refunds"))
    over = await bank.post("refunds", payment_intent=intent["id"], amount=3_001)
    assert 400 == over[0]
    bank.now += 60
    bank.opened.come_late()
    found = (await bank.client.get(f"/v1/refunds/{back['id']}")).json()
    assert {**back, "status": "succeeded"} == found
    assert (-3_000, 0) == (bank.total("instrument"), bank.total("refunds"))
    assert ["refund.created", "refund.updated"] == bank.events()[-2:]


async def test_a_refund_to_a_dead_card_succeeds_and_comes_back(bank: Bank) -> None:
    _, intent = await bank.pay("pm_card_refundFail", capture_method="automatic")
    _, back = await bank.post("refunds", payment_intent=intent["id"], amount=2_000)
    assert "succeeded" == back["status"]
    assert (3_000, -3_000) == (bank.total("merchant"), bank.total("instrument"))
    bank.now += 60
    for _ in range(2):
        bank.opened.come_late()
    found = (await bank.client.get(f"/v1/refunds/{back['id']}")).json()
    assert "failed" == found["status"]
    assert found["failure_reason"]
    assert (5_000, -5_000) == (bank.total("merchant"), bank.total("instrument"))
    assert ["refund.created", "refund.failed"] == bank.events()[-2:]
    (standing,) = read_standings(bank.opened.ledger.db)
    assert (5_000, 0) == (standing.captured, standing.refunded)
    assert 200 == (await bank.post("refunds", payment_intent=intent["id"]))[0]


async def test_a_webhook_carries_the_payment_and_a_good_signature(bank: Bank) -> None:
    _, intent = await bank.pay()
    house = House()
    assert 1 == await bank.opened.hooks.send_due(house.post)
    ((event, body, header),) = house.got
    assert intent == event["data"]["object"]
    assert "payment_intent.amount_capturable_updated" == event["type"]
    assert event["id"].startswith("evt_")
    assert signature(SECRET, body, at=bank.now) == header
    assert 0 == await bank.opened.hooks.send_due(house.post)


@pytest.mark.parametrize("status", [0, 302, 400, 500])
async def test_a_webhook_that_nobody_took_is_sent_again_later(
    bank: Bank, status: int
) -> None:
    await bank.pay()
    house = House(status)
    await bank.opened.hooks.send_due(house.post)
    assert 0 == await bank.opened.hooks.send_due(house.post)
    bank.now += 3_600
    house.status = 200
    assert 1 == await bank.opened.hooks.send_due(house.post)
    first, again = house.got
    assert first[1] == again[1]
    assert signature(SECRET, again[1], at=bank.now) == again[2]


@pytest.mark.parametrize(("address", "told"), [("http://moved.test/hook", 1), ("", 0)])
async def test_what_was_not_told_is_told_where_the_endpoint_is_now(
    tmp_path: Path, address: str, told: int
) -> None:
    data = str(tmp_path / "books.sqlite")
    before = Bank(data, webhooks=("http://house.test/hook",))
    await before.pay()
    await before.close()
    house = House()
    after = Bank(data, webhooks=(address,) if address else ())
    assert 1 == await after.opened.hooks.send_due(house.post)
    assert [address] * told == house.addresses
    assert 0 == await after.opened.hooks.send_due(house.post)
    await after.close()


async def test_a_dead_endpoint_is_given_up_in_the_end(bank: Bank) -> None:
    await bank.pay()
    house = House(500)
    for _ in range(TRIES_MAX + 5):
        await bank.opened.hooks.send_due(house.post)
        bank.now += 3_600
    assert TRIES_MAX + 1 == len(house.got)


async def test_webhooks_that_are_held_back_are_overtaken(bank: Bank) -> None:
    await bank.client.post("/v1/sandbox/faults", json={"hooks": {"reorder": 1}})
    _, intent = await bank.pay()
    await bank.client.post("/v1/sandbox/faults", json={})
    await bank.post(f"payment_intents/{intent['id']}/capture")
    house = House()
    for _ in range(2):
        await bank.opened.hooks.send_due(house.post)
        bank.now += 60
    assert [
        "payment_intent.succeeded",
        "payment_intent.amount_capturable_updated",
    ] == house.kinds()


async def test_forgeries_have_a_wrong_secret_a_wrong_amount_or_an_old_time(
    bank: Bank,
) -> None:
    await bank.client.post("/v1/sandbox/faults", json={"hooks": {"forge": 1}})
    await bank.pay()
    house = House()
    await bank.opened.hooks.send_due(house.post)
    good = [
        (event, body, header)
        for event, body, header in house.got
        if header == signature(SECRET, body, at=bank.now)
    ]
    assert (4, 1) == (len(house.got), len(good))
    amounts = {event["data"]["object"]["amount"] for event, _, _ in house.got}
    assert {5_000, 95_000} == amounts
    old = [header for _, _, header in house.got if f"t={int(bank.now)}," not in header]
    assert 1 == len(old)
    assert 0 == await bank.opened.hooks.send_due(house.post)


async def test_what_nobody_expected_ends_neither_webhooks_nor_late_money() -> None:
    # No endpoint: nothing leaves this process.
    bank = Bank()
    _, waiting = await bank.pay("pm_sandbox_late_success")
    bank.now += 60
    db = bank.opened.ledger.db
    for table in ("events", "intents"):
        db.execute(f"alter table {table} rename to away_{table}")
    with structlog.testing.capture_logs() as entries:

        async def failed() -> bool:
            said = {entry["event"] for entry in entries}
            return said >= {"webhooks_not_sent", "late_money_failed"}

        working = asyncio.create_task(bank.opened.work())
        await until(failed, "both have failed")
    for table in ("events", "intents"):
        db.execute(f"alter table away_{table} rename to {table}")

    async def came() -> bool:
        return bool((await bank.intent(waiting["id"]))["status"] == "succeeded")

    await until(came, "the late money came")
    assert not working.done()
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    await bank.close()

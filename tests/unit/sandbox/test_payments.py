"""The sandbox's promises: once per key, never more than is there, books in balance."""

import asyncio
from pathlib import Path
from random import Random
from urllib.parse import parse_qs, urlsplit

import pytest

from boxoffice.sandbox.cards import NUMBERS, TOKENS
from boxoffice.sandbox.ledger import imbalance, standings
from tests.unit.sandbox.bank import Bank


async def test_a_good_card_is_authorised_then_captured(bank: Bank) -> None:
    status, intent = await bank.pay()
    assert (200, "requires_capture", 5_000) == (
        status,
        intent["status"],
        intent["amount_capturable"],
    )
    assert (-5_000, 5_000, 0) == tuple(
        bank.total(a) for a in ("instrument", "reserved", "merchant")
    )
    _, captured = await bank.post(f"payment_intents/{intent['id']}/capture")
    assert ("succeeded", 5_000) == (captured["status"], captured["amount_received"])
    assert (0, 5_000) == (bank.total("reserved"), bank.total("merchant"))


async def test_a_part_is_captured_and_the_rest_let_go(bank: Bank) -> None:
    _, intent = await bank.pay()
    path = f"payment_intents/{intent['id']}/capture"
    assert 400 == (await bank.post(path, amount_to_capture=5_001))[0]
    _, captured = await bank.post(path, amount_to_capture=3_000)
    assert 3_000 == captured["amount_received"]
    assert (-3_000, 0, 3_000) == tuple(
        bank.total(a) for a in ("instrument", "reserved", "merchant")
    )
    assert 400 == (await bank.post(path))[0]


async def test_only_what_is_not_captured_is_cancelled(bank: Bank) -> None:
    _, intent = await bank.pay()
    path = f"payment_intents/{intent['id']}"
    assert "canceled" == (await bank.post(f"{path}/cancel"))[1]["status"]
    assert "canceled" == (await bank.post(f"{path}/cancel"))[1]["status"]
    assert (0, 0) == (bank.total("instrument"), bank.total("reserved"))
    assert 400 == (await bank.post(f"{path}/capture"))[0]
    _, other = await bank.pay()
    await bank.post(f"payment_intents/{other['id']}/capture")
    status, refused = await bank.post(f"payment_intents/{other['id']}/cancel")
    assert (400, "payment_intent_unexpected_state") == (
        status,
        refused["error"]["code"],
    )


@pytest.mark.parametrize(
    "token", [name for name, what in TOKENS.items() if what.outcome == "decline"]
)
async def test_a_declined_card_takes_nothing_and_another_may_follow(
    bank: Bank, token: str
) -> None:
    status, answer = await bank.pay(token)
    error = answer["error"]
    assert (402, "card_error", TOKENS[token].code) == (
        status,
        error["type"],
        error["decline_code"],
    )
    intent = error["payment_intent"]
    assert "requires_payment_method" == intent["status"]
    assert 0 == bank.total("instrument")
    path = f"payment_intents/{intent['id']}/confirm"
    _, after = await bank.post(path, payment_method="pm_card_visa")
    assert ("requires_capture", None) == (after["status"], after["last_payment_error"])


@pytest.mark.parametrize(("agreed", "status"), [("yes", 200), ("no", 402)])
async def test_3d_secure_asks_the_buyer_and_sends_him_back(
    bank: Bank, agreed: str, status: int
) -> None:
    _, intent = await bank.pay("pm_card_authenticationRequired")
    assert "requires_action" == intent["status"]
    url = intent["next_action"]["redirect_to_url"]["url"]
    page = await bank.client.get(url)
    assert "Your bank asks" in page.text
    back = await bank.client.post(url, data={"agreed": agreed})
    assert 303 == back.status_code
    query = parse_qs(urlsplit(back.headers["location"]).query)
    assert [intent["id"]] == query["payment_intent"]
    good = status == 200
    assert ["succeeded" if good else "failed"] == query["redirect_status"]
    after = await bank.intent(intent["id"])
    wanted = "requires_capture" if good else "requires_payment_method"
    assert wanted == after["status"]


async def test_pix_is_captured_at_once(bank: Bank) -> None:
    _, intent = await bank.pay("pm_pix")
    assert ("succeeded", 5_000) == (intent["status"], bank.total("merchant"))


@pytest.mark.parametrize("outcome", ["succeed", "fail"])
async def test_pix_may_stay_processing_until_it_is_settled(
    bank: Bank, outcome: str
) -> None:
    _, intent = await bank.pay("pm_pix_processing")
    assert ("processing", 0) == (intent["status"], bank.total("merchant"))
    path = f"payment_intents/{intent['id']}/cancel"
    assert 400 == (await bank.post(path))[0]
    _, settled = await bank.post(f"sandbox/settle/{intent['id']}", outcome=outcome)
    good = outcome == "succeed"
    wanted = "succeeded" if good else "requires_payment_method"
    assert (wanted, 5_000 * good) == (settled["status"], bank.total("merchant"))


async def test_the_hosted_page_takes_a_card_and_keeps_no_number(bank: Bank) -> None:
    _, intent = await bank.post(
        "payment_intents",
        amount=5_000,
        currency="usd",
        capture_method="manual",
        return_url="http://house.test/orders/X",
    )
    url = f"/pay/{intent['id']}?client_secret={intent['client_secret']}"
    assert "USD 50.00" in (await bank.client.get(url)).text
    wrong = await bank.client.post(url, data={"number": "1234"})
    assert (422, True) == (wrong.status_code, "test cards only" in wrong.text)
    no = await bank.client.post(url, data={"number": "4000 0000 0000 0002"})
    assert (402, True) == (no.status_code, "was declined" in no.text)
    yes = await bank.client.post(url, data={"number": "4242 4242 4242 4242"})
    assert 303 == yes.status_code
    assert "requires_capture" == (await bank.intent(intent["id"]))["status"]
    dump = "\n".join(bank.opened.ledger.db.iterdump())
    assert not any(number in dump for number in NUMBERS)
    stranger = await bank.client.get(f"/pay/{intent['id']}?client_secret=x")
    assert 404 == stranger.status_code


async def test_refunds_never_exceed_what_was_captured(bank: Bank) -> None:
    _, intent = await bank.pay()
    name = intent["id"]
    assert 400 == (await bank.post("refunds", payment_intent=name))[0]
    await bank.post(f"payment_intents/{name}/capture")
    assert 400 == (await bank.post("refunds", payment_intent=name, amount=5_001))[0]
    _, part = await bank.post("refunds", payment_intent=name, amount=2_000)
    assert ("succeeded", 3_000) == (part["status"], bank.total("merchant"))
    _, rest = await bank.post("refunds", payment_intent=name)
    assert (3_000, 0) == (rest["amount"], bank.total("merchant"))
    status, over = await bank.post("refunds", payment_intent=name, amount=1)
    assert (400, "charge_already_refunded") == (status, over["error"]["code"])


async def test_a_refund_may_fail_once_and_work_then(bank: Bank) -> None:
    _, intent = await bank.pay("pm_sandbox_refund_fails_once")
    await bank.post(f"payment_intents/{intent['id']}/capture")
    _, first = await bank.post("refunds", payment_intent=intent["id"])
    _, again = await bank.post("refunds", payment_intent=intent["id"])
    assert ("failed", "succeeded") == (first["status"], again["status"])
    found = (await bank.client.get(f"/v1/refunds/{first['id']}")).json()
    assert "failed" == found["status"]
    assert 0 == bank.total("merchant")


async def test_one_key_is_one_effect_also_for_a_decline(bank: Bank) -> None:
    answers = await asyncio.gather(*(bank.pay(key="k") for _ in range(8)))
    assert 1 == len({answer["id"] for _, answer in answers})
    assert 5_000 == bank.total("reserved")
    status, refused = await bank.pay(key="k", amount=1)
    assert (400, "idempotency_error") == (status, refused["error"]["type"])
    no = [await bank.pay("pm_card_visa_chargeDeclined", key="d") for _ in range(2)]
    assert no[0] == no[1]
    assert 402 == no[0][0]


async def test_everything_survives_a_restart(tmp_path: Path) -> None:
    path = str(tmp_path / "ledger.sqlite")
    first = Bank(path)
    _, intent = await first.pay(key="k", metadata__attempt="a", metadata__order="O")
    first.opened.ledger.db.close()  # as a kill would leave it: nothing is tidied up
    second = Bank(path)
    assert (
        intent
        == (await second.pay(key="k", metadata__attempt="a", metadata__order="O"))[1]
    )
    await second.post(f"payment_intents/{intent['id']}/capture")
    (standing,) = standings(path)
    assert ("a", "O", "usd", 0, 5_000, 0) == (
        standing.attempt,
        standing.order,
        standing.currency,
        standing.reserved,
        standing.captured,
        standing.refunded,
    )
    await second.close()
    await first.client.aclose()


@pytest.mark.parametrize("seed", range(20))
async def test_the_books_balance_whatever_is_asked(tmp_path: Path, seed: int) -> None:
    chance = Random(seed)
    path = str(tmp_path / "ledger.sqlite")
    bank = Bank(path)
    names: list[str] = []
    for _ in range(60):
        what = chance.choice(["pay", "capture", "cancel", "refund", "confirm"])
        if what == "pay" or not names:
            _, made = await bank.pay(
                chance.choice(sorted(TOKENS)), amount=chance.randint(1, 999)
            )
            names.append(made.get("id") or made["error"]["payment_intent"]["id"])
        elif what == "refund":
            await bank.post(
                "refunds",
                payment_intent=chance.choice(names),
                amount=chance.randint(1, 999),
            )
        elif what == "confirm":
            await bank.post(
                f"payment_intents/{chance.choice(names)}/confirm",
                payment_method="pm_card_visa",
            )
        else:
            await bank.post(f"payment_intents/{chance.choice(names)}/{what}")
    await bank.close()
    assert [] == imbalance(path)
    for standing in standings(path):
        assert standing.reserved >= 0
        assert 0 <= standing.refunded <= standing.captured


async def test_every_change_leaves_an_event_behind(bank: Bank) -> None:
    _, intent = await bank.pay()
    await bank.post(f"payment_intents/{intent['id']}/capture")
    await bank.post("refunds", payment_intent=intent["id"], amount=1)
    await bank.pay("pm_card_visa_chargeDeclined")
    assert bank.events() == [
        "payment_intent.amount_capturable_updated",
        "payment_intent.succeeded",
        "refund.created",
        "payment_intent.payment_failed",
    ]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"amount=-5&currency=usd", "parameter_invalid_integer"),
        (b"amount=0&currency=usd", "parameter_invalid_integer"),
        (b"amount=99999999999999999999&currency=usd", "parameter_invalid_integer"),
        (b"amount=1.5&currency=usd", "parameter_invalid_integer"),
        (b"currency=usd", "parameter_missing"),
        (b"amount=5", "parameter_missing"),
        (b"amount=5&currency=usd&price=1", "parameter_unknown"),
        (b"amount=5&currency=dollars", ""),
        (b"\xff\xfe", ""),
        (b"&".join([b"a=1"] * 500), ""),
    ],
)
async def test_garbage_is_refused(bank: Bank, body: bytes, code: str) -> None:
    answer = await bank.client.post("/v1/payment_intents", content=body)
    assert 400 == answer.status_code, answer.text
    assert code == answer.json()["error"].get("code", "")


async def test_strangers_and_unknown_things_are_refused(bank: Bank) -> None:
    wrong = {"Authorization": "Bearer sk_test_wrong"}
    assert 401 == (await bank.client.post("/v1/refunds", headers=wrong)).status_code
    status, missing = await bank.post("payment_intents/pi_none/capture")
    assert (404, "resource_missing") == (status, missing["error"]["code"])
    assert 404 == (await bank.client.get("/v1/nothing")).status_code
    assert 404 == (await bank.client.get("/3ds/pi_none")).status_code
    by_basic = await bank.client.get(
        "/v1/sandbox/ledger", auth=("sk_test_boxoffice", "")
    )
    assert 200 == by_basic.status_code

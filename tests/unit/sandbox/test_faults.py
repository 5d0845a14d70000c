"""Faults on purpose are seeded, and happen before or after the effect as told."""

import hashlib
import hmac

import msgspec
import pytest

from boxoffice.sandbox.faults import Failure, Fault, Faults, HookFault, Mischief
from boxoffice.sandbox.hooks import signature
from tests.unit.sandbox.bank import Bank


async def misbehave(bank: Bank, *calls: Fault, hooks: HookFault | None = None) -> None:
    wanted = Faults(calls=calls, hooks=hooks or HookFault())
    body = msgspec.json.encode(wanted)
    answer = await bank.client.post("/v1/sandbox/faults", content=body)
    assert 200 == answer.status_code, answer.text


async def test_an_error_before_has_no_effect(bank: Bank) -> None:
    await misbehave(bank, Fault(error_before=1.0, operations=("create",)))
    status, answer = await bank.pay(key="k")
    assert (500, "api_error") == (status, answer["error"]["type"])
    assert 0 == bank.total("reserved")


@pytest.mark.parametrize(
    "fault", [Fault(error_after=1.0), Fault(timeout_after=1.0, stall_ms=1)]
)
async def test_an_answer_that_is_lost_is_found_by_the_same_key(
    bank: Bank, fault: Fault
) -> None:
    await misbehave(bank, fault)
    assert 500 == (await bank.pay(key="k"))[0]
    assert 5_000 == bank.total("reserved")
    await misbehave(bank)
    status, intent = await bank.pay(key="k")
    assert (200, "requires_capture") == (status, intent["status"])
    assert 5_000 == bank.total("reserved")


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Fault(error_before=1.0, is_kept=True, times=1), "requires_capture"),
        (Fault(error_after=1.0, is_kept=True, times=1), "succeeded"),
    ],
)
async def test_an_error_that_is_kept_is_all_that_its_key_ever_gives(
    bank: Bank, fault: Fault, status: str
) -> None:
    _, intent = await bank.pay(key="k")
    path = f"payment_intents/{intent['id']}/capture"
    await misbehave(bank, fault)
    for _ in range(3):
        assert 500 == (await bank.post(path, "c"))[0]
    assert status == (await bank.intent(intent["id"]))["status"]
    await misbehave(bank, fault)
    assert 500 == (await bank.pay(key="k"))[0]
    assert 200 == (await bank.pay(key="k"))[0]


async def failures(seed: int) -> list[bool]:
    mischief = Mischief()
    mischief.become(Faults(seed=seed, calls=(Fault(error_before=0.3),)))
    found = []
    for _ in range(200):
        try:
            await mischief.before("create")
            found.append(False)
        except Failure:
            found.append(True)
    return found


async def test_the_same_seed_fails_the_same_calls() -> None:
    assert await failures(7) == await failures(7)
    assert await failures(7) != await failures(8)
    assert 30 < sum(await failures(7)) < 90


async def test_webhooks_are_doubled_dropped_and_forged(bank: Bank) -> None:
    await misbehave(bank, hooks=HookFault(duplicate=1.0))
    await bank.pay()
    assert 2 == len(bank.events())
    await misbehave(bank, hooks=HookFault(drop=1.0))
    await bank.pay()
    assert 2 == len(bank.events())
    await misbehave(bank, hooks=HookFault(forge=1.0))
    await bank.pay()
    query = "select signed_as from events order by rowid"
    kinds = [kind for (kind,) in bank.opened.ledger.db.execute(query)]
    assert ["good", "wrong-secret", "wrong-amount", "too-old"] == kinds[2:]


def test_a_signature_covers_the_time_and_the_raw_bytes() -> None:
    header = signature("whsec_x", b'{"a": 1}', at=1_700_000_000.9)
    code = hmac.new(b"whsec_x", b'1700000000.{"a": 1}', hashlib.sha256).hexdigest()
    assert f"t=1700000000,v1={code}" == header


async def test_unknown_faults_are_refused(bank: Bank) -> None:
    for body in (b"{", b'{"calls":[{"explode":1}]}', b'{"hooks":{"drop":2}}', b"\xff"):
        answer = await bank.client.post("/v1/sandbox/faults", content=body)
        assert 400 == answer.status_code


async def test_a_fault_ends_after_so_many_times(bank: Bank) -> None:
    await misbehave(bank, Fault(error_after=1.0, operations=("create",), times=2))
    statuses = [(await bank.pay(key=f"k{count}"))[0] for count in range(4)]
    assert [500, 500, 200, 200] == statuses


async def test_a_delay_answers_in_the_end(bank: Bank) -> None:
    await misbehave(bank, Fault(delay_ms=1))
    assert 200 == (await bank.pay())[0]

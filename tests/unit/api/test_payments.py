import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace

import httpx
import msgspec
import pytest

from boxoffice.application.topics import fact_of
from boxoffice.domain.approval import Approval
from boxoffice.domain.inventory.events import TicketSold
from boxoffice.domain.money import Money
from boxoffice.errors import BoxOfficeError, PaymentDeclined, Unavailable
from boxoffice.infrastructure.payments.sandbox import SandboxProvider
from boxoffice_api.app import create_app
from tests.unit.api.house import House

ANSWER_S = 0.2


@dataclass
class Till:
    """A provider with a ledger that does what the test says before it answers."""

    name: str = "till"
    asked: list[tuple[str, Money]] = field(default_factory=list)
    voided: list[str] = field(default_factory=list)
    trouble: BoxOfficeError | None = None
    meanwhile: Callable[[], Awaitable[object]] | None = None
    open: asyncio.Event = field(default_factory=asyncio.Event)
    sandbox: SandboxProvider = field(default_factory=SandboxProvider)

    async def approve(self, *, attempt: str, amount: Money) -> Approval:
        self.asked.append((attempt, amount))
        if self.trouble is not None:
            raise self.trouble
        taken = await self.sandbox.approve(attempt=attempt, amount=amount)
        if self.meanwhile is not None:
            await self.meanwhile()
        await self.open.wait()
        return taken

    async def void(self, attempt: str) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.voided.append(attempt)
        await self.sandbox.void(attempt)


@pytest.fixture
def till() -> Till:
    opened = Till()
    opened.open.set()
    return opened


@pytest.fixture
async def client(house: House, till: Till) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the house whose money goes into that till."""
    settings = msgspec.structs.replace(
        house.container.settings, payment_timeout_s=ANSWER_S
    )
    app = create_app(replace(house.container, provider=till, settings=settings))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://boxoffice.test"
    ) as opened:
        yield opened


@pytest.fixture
async def buyer(house: House) -> dict[str, str]:
    return await house.buyer() | {"idempotency-key": "pay"}


@pytest.fixture
async def hold(house: House, performance: str, buyer: dict[str, str]) -> str:
    """Two places held; the address of the hold."""
    answer = await house.client.post(
        f"/v1/performances/{performance}/holds",
        json={"places": [1, 2]},
        headers=buyer | {"idempotency-key": "hold"},
    )
    location: str = answer.headers["location"]
    return location


async def test_the_frozen_prices_are_charged_whatever_they_are_now(
    client: httpx.AsyncClient,
    house: House,
    performance: str,
    till: Till,
    hold: str,
    buyer: dict[str, str],
) -> None:
    dearer = {"category": 0, "price": {"minor": 9900, "currency": "USD"}}
    await house.client.put(
        f"/v1/performances/{performance}/prices",
        json={"prices": [dearer]},
        headers=house.staff(),
    )
    answer = await client.post(f"{hold}/purchase", headers=buyer)
    assert answer.json()["total"] == {"minor": 9000, "currency": "USD"}
    assert [amount for _, amount in till.asked] == [Money(9000, "USD")]


async def test_a_declined_payment_leaves_the_hold_and_the_key(
    client: httpx.AsyncClient, till: Till, hold: str, buyer: dict[str, str]
) -> None:
    till.trouble = PaymentDeclined()
    declined = await client.post(f"{hold}/purchase", headers=buyer)
    assert declined.status_code == 402
    state = await client.get(hold, headers=buyer)
    assert state.json()["state"] == "held"
    till.trouble = None
    assert (await client.post(f"{hold}/purchase", headers=buyer)).status_code == 201


async def test_a_repeated_purchase_is_the_same_payment(
    client: httpx.AsyncClient, till: Till, hold: str, buyer: dict[str, str]
) -> None:
    till.trouble = Unavailable()
    away = await client.post(f"{hold}/purchase", headers=buyer)
    assert away.status_code == 503
    till.trouble = None
    for _ in range(2):
        done = await client.post(f"{hold}/purchase", headers=buyer)
        assert done.status_code == 201
    assert len({attempt for attempt, _ in till.asked}) == 1


async def test_nothing_is_charged_for_a_hold_that_cannot_become_an_order(
    client: httpx.AsyncClient,
    house: House,
    till: Till,
    hold: str,
    buyer: dict[str, str],
) -> None:
    house.clock.pass_(minutes=11)
    late = await client.post(f"{hold}/purchase", headers=buyer)
    assert late.status_code == 409
    stranger = await client.post(f"{hold}/purchase", headers=await house.buyer())
    assert stranger.status_code == 404
    assert till.asked == []


async def test_a_released_hold_is_not_charged(
    client: httpx.AsyncClient, till: Till, hold: str, buyer: dict[str, str]
) -> None:
    released = buyer | {"idempotency-key": "release"}
    assert (await client.delete(hold, headers=released)).status_code == 204
    answer = await client.post(f"{hold}/purchase", headers=buyer)
    assert answer.json()["type"] == "/problems/hold-expired"
    assert till.asked == []


async def test_a_silent_provider_is_not_waited_for_for_ever(
    client: httpx.AsyncClient, till: Till, hold: str, buyer: dict[str, str]
) -> None:
    till.open.clear()
    silent = await client.post(f"{hold}/purchase", headers=buyer)
    assert silent.status_code == 503
    assert silent.json()["type"] == "/problems/outcome-unknown"
    till.open.set()
    done = await client.post(f"{hold}/purchase", headers=buyer)
    assert done.status_code == 201
    assert len({attempt for attempt, _ in till.asked}) == 1


async def test_all_purchases_of_a_hold_are_one_payment(
    client: httpx.AsyncClient, till: Till, hold: str, buyer: dict[str, str]
) -> None:
    till.meanwhile = asyncio.Barrier(3).wait
    asked = [
        client.post(f"{hold}/purchase", headers=buyer | {"idempotency-key": key})
        for key in ("one", "two", "three")
    ]
    answers = await asyncio.gather(*asked)
    assert sorted(a.status_code for a in answers) == [201, 409, 409]
    assert {a.json().get("type") for a in answers} == {None, "/problems/hold-not-open"}
    assert till.sandbox.kept() == [Money(9000, "USD")]
    assert till.voided == []


async def test_a_provider_that_answers_past_the_deadline_keeps_nothing(
    client: httpx.AsyncClient,
    house: House,
    till: Till,
    hold: str,
    buyer: dict[str, str],
) -> None:
    async def ten_minutes_pass() -> None:
        house.clock.pass_(minutes=10, seconds=1)

    till.meanwhile = ten_minutes_pass
    late = await client.post(f"{hold}/purchase", headers=buyer)
    assert late.json()["type"] == "/problems/hold-expired"
    assert len(till.asked) == 1
    assert till.sandbox.kept() == []


async def test_a_hold_released_while_it_is_paid_costs_nothing(
    client: httpx.AsyncClient, till: Till, hold: str, buyer: dict[str, str]
) -> None:
    async def released() -> None:
        key = {"idempotency-key": "release"}
        assert (await client.delete(hold, headers=buyer | key)).status_code == 204

    till.meanwhile = released
    refused = await client.post(f"{hold}/purchase", headers=buyer)
    assert refused.json()["type"] == "/problems/hold-expired"
    assert till.sandbox.kept() == []


async def test_a_purchase_refused_after_a_twin_sold_the_hold_leaves_it_paid(
    client: httpx.AsyncClient,
    house: House,
    till: Till,
    hold: str,
    buyer: dict[str, str],
) -> None:
    async def a_twin_wins_and_time_runs_out() -> None:
        till.meanwhile = None
        twin = buyer | {"idempotency-key": "twin"}
        won = await client.post(f"{hold}/purchase", headers=twin)
        assert won.status_code == 201
        house.clock.pass_(minutes=11)

    till.meanwhile = a_twin_wins_and_time_runs_out
    refused = await client.post(f"{hold}/purchase", headers=buyer)
    assert refused.json()["type"] == "/problems/hold-not-open"
    assert till.sandbox.kept() == [Money(9000, "USD")]


async def test_an_approval_that_nobody_waited_for_is_voided_when_asked_again_late(
    client: httpx.AsyncClient,
    house: House,
    till: Till,
    hold: str,
    buyer: dict[str, str],
) -> None:
    till.open.clear()
    silent = await client.post(f"{hold}/purchase", headers=buyer)
    assert silent.status_code == 503
    assert till.sandbox.kept() == [Money(9000, "USD")]
    house.clock.pass_(minutes=11)
    late = await client.post(f"{hold}/purchase", headers=buyer)
    assert late.json()["type"] == "/problems/hold-expired"
    assert till.sandbox.kept() == []


async def test_a_refusal_is_not_told_before_the_money_is_back(
    client: httpx.AsyncClient,
    house: House,
    till: Till,
    hold: str,
    buyer: dict[str, str],
) -> None:
    async def ten_minutes_pass_and_the_provider_goes_away() -> None:
        house.clock.pass_(minutes=11)
        till.trouble = Unavailable()

    till.meanwhile = ten_minutes_pass_and_the_provider_goes_away
    unknown = await client.post(f"{hold}/purchase", headers=buyer)
    assert unknown.status_code == 503
    till.trouble = None
    told = await client.post(f"{hold}/purchase", headers=buyer)
    assert told.json()["type"] == "/problems/hold-expired"
    assert till.sandbox.kept() == []


async def test_a_key_of_another_request_takes_no_money(
    client: httpx.AsyncClient, till: Till, hold: str, buyer: dict[str, str]
) -> None:
    used = buyer | {"idempotency-key": "hold"}
    reused = await client.post(f"{hold}/purchase", headers=used)
    assert reused.json()["type"] == "/problems/idempotency-key-reused"
    assert till.asked == []


async def test_a_purchase_is_told_again_while_the_provider_is_away(
    client: httpx.AsyncClient, till: Till, hold: str, buyer: dict[str, str]
) -> None:
    first = await client.post(f"{hold}/purchase", headers=buyer)
    till.trouble = Unavailable()
    again = await client.post(f"{hold}/purchase", headers=buyer)
    assert (again.status_code, again.content) == (201, first.content)


@pytest.mark.parametrize("seed", range(5))
async def test_what_was_captured_and_not_voided_is_the_price_of_what_is_sold(
    client: httpx.AsyncClient,
    house: House,
    performance: str,
    till: Till,
    seed: int,
) -> None:
    chance = random.Random(seed)

    async def meanwhile() -> None:
        for _ in range(chance.randrange(20)):
            await asyncio.sleep(0)
        house.clock.pass_(seconds=chance.choice([0, 0, 60, 300]))

    till.meanwhile = meanwhile
    buyer = await house.buyer()
    for place in range(1, 9):
        made = await client.post(
            f"/v1/performances/{performance}/holds",
            json={"places": [place]},
            headers=buyer,
        )
        hold = made.headers["location"]
        twins = [client.post(f"{hold}/purchase", headers=buyer) for _ in range(3)]
        if chance.random() < 1 / 2:
            twins.insert(chance.randrange(4), client.delete(hold, headers=buyer))
        await asyncio.gather(*twins)
    log = house.container.store.read(after=0, limit=999)
    events = [fact_of(record).event for record in log]
    sold = [event.price for event in events if isinstance(event, TicketSold)]
    assert till.sandbox.kept() == sold


async def test_a_voided_attempt_is_never_approved_again() -> None:
    sandbox = SandboxProvider()
    await sandbox.void("early")
    with pytest.raises(PaymentDeclined):
        await sandbox.approve(attempt="early", amount=Money(1, "USD"))


async def test_the_sandbox_remembers_so_many_attempts_and_no_more() -> None:
    sandbox = SandboxProvider(attempts_max=2)
    for attempt in ("a", "b", "c"):
        await sandbox.approve(attempt=attempt, amount=Money(1, "USD"))
    assert list(sandbox.ledger) == ["b", "c"]

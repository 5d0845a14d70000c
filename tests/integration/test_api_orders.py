"""One order is one order: eight copies at once, a process that dies, another's key."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress

import httpx
import pytest

from boxoffice.domain.orders.events import OrderPlaced
from boxoffice.settings import Settings
from tests.integration.api_process import LIMIT_S, migrated, process
from tests.unit.api.house import ANN, House, open_house

pytestmark = pytest.mark.service

COPIES = 8


@pytest.fixture
async def settings(new_postgres_database: Callable[[], str]) -> Settings:
    """A house with an empty log in Postgres."""
    return await migrated(new_postgres_database())


async def copies(
    address: str, headers: dict[str, str], *, seen: Callable[[], None] = lambda: None
) -> list[tuple[int, bytes]]:
    """Send one order eight times at once; leave out who got no answer."""
    found: list[tuple[int, bytes]] = []

    async def one(client: httpx.AsyncClient) -> None:
        with suppress(httpx.TransportError):
            answer = await client.post(address, json=ANN, headers=headers)
            found.append((answer.status_code, answer.content))
            seen()

    async with httpx.AsyncClient(timeout=LIMIT_S) as client:
        await asyncio.gather(*(one(client) for _ in range(COPIES)))
    return found


async def placed(house: House) -> list[OrderPlaced]:
    facts = await house.facts()
    return [fact.event for fact in facts if isinstance(fact.event, OrderPlaced)]


@pytest.mark.timeout(180)
async def test_copies_of_an_order_get_the_same_bytes_from_two_processes(
    settings: Settings,
) -> None:
    async with open_house(settings) as house:
        ann = await house.buyer()
        hold = await house.held(await house.on_sale(), ann, 1, 2)
        keyed = ann | {"idempotency-key": "the-order"}
        async with process(settings) as (one, _), process(settings) as (two, _):
            answers = await asyncio.gather(
                copies(f"{one}{hold}/order", keyed),
                copies(f"{two}{hold}/order", keyed),
            )
        told = {answer for every in answers for answer in every}
        assert len(told) == 1
        ((status, body),) = told
        assert status == 202
        (event,) = await placed(house)
        assert json.loads(body)["order"] == event.order


@pytest.mark.timeout(180)
async def test_an_order_survives_the_death_of_its_process(settings: Settings) -> None:
    async with open_house(settings) as house:
        ann = await house.buyer()
        hold = await house.held(await house.on_sale(), ann, 1)
        keyed = ann | {"idempotency-key": "the-order"}
        async with process(settings) as (base, kill):
            before = await copies(f"{base}{hold}/order", keyed, seen=kill)
        async with process(settings) as (base, _):
            after = await copies(f"{base}{hold}/order", keyed)
            async with httpx.AsyncClient(timeout=LIMIT_S) as client:
                other = await client.post(
                    f"{base}{hold}/order", json=ANN | {"name": "Eve"}, headers=keyed
                )
        assert len(after) == COPIES
        assert len({*before, *after}) == 1
        assert other.json()["type"] == "/problems/idempotency-key-reused"
        (event,) = await placed(house)
        address = f"/v1/orders/{event.order}"
        shown = await house.client.get(address, headers=ann)
        assert shown.json()["particulars"] == ANN


@pytest.mark.timeout(180)
@pytest.mark.parametrize("crash_at", ["append.before:1", "append.after:1"])
async def test_an_order_whose_first_answer_was_never_given_is_placed_once(
    settings: Settings, crash_at: str
) -> None:
    async with open_house(settings) as house:
        ann = await house.buyer()
        hold = await house.held(await house.on_sale(), ann, 1)
        keyed = ann | {"idempotency-key": "the-order"}
        async with process(settings, crash_at=crash_at) as (base, _):
            assert await copies(f"{base}{hold}/order", keyed) == []
        stored = await placed(house)
        assert len(stored) == (crash_at == "append.after:1")
        async with process(settings) as (base, _):
            after = await copies(f"{base}{hold}/order", keyed)
        assert len(after) == COPIES
        ((status, body),) = set(after)
        assert status == 202
        (event,) = await placed(house)
        assert json.loads(body)["order"] == event.order


async def test_the_same_key_of_another_caller_is_another_order(
    settings: Settings,
) -> None:
    async with open_house(settings) as house:
        of = await house.on_sale()
        codes = set()
        for place in (1, 2):
            who = await house.buyer()
            hold = await house.held(of, who, place)
            keyed = who | {"idempotency-key": "the-order"}
            made = await house.client.post(f"{hold}/order", json=ANN, headers=keyed)
            codes.add(made.json()["order"])
        assert len(codes) == 2
        assert {event.order for event in await placed(house)} == codes


async def test_a_quote_stores_nothing_in_a_real_log(settings: Settings) -> None:
    async with open_house(settings) as house:
        ann = await house.buyer()
        hold = await house.held(await house.on_sale(), ann, 1)
        before = house.container.store.head().position
        quoted = await house.client.post(f"{hold}/quote", headers=ann)
        assert quoted.json()["total"]["minor"] == 4500
        assert house.container.store.head().position == before

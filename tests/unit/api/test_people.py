"""Whom orders name: known while the order is on record, and no longer."""

from __future__ import annotations

import asyncio
from typing import Any

from msgspec import json

from boxoffice.application.codec import encode
from boxoffice.infrastructure.memory.vault import MemoryVault
from tests.unit.api.house import ANN, House
from tests.unit.api.test_order_desk import COMPS

BUDGET = {"places_max": 9, "face_max": {"minor": 99_000, "currency": "USD"}}


def people(house: House) -> int:
    vault = house.container.vault
    assert isinstance(vault, MemoryVault)
    assert vault.keys.keys() == vault.sealed.keys()
    return len(vault.sealed)


async def order(house: House, hold: str, **asked: Any) -> int:
    who = asked.pop("who")
    body = ANN | {"email": asked.pop("email", ANN["email"])} | asked
    return (
        await house.client.post(f"{hold}/order", json=body, headers=who)
    ).status_code


async def test_refused_orders_leave_nobody_behind(
    house: House, performance: str
) -> None:
    ann = await house.buyer()
    hold = await house.held(performance, ann, 1)
    for number in range(50):
        email = f"ann.{number}@example.org"
        wrong = await order(house, hold, who=ann, email=email, promotion="NOSUCH")
        assert wrong == 409
    assert people(house) == 0
    assert await order(house, hold, who=ann) == 202
    assert people(house) == 1
    assert await order(house, hold, who=ann, email="late@example.org") == 409
    assert people(house) == 1


async def test_a_repeated_order_names_one_person(
    house: House, performance: str
) -> None:
    ann = await house.buyer() | {"idempotency-key": "order-1"}
    buyer = {"authorization": ann["authorization"]}
    hold = await house.held(performance, buyer, 1)
    assert [await order(house, hold, who=ann) for _ in range(3)] == [202] * 3
    assert await order(house, hold, who=ann, email="other@example.org") == 422
    assert people(house) == 1
    (*_, code) = (
        (await house.client.post(f"{hold}/order", json=ANN, headers=ann))
        .headers["location"]
        .split("/")
    )
    shown = await house.client.get(f"/v1/orders/{code}", headers=buyer)
    assert shown.json()["particulars"] == ANN


async def test_one_of_many_copies_at_once_is_the_one_who_is_known(
    house: House, performance: str
) -> None:
    buyer = await house.buyer()
    ann = buyer | {"idempotency-key": "order-1"}
    hold = await house.held(performance, buyer, 1)
    copies = [
        house.client.post(f"{hold}/order", json=ANN, headers=ann) for _ in range(8)
    ]
    (body,) = {answer.content for answer in await asyncio.gather(*copies)}
    assert people(house) == 1
    address = f"/v1/orders/{json.decode(body)['order']}"
    shown = await house.client.get(address, headers=buyer)
    assert shown.json()["particulars"] == ANN


async def test_refused_comps_leave_neither_guest_nor_host(
    house: House, performance: str
) -> None:
    staff = house.staff()
    hold = await house.held(performance, staff, 1)
    refused = await house.client.post(f"{hold}/comps", json=COMPS, headers=staff)
    assert refused.status_code == 409
    assert people(house) == 0


async def test_who_invites_is_known_by_an_id_and_shown_to_staff_alone(
    house: House, performance: str
) -> None:
    staff = house.staff()
    await house.client.put("/v1/comp-budgets/press", json=BUDGET, headers=staff)
    hold = await house.held(performance, staff, 1)
    wish = COMPS | {"host": "Zyxwyna Roe"}
    made = await house.client.post(f"{hold}/comps", json=wish, headers=staff)
    assert made.status_code == 202
    assert people(house) == 2
    address = f"/v1/orders/{made.json()['order']}"
    shown = await house.client.get(address, headers=staff)
    assert shown.json()["comps"]["host"] == "Zyxwyna Roe"
    assert not any(b"Zyxwyna" in encode(fact.event) for fact in await house.facts())
    vault = house.container.vault
    assert isinstance(vault, MemoryVault)
    vault.forget(list(vault.keys))
    shown = await house.client.get(address, headers=staff)
    assert shown.json()["comps"]["host"] is None
    assert shown.json()["comps"]["reason"] == "Premiere"


async def test_blanks_are_no_name(house: House, performance: str) -> None:
    ann = await house.buyer()
    hold = await house.held(performance, ann, 1)
    assert await order(house, hold, who=ann, name="  ") == 422
    assert people(house) == 0

"""Holds change: more places, fewer, other price types, more time."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.api.house import ANN, House

USD = "USD"


def level(category: int, minor: int, **changes: Any) -> dict[str, Any]:
    return {
        "category": category,
        "price": {"minor": minor, "currency": USD},
        **changes,
    }


TYPES: dict[str, Any] = {
    "prices": [level(0, 4500), level(0, 3000, type="half"), level(0, 100, type="crew")],
    "types": [
        {"code": "adult", "name": "Adult"},
        {"code": "half", "name": "Half price", "proof": "A student card", "quota": 1},
        {"code": "crew", "name": "Crew", "audience": "staff"},
    ],
}


async def priced(house: House, of: str, prices: dict[str, Any]) -> None:
    put = await house.client.put(
        f"/v1/performances/{of}/prices", json=prices, headers=house.staff()
    )
    assert put.status_code == 204, put.text


async def test_places_are_added_and_the_hold_is_renewed(
    house: House, performance: str
) -> None:
    ann = await house.buyer()
    hold = await house.held(performance, ann, 1)
    house.clock.pass_(minutes=5)
    more = {"places": [2, 3]}
    added = await house.client.post(f"{hold}/places", json=more, headers=ann)
    assert added.status_code == 200
    assert [place["place"] for place in added.json()["places"]] == [1, 2, 3]
    assert added.json()["total"]["minor"] == 3 * 4500
    assert added.json()["until"] == "2026-12-01T12:15:00Z"
    shown = await house.client.get(hold, headers=ann)
    assert shown.json()["until"] == "2026-12-01T12:15:00Z"
    assert len(shown.json()["places"]) == 3


async def test_a_failed_add_changes_nothing(house: House, performance: str) -> None:
    ann, bob = await house.buyer(), await house.buyer()
    await house.held(performance, bob, 5)
    hold = await house.held(performance, ann, 1)
    before = await house.client.get(hold, headers=ann)
    house.clock.pass_(minutes=5)
    refused = await house.client.post(
        f"{hold}/places", json={"places": [4, 5]}, headers=ann
    )
    assert refused.status_code == 409
    assert refused.json()["places"] == [5]
    after = await house.client.get(hold, headers=ann)
    assert before.content == after.content


async def test_a_place_is_removed_and_the_last_one_ends_the_hold(
    house: House, performance: str
) -> None:
    ann = await house.buyer()
    hold = await house.held(performance, ann, 1, 2)
    removed = await house.client.delete(f"{hold}/places/1", headers=ann)
    assert [place["place"] for place in removed.json()["places"]] == [2]
    last = await house.client.delete(f"{hold}/places/2", headers=ann)
    assert last.json()["state"] == "released"
    assert last.json()["places"] == []
    shown = await house.client.get(hold, headers=ann)
    assert shown.json()["state"] == "released"
    await house.held(performance, await house.buyer(), 1, 2)


async def test_a_hold_is_renewed_up_to_its_cap(house: House, performance: str) -> None:
    ann = await house.buyer()
    hold = await house.held(performance, ann, 1)
    shown = await house.client.get(hold, headers=ann)
    cap = shown.json()["cap"]
    deadlines = []
    for _ in range(4):
        house.clock.pass_(minutes=9)
        renewed = await house.client.post(f"{hold}/renew", headers=ann)
        if renewed.status_code == 200:
            deadlines.append(renewed.json()["until"])
    assert deadlines == sorted(deadlines)
    assert deadlines[-1] == cap == "2026-12-01T12:30:00Z"
    assert renewed.status_code == 409


async def test_a_change_repeated_gets_its_first_answer(
    house: House, performance: str
) -> None:
    ann = await house.buyer()
    hold = await house.held(performance, ann, 1, 2)
    asked = [
        ("POST", f"{hold}/places", {"places": [3]}, "add"),
        ("DELETE", f"{hold}/places/1", None, "remove"),
        ("POST", f"{hold}/renew", None, "renew"),
    ]
    house.clock.pass_(minutes=1)
    first = []
    for method, path, body, key in asked:
        house.clock.pass_(minutes=1)
        keyed = ann | {"idempotency-key": key}
        answer = await house.client.request(method, path, json=body, headers=keyed)
        first.append((answer.status_code, answer.content))
    again = []
    for method, path, body, key in asked:
        keyed = ann | {"idempotency-key": key}
        answer = await house.client.request(method, path, json=body, headers=keyed)
        again.append((answer.status_code, answer.content))
    assert first == again
    assert {status for status, _ in first} == {200}


async def test_places_have_price_types(house: House, performance: str) -> None:
    await priced(house, performance, TYPES)
    ann = await house.buyer()
    holds = f"/v1/performances/{performance}/holds"
    asked = {"places": [1, 2], "types": ["half", "adult"]}
    held = await house.client.post(holds, json=asked, headers=ann)
    assert [place["type"] for place in held.json()["places"]] == ["half", "adult"]
    assert held.json()["total"]["minor"] == 7500
    shown = (await house.client.get(f"/v1/performances/{performance}")).json()
    assert [one["code"] for one in shown["types"]] == ["adult", "half"]
    assert shown["categories"][0]["prices"] == {
        "adult": {"minor": 4500, "currency": USD},
        "half": {"minor": 3000, "currency": USD},
    }


@pytest.mark.parametrize("code", ["65plus", "half_price", "half-price"])
async def test_whatever_a_price_list_may_call_a_type_can_be_bought(
    house: House, performance: str, code: str
) -> None:
    adult, half, _ = TYPES["types"]
    prices = [level(0, 4500), level(0, 3000, type=code)]
    types = [adult, {**half, "code": code}]
    await priced(house, performance, {"prices": prices, "types": types})
    ann = await house.buyer()
    held = await house.client.post(
        f"/v1/performances/{performance}/holds",
        json={"places": [1], "types": [code]},
        headers=ann,
    )
    hold = held.headers["location"]
    ordered = await house.client.post(f"{hold}/order", json=ANN, headers=ann)
    assert ordered.status_code == 202, ordered.text
    assert [line["type"] for line in ordered.json()["lines"]] == [code]


@pytest.mark.parametrize(
    ("types", "problem", "status"),
    [
        (["half", "half"], "quota-reached", 409),
        (["crew", "adult"], "price-type-unknown", 422),
        (["vip", "adult"], "price-type-unknown", 422),
        (["adult"], "invalid", 422),
        (["Adult", "adult"], "invalid", 422),
        ("adult", "invalid", 422),
    ],
)
async def test_types_that_are_not_to_be_had_are_refused(
    house: House, performance: str, types: Any, problem: str, status: int
) -> None:
    await priced(house, performance, TYPES)
    answer = await house.client.post(
        f"/v1/performances/{performance}/holds",
        json={"places": [1, 2], "types": types},
        headers=await house.buyer(),
    )
    assert answer.status_code == status, answer.text
    assert answer.json()["type"] == f"/problems/{problem}"


async def test_the_window_may_use_types_of_staff(
    house: House, performance: str
) -> None:
    await priced(house, performance, TYPES)
    answer = await house.client.post(
        f"/v1/performances/{performance}/holds",
        json={"places": [1], "types": ["crew"]},
        headers=house.staff("till"),
    )
    assert answer.json()["total"]["minor"] == 100


@pytest.mark.parametrize("place", ["0", "-1", "x", "9" * 30, "1.5", "٣"])
async def test_a_place_that_is_no_number_is_not_found(
    house: House, performance: str, place: str
) -> None:
    ann = await house.buyer()
    hold = await house.held(performance, ann, 1)
    answer = await house.client.delete(f"{hold}/places/{place}", headers=ann)
    assert answer.status_code == 404

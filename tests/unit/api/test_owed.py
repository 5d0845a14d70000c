"""Refunds that failed for good: what staff see of them, and what they may do."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.unit.api.house import House


@pytest.fixture
async def ann(house: House) -> dict[str, str]:
    return await house.buyer()


@pytest.fixture
async def owed(house: House, performance: str, ann: dict[str, str]) -> str:
    """Give the address of a refund that failed for good."""
    code = str((await house.bought(performance, ann, 1))["order"])
    asked = {"tickets": [{"performance": performance, "place": 1}]}
    await house.client.post(
        f"/v1/orders/{code}/refund", json=asked, headers=house.staff()
    )
    return f"/v1/orders/{code}/refunds/{await house.fail_refund(code)}"


async def post(
    house: House, address: str, who: dict[str, str], **body: Any
) -> httpx.Response:
    return await house.client.post(address, json=body or None, headers=who)


async def refund_of(house: House, address: str, who: dict[str, str]) -> dict[str, Any]:
    order, _, name = address.partition("/refunds/")
    shown = (await house.client.get(order, headers=who)).json()
    found: dict[str, Any] = next(r for r in shown["refunds"] if r["refund"] == name)
    return found


async def listed(house: House, who: dict[str, str]) -> list[str]:
    await house.project()
    answer = await house.client.get("/v1/orders?waiting=pay-out", headers=who)
    return [item["order"] for item in answer.json()["items"]]


async def test_a_refund_that_failed_for_good_is_listed_and_tried_again(
    house: House, owed: str
) -> None:
    finance = house.staff("finance")
    assert (await refund_of(house, owed, finance))["state"] == "failed"
    code = owed.split("/")[3]
    assert await listed(house, finance) == [code]
    answer = await post(house, f"{owed}/retry", finance)
    assert answer.status_code == 202
    assert answer.json()["operation"]["waits_for"] == "refund"
    assert (await refund_of(house, owed, finance))["state"] == "replaced"
    assert await listed(house, finance) == []
    again = await post(house, f"{owed}/retry", finance)
    assert again.json()["type"] == "/problems/refund-not-stuck"


async def test_money_is_given_back_by_hand_by_two_people(
    house: House, owed: str
) -> None:
    one, two = house.staff("finance"), house.staff()
    early = await post(house, f"{owed}/confirm", two)
    assert early.json()["type"] == "/problems/refund-not-stuck"
    assert (await post(house, f"{owed}/pay-out", one, note=" ")).status_code == 422
    paid = await post(house, f"{owed}/pay-out", one, note="in cash")
    assert paid.status_code == 202
    assert (await refund_of(house, owed, two))["paid_out_by"] == "A finance"
    alone = await post(house, f"{owed}/confirm", one)
    assert alone.json()["type"] == "/problems/same-person"
    assert (await post(house, f"{owed}/confirm", two)).status_code == 202
    assert (await refund_of(house, owed, two))["state"] == "settled"
    assert await listed(house, two) == []


async def test_a_buyer_does_not_see_who_does_what_about_a_refund(
    house: House, owed: str, ann: dict[str, str]
) -> None:
    await post(house, f"{owed}/pay-out", house.staff("finance"), note="in cash")
    shown = await refund_of(house, owed, ann)
    assert (shown["reason"], shown["paid_out_by"]) == (None, None)


@pytest.mark.parametrize("what", ["retry", "pay-out", "confirm"])
async def test_only_who_answers_for_money_may_do_so(
    house: House, owed: str, what: str
) -> None:
    body = {"note": "in cash"} if what == "pay-out" else {}
    for role in ("till", "gate"):
        answer = await post(house, f"{owed}/{what}", house.staff(role), **body)
        assert answer.status_code == 403
    buyer = await post(house, f"{owed}/{what}", await house.buyer(), **body)
    assert buyer.status_code in (401, 403)
    strange = owed.rpartition("/")[0] + "/no%20name"
    answer = await post(house, f"{strange}/{what}", house.staff(), **body)
    assert answer.json()["type"] == "/problems/not-found"

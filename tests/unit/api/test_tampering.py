"""No buyer decides what something costs, and nothing that is no answer is taken."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.api.house import ANN, House

CODE = {"currency": "USD", "basis_points": 1_000}

PRICES: dict[str, Any] = {
    "price": {"price": 1},
    "total": {"total": {"minor": 1, "currency": "USD"}},
    "amount": {"amount": 1},
    "negative amount": {"amount": -9000},
    "fraction": {"total": 0.01},
    "currency": {"currency": "IDR"},
    "discount": {"discount": 8999},
    "lines": {"lines": [{"place": 1, "price": 1}]},
    "types": {"types": ["crew"]},
    "channel": {"channel": "comp"},
    "buyer": {"buyer": "0" * 32},
    "payment time": {"pay_s": 10**9},
    "fee": {"fee": -100},
    "codes in a list": {"promotion": ["SPRING", "SUMMER"]},
    "codes with a comma": {"promotion": "SPRING,SUMMER"},
    "codes with a space": {"promotion": "SPRING SUMMER"},
    "codes with a plus": {"promotion": "SPRING+SUMMER"},
    "codes with a line feed": {"promotion": "SPRING\n"},
    "a second field of codes": {"promotions": ["SUMMER"]},
    "card number as an instrument": {"instrument": "4242424242424242"},
    "card number under a prefix": {"instrument": "pm_4242-4242-4242-4242"},
    "card number as the provider's": {"instrument": "pm_4242424242424242"},
    "card number in parts": {"instrument": "pm_card_4242_4242_4242_4242"},
    "card number as a name": {"name": "4242 4242 4242 4242"},
    "card number in a name": {"name": "Ann 4242424242424242"},
    "another provider's method": {"method": "cash"},
    "no address": {"email": "ann"},
    "two addresses": {"email": "a@b.test,c@d.test@e.test"},
    "address with a line end": {"email": "a@b.test\r\nBcc: x@y.test"},
    "long address": {"email": "a" * 64 + "@" + "b" * 200},
    "no name": {"name": ""},
    "name of a NUL": {"name": "Ann\x00"},
    "name of two lines": {"name": "Ann\nLee"},
    "long name": {"name": "a" * 101},
    "name of bidirectional lines": {"name": "Ann\u2028Lee"},
}


@pytest.mark.parametrize("what", PRICES)
async def test_an_order_takes_nothing_but_who_and_how(
    house: House, performance: str, what: str
) -> None:
    ann = await house.buyer()
    hold = await house.held(performance, ann, 1, 2)
    refused = await house.client.post(
        f"{hold}/order", json=ANN | PRICES[what], headers=ann
    )
    assert refused.status_code == 422, refused.text
    assert refused.json()["type"] == "/problems/invalid"
    placed = await house.client.post(f"{hold}/order", json=ANN, headers=ann)
    assert placed.json()["total"] == {"minor": 9000, "currency": "USD"}


@pytest.mark.parametrize("what", ["price", "total", "currency", "discount"])
async def test_a_hold_takes_no_price(house: House, performance: str, what: str) -> None:
    refused = await house.client.post(
        f"/v1/performances/{performance}/holds",
        json={"places": [1]} | PRICES[what],
        headers=await house.buyer(),
    )
    assert refused.status_code == 422


async def test_a_code_repeated_in_a_body_is_one_code(
    house: House, performance: str
) -> None:
    staff = house.staff()
    for code in ("SPRING", "SUMMER"):
        await house.client.put(f"/v1/promotions/{code}", json=CODE, headers=staff)
    ann = await house.buyer()
    hold = await house.held(performance, ann, 1, 2)
    body = (
        b'{"name":"Ann","email":"a@b.test","promotion":"SPRING","promotion":"SUMMER"}'
    )
    placed = await house.client.post(
        f"{hold}/order",
        content=body,
        headers=ann | {"content-type": "application/json"},
    )
    assert placed.json()["total"]["minor"] == 8100
    assert placed.json()["promotion"] == "SUMMER"


async def test_a_code_counts_once_however_often_it_is_tried(
    house: House, performance: str
) -> None:
    staff = house.staff()
    await house.client.put("/v1/promotions/SPRING", json=CODE, headers=staff)
    ann = await house.buyer()
    hold = await house.held(performance, ann, 1, 2)
    for _ in range(3):
        quoted = await house.client.post(
            f"{hold}/quote", json={"promotion": "spring"}, headers=ann
        )
        assert quoted.json()["total"]["minor"] == 8100
    order = await house.client.post(
        f"{hold}/order", json=ANN | {"promotion": "spring"}, headers=ann
    )
    assert order.json()["total"]["minor"] == 8100
    assert {line["discount"]["minor"] for line in order.json()["lines"]} == {450}
    listed = await house.client.get("/v1/promotions", headers=staff)
    (spring,) = listed.json()["items"]
    assert (spring["spent"], spring["orders"]) == (900, 1)
    again = await house.client.post(
        f"{hold}/order", json=ANN | {"promotion": "spring"}, headers=ann
    )
    assert again.status_code == 409


async def test_a_quote_stores_nothing(house: House, performance: str) -> None:
    ann = await house.buyer()
    hold = await house.held(performance, ann, 1)
    before = house.container.store.head().position
    quoted = await house.client.post(f"{hold}/quote", headers=ann)
    assert quoted.json()["total"]["minor"] == 4500
    unknown = await house.client.post(
        f"{hold}/quote", json={"promotion": "NONE"}, headers=ann
    )
    assert unknown.json()["type"] == "/problems/promotion-invalid"
    assert house.container.store.head().position == before

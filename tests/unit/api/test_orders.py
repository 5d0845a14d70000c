from tests.unit.api.house import ANN, House


async def test_an_order_is_taken_up_and_followed(
    house: House, performance: str
) -> None:
    ann = await house.buyer()
    hold = await house.held(performance, ann, 1, 2)
    made = await house.client.post(f"{hold}/order", json=ANN, headers=ann)
    assert made.status_code == 202
    order = made.json()
    assert made.headers["location"] == f"/v1/orders/{order['order']}"
    assert order["status"] == "placed"
    assert order["operation"] == {
        "status": "pending",
        "href": f"/v1/orders/{order['order']}/operation",
        "waits_for": "house",
        "action_url": None,
    }
    assert order["total"] == {"minor": 9000, "currency": "USD"}
    assert [line["place"] for line in order["lines"]] == [1, 2]
    await house.settle(order["order"], "captured")
    shown = await house.client.get(made.headers["location"], headers=ann)
    assert shown.json()["status"] == "confirmed"
    assert shown.json()["paid"] == {"minor": 9000, "currency": "USD"}
    assert {line["state"] for line in shown.json()["lines"]} == {"valid"}
    told = await house.client.get(order["operation"]["href"], headers=ann)
    assert told.json()["status"] == "succeeded"

"""Orders from their hold to their end, as a buyer's program sees them."""

from __future__ import annotations

import asyncio

import pytest

from boxoffice.domain.orders.events import OrderPlaced
from boxoffice.domain.payments.events import PaymentRequested
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


async def test_the_price_of_the_hold_is_the_price_of_the_order(
    house: House, performance: str
) -> None:
    ann = await house.buyer()
    hold = await house.held(performance, ann, 1)
    dearer = {"category": 0, "price": {"minor": 99_000, "currency": "USD"}}
    await house.client.put(
        f"/v1/performances/{performance}/prices",
        json={"prices": [dearer]},
        headers=house.staff(),
    )
    order = await house.client.post(f"{hold}/order", json=ANN, headers=ann)
    assert order.json()["total"]["minor"] == 4500


async def test_a_hold_becomes_one_order_however_often_it_is_asked_for_at_once(
    house: House, performance: str
) -> None:
    ann = await house.buyer()
    hold = await house.held(performance, ann, 1, 2)
    asked = [
        house.client.post(
            f"{hold}/order", json=ANN, headers=ann | {"idempotency-key": key}
        )
        for key in ("one", "two", "three")
    ]
    answers = await asyncio.gather(*asked)
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409]
    (order,) = [answer.json() for answer in answers if answer.status_code == 202]
    refused = [answer.json() for answer in answers if answer.status_code == 409]
    assert {(r["type"], r["order"]) for r in refused} == {
        ("/problems/hold-not-open", order["order"])
    }


async def test_only_a_hold_of_ones_own_that_stands_becomes_an_order(
    house: House, performance: str
) -> None:
    ann = await house.buyer()
    hold = await house.held(performance, ann, 1)
    stranger = await house.client.post(
        f"{hold}/order", json=ANN, headers=await house.buyer()
    )
    assert stranger.json()["type"] == "/problems/not-found"
    assert (await house.client.delete(hold, headers=ann)).status_code == 204
    released = await house.client.post(f"{hold}/order", json=ANN, headers=ann)
    assert released.json()["type"] == "/problems/hold-expired"


async def test_a_buyer_is_sent_where_the_provider_waits(
    house: House, performance: str
) -> None:
    ann = await house.buyer()
    order = await house.ordered(performance, ann, 1)
    url = "https://provider.test/3ds"
    await house.settle(order["order"], "needs_action", action_url=url)
    told = await house.client.get(order["operation"]["href"], headers=ann)
    assert told.json()["waits_for"] == "buyer"
    assert told.json()["action_url"] == url


async def test_after_a_decline_another_try_pays(house: House, performance: str) -> None:
    ann = await house.buyer()
    order = await house.ordered(performance, ann, 1)
    address = f"/v1/orders/{order['order']}"
    early = await house.client.post(f"{address}/pay", headers=ann)
    assert early.json()["type"] == "/problems/payment-open"
    await house.settle(order["order"], "declined", reason="insufficient_funds")
    shown = (await house.client.get(address, headers=ann)).json()
    assert shown["payment"]["reason"] == "insufficient_funds"
    assert shown["operation"]["waits_for"] == "buyer"
    other = {"method": "card", "instrument": "pm_card_visa"}
    paid = await house.client.post(f"{address}/pay", json=other, headers=ann)
    assert paid.status_code == 202
    assert paid.json()["operation"]["waits_for"] == "house"
    await house.settle(order["order"], "captured")
    shown = (await house.client.get(address, headers=ann)).json()
    assert shown["status"] == "confirmed"


async def test_every_try_to_pay_remembers_where_the_buyer_comes_back_to(
    house: House, performance: str
) -> None:
    ann = await house.buyer()
    order = await house.ordered(performance, ann, 1)
    await house.settle(order["order"], "declined")
    await house.client.post(f"/v1/orders/{order['order']}/pay", headers=ann)
    asked = [
        fact.event
        for fact in await house.facts()
        if isinstance(fact.event, PaymentRequested)
    ]
    page = f"{house.container.settings.home}/orders/{order['order']}"
    assert [page, page] == [event.return_url for event in asked]


async def test_an_order_that_costs_nothing_is_confirmed_at_once(
    house: House, performance: str
) -> None:
    free = {"category": 0, "price": {"minor": 0, "currency": "USD"}}
    await house.client.put(
        f"/v1/performances/{performance}/prices",
        json={"prices": [free]},
        headers=house.staff(),
    )
    order = await house.ordered(performance, await house.buyer(), 1)
    assert order["status"] == "confirmed"
    assert order["operation"]["status"] == "succeeded"


async def test_a_cancelled_order_gives_its_places_back(
    house: House, performance: str
) -> None:
    ann = await house.buyer()
    order = await house.ordered(performance, ann, 1)
    address = f"/v1/orders/{order['order']}"
    ended = await house.client.post(f"{address}/cancel", headers=ann)
    assert ended.status_code == 202
    shown = (await house.client.get(address, headers=ann)).json()
    assert shown["status"] == "cancelled"
    assert shown["operation"]["status"] == "failed"
    again = await house.client.post(f"{address}/cancel", headers=ann)
    assert again.json()["type"] == "/problems/order-not-open"
    await house.held(performance, await house.buyer(), 1)


async def test_an_ordered_hold_cannot_be_changed_any_more(
    house: House, performance: str
) -> None:
    ann = await house.buyer()
    hold = await house.held(performance, ann, 1)
    order = await house.client.post(f"{hold}/order", json=ANN, headers=ann)
    shown = (await house.client.get(hold, headers=ann)).json()
    assert (shown["state"], shown["order"]) == ("ordered", order.json()["order"])
    for method, path in (
        ("DELETE", hold),
        ("POST", f"{hold}/renew"),
        ("DELETE", f"{hold}/places/1"),
    ):
        answer = await house.client.request(method, path, headers=ann)
        assert answer.json()["type"] == "/problems/hold-not-open", path


async def test_tickets_are_exchanged_and_the_difference_is_paid(
    house: House, performance: str
) -> None:
    ann = await house.buyer()
    order = await house.bought(performance, ann, 1)
    dearer = {"category": 0, "price": {"minor": 6_000, "currency": "USD"}}
    await house.client.put(
        f"/v1/performances/{performance}/prices",
        json={"prices": [dearer]},
        headers=house.staff(),
    )
    hold = await house.held(performance, ann, 2)
    asked = {
        "tickets": [{"performance": performance, "place": 1}],
        "hold": {"performance": performance, "hold": hold.rpartition("/")[2]},
    }
    address = f"/v1/orders/{order['order']}"
    taken = await house.client.post(f"{address}/exchange", json=asked, headers=ann)
    assert taken.status_code == 202, taken.text
    shown = (await house.client.get(address, headers=ann)).json()
    assert shown["exchange"]["due"]["minor"] == 1_500
    refused = await house.client.post(f"{address}/exchange", json=asked, headers=ann)
    assert refused.json()["type"] == "/problems/exchange-open"
    await house.settle(order["order"], "captured")
    shown = (await house.client.get(address, headers=ann)).json()
    states = {line["place"]: line["state"] for line in shown["lines"]}
    assert states == {1: "exchanged", 2: "valid"}
    assert shown["paid"]["minor"] == 6_000


async def test_the_window_exchanges_into_a_hold_of_its_own(
    house: House, performance: str
) -> None:
    order = await house.bought(performance, await house.buyer(), 1)
    till = house.staff("till")
    hold = await house.held(performance, till, 2)
    asked = {
        "tickets": [{"performance": performance, "place": 1}],
        "hold": {"performance": performance, "hold": hold.rpartition("/")[2]},
    }
    address = f"/v1/orders/{order['order']}"
    taken = await house.client.post(f"{address}/exchange", json=asked, headers=till)
    assert taken.json()["operation"]["status"] == "succeeded", taken.text


async def test_only_a_manager_returns_money_by_an_exchange(
    house: House, performance: str
) -> None:
    order = await house.bought(performance, await house.buyer(), 1)
    cheaper = {"category": 0, "price": {"minor": 1_000, "currency": "USD"}}
    await house.client.put(
        f"/v1/performances/{performance}/prices",
        json={"prices": [cheaper]},
        headers=house.staff(),
    )
    address = f"/v1/orders/{order['order']}"
    for role, place in (("till", 2), ("manager", 3)):
        staff = house.staff(role)
        hold = await house.held(performance, staff, place)
        asked = {
            "tickets": [{"performance": performance, "place": 1}],
            "hold": {"performance": performance, "hold": hold.rpartition("/")[2]},
        }
        answer = await house.client.post(
            f"{address}/exchange", json=asked, headers=staff
        )
        if role == "till":
            assert answer.json()["type"] == "/problems/second-person-needed"
            assert answer.json()["amount"] == 3_500
        else:
            assert answer.json()["operation"]["waits_for"] == "refund", answer.text


async def test_the_owner_sees_whom_the_order_is_for_and_the_log_does_not_know(
    house: House, performance: str
) -> None:
    ann = await house.buyer()
    order = await house.ordered(performance, ann, 1)
    shown = await house.client.get(f"/v1/orders/{order['order']}", headers=ann)
    assert shown.json()["particulars"] == ANN
    assert order["particulars"] is None
    for record in house.container.store.read(after=0, limit=9_999):
        stored = (record.data + record.meta).lower()
        assert b"oliv" not in stored
        assert b"example.org" not in stored


async def test_a_customer_is_the_same_however_the_address_is_written(
    house: House, performance: str
) -> None:
    ann = await house.buyer()
    for place, email in ((1, "ann@example.org"), (2, "ANN@EXAMPLE.ORG")):
        await house.ordered(performance, ann, place, email=email)
    await house.ordered(performance, ann, 3, email="bob@example.org")
    customers = [event.customer for event in await placed(house)]
    assert customers[0] == customers[1] != customers[2]


async def test_who_a_refused_request_named_does_not_replace_who_was_named_before(
    house: House, performance: str
) -> None:
    ann = await house.buyer() | {"idempotency-key": "k"}
    hold = await house.held(performance, ann, 1)
    keyed = ann | {"idempotency-key": "order"}
    first = await house.client.post(f"{hold}/order", json=ANN, headers=keyed)
    other = await house.client.post(
        f"{hold}/order", json=ANN | {"name": "Eve"}, headers=keyed
    )
    assert other.json()["type"] == "/problems/idempotency-key-reused"
    shown = await house.client.get(first.headers["location"], headers=ann)
    assert shown.json()["particulars"] == ANN


async def test_an_order_at_the_window_is_one_of_the_window(
    house: House, performance: str
) -> None:
    till = house.staff("till")
    order = await house.ordered(performance, till, 1)
    assert order["channel"] == "window"
    shown = await house.client.get(f"/v1/orders/{order['order']}", headers=till)
    assert shown.json()["particulars"] == ANN


@pytest.mark.parametrize("answer", ["accept", "decline"])
async def test_late_money_is_offered_other_places(
    house: House, performance: str, answer: str
) -> None:
    ann, bob = await house.buyer(), await house.buyer()
    order = await house.ordered(performance, ann, 1)
    address = f"/v1/orders/{order['order']}"
    await house.client.post(f"{address}/cancel", headers=house.staff("admin"))
    shown = (await house.client.get(address, headers=ann)).json()
    over = await house.client.post(f"{address}/alternative/{answer}", headers=ann)
    assert over.json()["type"] == "/problems/offer-over"
    order = await house.ordered(performance, ann, 2)
    address = f"/v1/orders/{order['order']}"
    house.clock.pass_(minutes=31)
    await house.bought(performance, bob, 2)
    await house.settle(order["order"], "captured")
    shown = (await house.client.get(address, headers=ann)).json()
    assert shown["operation"]["waits_for"] == "choice", shown
    assert len(shown["alternative"]["lines"]) == 1
    chosen = await house.client.post(f"{address}/alternative/{answer}", headers=ann)
    assert chosen.status_code == 202, chosen.text
    shown = (await house.client.get(address, headers=ann)).json()
    if answer == "accept":
        assert shown["status"] == "confirmed"
    else:
        assert shown["refunding"]["minor"] == 4500


async def placed(house: House) -> list[OrderPlaced]:
    """Give all orders that were placed, from the log."""
    facts = await house.facts()
    return [fact.event for fact in facts if isinstance(fact.event, OrderPlaced)]

"""Refunds, voids, comps and lists: what the house does, and with how many eyes."""

from __future__ import annotations

from typing import Any

import httpx

from tests.unit.api.house import ANN, House

DEAR = {"category": 0, "price": {"minor": 15_000, "currency": "USD"}}
COMPS = ANN | {"host": "Press office", "reason": "Premiere", "budget": "press"}


def tickets(of: str, *places: int) -> dict[str, Any]:
    return {"tickets": [{"performance": of, "place": place} for place in places]}


async def refund(
    house: House, code: str, asked: dict[str, Any], who: dict[str, str]
) -> httpx.Response:
    return await house.client.post(f"/v1/orders/{code}/refund", json=asked, headers=who)


async def test_one_ticket_is_refunded_less_a_fee(
    house: House, performance: str
) -> None:
    ann = await house.buyer()
    order = await house.bought(performance, ann, 1, 2)
    asked = tickets(performance, 1) | {"fee": 500, "note": "Ill"}
    answer = await refund(house, order["order"], asked, house.staff())
    assert answer.status_code == 202
    assert answer.json()["operation"]["waits_for"] == "refund"
    assert answer.json()["request"] is None
    shown = await house.client.get(f"/v1/orders/{order['order']}", headers=ann)
    assert shown.json()["refunding"]["minor"] == 4_000
    assert shown.json()["kept"]["minor"] == 500
    states = {line["place"]: line["state"] for line in shown.json()["lines"]}
    assert states == {1: "refunded", 2: "valid"}
    again = await refund(house, order["order"], asked, house.staff())
    assert again.json()["type"] == "/problems/ticket-not-valid"


async def test_a_buyer_is_refunded_only_after_a_move_and_names_no_fee(
    house: House, performance: str
) -> None:
    ann = await house.buyer()
    order = await house.bought(performance, ann, 1)
    asked = tickets(performance, 1)
    early = await refund(house, order["order"], asked, ann)
    assert early.json()["type"] == "/problems/refund-not-allowed"
    moved = await house.client.post(
        f"/v1/performances/{performance}/move",
        json={
            "starts_at": "2027-01-31T20:00:00Z",
            "sale_until": "2027-01-31T20:00:00Z",
            "refund_until": "2026-12-20T00:00:00Z",
            "reason": "The singer is ill",
        },
        headers=house.staff(),
    )
    assert moved.status_code == 204, moved.text
    clever = await refund(house, order["order"], asked | {"fee": 1}, ann)
    assert clever.status_code == 403
    granted = await refund(house, order["order"], asked, ann)
    assert granted.status_code == 202
    shown = await house.client.get(f"/v1/orders/{order['order']}", headers=ann)
    assert shown.json()["refunding"]["minor"] == 4_500


async def asked_for_much(house: House, performance: str) -> tuple[str, str]:
    """Ask for a refund above what one person may return; give order and request."""
    await house.client.put(
        f"/v1/performances/{performance}/prices",
        json={"prices": [DEAR]},
        headers=house.staff(),
    )
    order = await house.bought(performance, await house.buyer(), 1, 2)
    answer = await refund(
        house, order["order"], tickets(performance, 1, 2), house.staff(person="One")
    )
    assert answer.json()["operation"]["waits_for"] == "approval"
    return order["order"], answer.json()["request"]


async def test_much_money_needs_a_second_person(house: House, performance: str) -> None:
    code, request = await asked_for_much(house, performance)
    address = f"/v1/orders/{code}/requests/{request}"
    same = await house.client.post(
        f"{address}/approve", headers=house.staff(person="One")
    )
    assert same.status_code == 403
    assert same.json()["type"] == "/problems/same-person"
    other = house.staff(person="Two")
    shown = (await house.client.get(f"/v1/orders/{code}", headers=other)).json()
    (asked,) = shown["requests"]
    assert (asked["by"], asked["amount"]["minor"]) == ("One", 30_000)
    given = await house.client.post(f"{address}/approve", headers=other)
    assert given.json()["operation"]["waits_for"] == "refund"
    again = await house.client.post(f"{address}/approve", headers=other)
    assert again.json()["type"] == "/problems/request-not-open"


async def test_a_wish_can_be_refused(house: House, performance: str) -> None:
    code, request = await asked_for_much(house, performance)
    await house.project()
    manager = house.staff(person="Two")
    waiting = await house.client.get("/v1/orders?waiting=approval", headers=manager)
    assert [item["order"] for item in waiting.json()["items"]] == [code]
    address = f"/v1/orders/{code}/requests/{request}"
    denied = await house.client.post(
        f"{address}/deny", json={"note": "No"}, headers=manager
    )
    assert denied.json()["operation"]["status"] == "succeeded"
    shown = (await house.client.get(f"/v1/orders/{code}", headers=manager)).json()
    assert shown["requests"] == []
    assert {line["state"] for line in shown["lines"]} == {"valid"}


async def test_orders_that_wait_for_something_unknown_are_no_list(house: House) -> None:
    answer = await house.client.get("/v1/orders?waiting=payout", headers=house.staff())
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed")


async def test_buyers_do_not_see_who_asked_for_what(
    house: House, performance: str
) -> None:
    ann = await house.buyer()
    order = await house.bought(performance, ann, 1, 2, 3, 4, 5)
    wanted = tickets(performance, 1, 2, 3, 4, 5)
    asked = await refund(house, order["order"], wanted, house.staff(person="One"))
    assert asked.json()["request"] is not None
    mine = await house.client.get(f"/v1/orders/{order['order']}", headers=ann)
    assert mine.json()["requests"] is None
    assert b"One" not in mine.content


async def test_an_order_is_voided_soon_after_it_was_confirmed(
    house: House, performance: str
) -> None:
    ann = await house.buyer()
    order = await house.bought(performance, ann, 1, 2)
    address = f"/v1/orders/{order['order']}"
    voided = await house.client.post(
        f"{address}/void", json={"note": "Wrong date"}, headers=house.staff()
    )
    assert voided.status_code == 202
    shown = (await house.client.get(address, headers=ann)).json()
    assert (shown["status"], shown["refunding"]["minor"]) == ("voided", 9_000)
    late = await house.bought(performance, ann, 3)
    house.clock.pass_(days=2)
    refused = await house.client.post(
        f"/v1/orders/{late['order']}/void",
        json={"note": "Wrong date"},
        headers=house.staff(),
    )
    assert refused.json()["type"] == "/problems/void-window-over"


async def budget(house: House) -> None:
    put = await house.client.put(
        "/v1/comp-budgets/press",
        json={
            "places_max": 6,
            "face_max": {"minor": 100_000, "currency": "USD"},
        },
        headers=house.staff(),
    )
    assert put.status_code == 204


async def test_a_few_comps_are_given_by_one_person(
    house: House, performance: str
) -> None:
    await budget(house)
    manager = house.staff()
    hold = await house.held(performance, manager, 1, 2)
    given = await house.client.post(f"{hold}/comps", json=COMPS, headers=manager)
    assert given.status_code == 202, given.text
    assert (given.json()["status"], given.json()["channel"]) == ("confirmed", "comp")
    address = given.headers["location"]
    shown = (await house.client.get(address, headers=manager)).json()
    assert shown["comps"]["host"] == "Press office"
    assert shown["comps"]["face"]["minor"] == 9_000
    assert shown["comps"]["tax_owed"] == {"minor": 0, "currency": "USD"}
    assert shown["total"]["minor"] == 0


async def test_a_budget_tells_what_was_drawn_and_what_is_left(
    house: House, performance: str
) -> None:
    await budget(house)
    manager, finance = house.staff(), house.staff("finance")
    hold = await house.held(performance, manager, 1, 2)
    await house.client.post(f"{hold}/comps", json=COMPS, headers=manager)
    one = await house.client.get("/v1/comp-budgets/press", headers=finance)
    assert one.json() == {
        "budget": "press",
        "places_max": 6,
        "face_max": {"minor": 100_000, "currency": "USD"},
        "places": 2,
        "face": {"minor": 9_000, "currency": "USD"},
        "places_left": 4,
        "face_left": {"minor": 91_000, "currency": "USD"},
    }
    listed = await house.client.get("/v1/comp-budgets", headers=finance)
    assert listed.json() == {"items": [one.json()]}
    for unknown in ("gala", "Not%20a%20name"):
        none = await house.client.get(f"/v1/comp-budgets/{unknown}", headers=manager)
        assert none.status_code == 404


async def test_free_places_of_the_house_are_given_away_and_not_sold(
    house: House, performance: str
) -> None:
    await budget(house)
    manager, of = house.staff(), f"/v1/performances/{performance}"
    crew = {"code": "crew", "name": "Crew", "audience": "staff"}
    free = {"category": 0, "price": {"minor": 0, "currency": "USD"}, "type": "crew"}
    types = [{"code": "adult", "name": "Adult"}, crew]
    prices = {"prices": [DEAR, free], "types": types}
    priced = await house.client.put(f"{of}/prices", json=prices, headers=manager)
    assert priced.status_code < 300, priced.text
    wish = {"places": [1], "types": ["crew"]}
    held = await house.client.post(f"{of}/holds", json=wish, headers=manager)
    hold = held.headers["location"]
    for what, said in (("order", ANN), ("quote", {})):
        refused = await house.client.post(f"{hold}/{what}", json=said, headers=manager)
        assert refused.json()["type"] == "/problems/not-for-sale"
        assert refused.json()["places"] == [1]
    given = await house.client.post(f"{hold}/comps", json=COMPS, headers=manager)
    assert given.status_code == 202, given.text


async def test_many_comps_wait_for_a_second_person(
    house: House, performance: str
) -> None:
    await budget(house)
    one, two = house.staff(person="One"), house.staff(person="Two")
    hold = await house.held(performance, one, 1, 2, 3, 4, 5)
    asked = await house.client.post(f"{hold}/comps", json=COMPS, headers=one)
    assert asked.json()["operation"]["waits_for"] == "approval"
    address = asked.headers["location"]
    shown = (await house.client.get(address, headers=two)).json()
    (request,) = shown["requests"]
    wish = f"{address}/requests/{request['request']}"
    same = await house.client.post(f"{wish}/approve", headers=one)
    assert same.status_code == 403
    given = await house.client.post(f"{wish}/approve", headers=two)
    assert given.status_code == 202, given.text
    shown = (await house.client.get(address, headers=two)).json()
    assert shown["comps"]["approver"] == "Two"
    more = await house.held(performance, one, 6, 7)
    refused = await house.client.post(f"{more}/comps", json=COMPS, headers=one)
    assert refused.json()["type"] == "/problems/comp-budget-exhausted"


async def test_the_hold_of_a_buyer_is_not_given_away(
    house: House, performance: str
) -> None:
    await budget(house)
    hold = await house.held(performance, await house.buyer(), 1)
    refused = await house.client.post(
        f"{hold}/comps", json=COMPS, headers=house.staff()
    )
    assert refused.status_code == 404


async def test_orders_are_listed_in_pages_without_names(
    house: House, performance: str
) -> None:
    ann = await house.buyer()
    codes = [(await house.bought(performance, ann, n))["order"] for n in (1, 2, 3)]
    await house.project()
    path = f"/v1/orders?performance={performance}&limit=2"
    first = await house.client.get(path, headers=house.staff("till"))
    assert [item["order"] for item in first.json()["items"]] == codes[:2]
    rest = await house.client.get(
        f"{path}&after={first.json()['next']}", headers=house.staff("till")
    )
    assert [item["order"] for item in rest.json()["items"]] == codes[2:]
    assert b"xample.org" not in first.content


async def test_a_cancelled_performance_takes_no_orders(
    house: House, performance: str
) -> None:
    ann = await house.buyer()
    hold = await house.held(performance, ann, 1)
    off = await house.client.post(
        f"/v1/performances/{performance}/cancel",
        json={"reason": "Flood"},
        headers=house.staff(),
    )
    assert off.status_code == 204
    refused = await house.client.post(f"{hold}/order", json=ANN, headers=ann)
    assert refused.json()["type"] == "/problems/performance-off"
    shown = (await house.client.get(f"/v1/performances/{performance}")).json()
    assert (shown["cancelled"], shown["on_sale"]) == (True, False)

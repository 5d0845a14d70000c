import pytest

from tests.unit.api.house import ANN, House


async def test_a_held_place_is_answered_with_its_price_and_deadline(
    house: House, performance: str
) -> None:
    holds = f"/v1/performances/{performance}/holds"
    answer = await house.client.post(
        holds, json={"places": [3, 1]}, headers=await house.buyer()
    )
    assert answer.status_code == 201
    hold = answer.json()
    assert hold["state"] == "held"
    assert [place["place"] for place in hold["places"]] == [3, 1]
    assert [place["label"] for place in hold["places"]] == ["Stalls A-3", "Stalls A-1"]
    assert hold["total"] == {"minor": 9000, "currency": "USD"}
    assert hold["until"] == "2026-12-01T12:10:00Z"
    assert answer.headers["location"] == f"{holds}/{hold['hold']}"
    assert answer.headers["cache-control"] == "no-store"


async def test_a_taken_place_refuses_all_and_is_named(
    house: House, performance: str
) -> None:
    holds = f"/v1/performances/{performance}/holds"
    ann, bob = await house.buyer(), await house.buyer()
    await house.client.post(holds, json={"places": [1]}, headers=ann)
    answer = await house.client.post(holds, json={"places": [1, 2]}, headers=bob)
    assert answer.status_code == 409
    assert answer.json()["places"] == [1]
    other = await house.client.post(holds, json={"places": [2]}, headers=bob)
    assert other.status_code == 201


@pytest.mark.parametrize(
    ("places", "problem", "status"),
    [
        ([999], "unknown-place", 422),
        ([25], "not-priced", 409),
        ([1, 1], "invalid", 422),
        ([], "invalid", 422),
        (list(range(1, 10)), "invalid", 422),
    ],
)
async def test_what_cannot_be_held_is_refused(
    house: House, performance: str, places: list[int], problem: str, status: int
) -> None:
    answer = await house.client.post(
        f"/v1/performances/{performance}/holds",
        json={"places": places},
        headers=await house.buyer(),
    )
    assert answer.status_code == status
    assert answer.json()["type"] == f"/problems/{problem}"


async def test_a_buyer_may_have_eight_places(house: House, performance: str) -> None:
    holds = f"/v1/performances/{performance}/holds"
    buyer = await house.buyer()
    first = {"places": [1, 2, 3, 4, 5]}
    await house.client.post(holds, json=first, headers=buyer)
    more = {"places": [6, 7, 8, 9]}
    answer = await house.client.post(holds, json=more, headers=buyer)
    assert answer.status_code == 409
    assert answer.json()["places_counted"] == 5


async def test_a_closed_sale_takes_no_holds(house: House, performance: str) -> None:
    closed = await house.client.post(
        f"/v1/performances/{performance}/close",
        json={"reason": "Fire drill"},
        headers=house.staff(),
    )
    assert closed.status_code == 204
    answer = await house.client.post(
        f"/v1/performances/{performance}/holds",
        json={"places": [1]},
        headers=await house.buyer(),
    )
    assert answer.json()["type"] == "/problems/sale-not-open"


async def test_an_unknown_performance_is_not_found_and_costs_the_writer_nothing(
    house: House,
) -> None:
    answer = await house.client.post(
        f"/v1/performances/{'0' * 24}/holds",
        json={"places": [1]},
        headers=await house.buyer(),
    )
    assert answer.status_code == 404


async def test_a_hold_tells_how_it_stands(house: House, performance: str) -> None:
    holds = f"/v1/performances/{performance}/holds"
    buyer = await house.buyer()

    async def place(number: int) -> str:
        body = {"places": [number]}
        made = await house.client.post(holds, json=body, headers=buyer)
        return f"{holds}/{made.json()['hold']}"

    async def state(hold: str) -> str:
        answer = await house.client.get(hold, headers=buyer)
        assert answer.status_code == 200
        told: str = answer.json()["state"]
        return told

    released, bought, late = await place(1), await place(2), await place(3)
    assert await state(released) == "held"
    assert (await house.client.delete(released, headers=buyer)).status_code == 204
    assert await state(released) == "released"
    order = (await house.client.post(f"{bought}/order", json=ANN, headers=buyer)).json()
    assert await state(bought) == "ordered"
    await house.settle(order["order"], "captured")
    assert await state(bought) == "sold"
    house.clock.pass_(minutes=11)
    assert await state(late) == "overdue"
    await house.client.post(holds, json={"places": [3]}, headers=buyer)
    assert await state(late) == "overdue"


async def test_releasing_twice_is_as_good_as_once(
    house: House, performance: str
) -> None:
    holds = f"/v1/performances/{performance}/holds"
    buyer = await house.buyer()
    made = await house.client.post(holds, json={"places": [1]}, headers=buyer)
    hold = f"{holds}/{made.json()['hold']}"
    first = await house.client.delete(hold, headers=buyer)
    again = await house.client.delete(hold, headers=buyer)
    assert (first.status_code, again.status_code) == (204, 204)
    assert "boxoffice-token" in first.headers
    assert "boxoffice-token" not in again.headers


async def test_an_overdue_hold_is_ordered_only_while_nobody_else_may_take_it(
    house: House, performance: str
) -> None:
    ann = await house.buyer()
    hold = await house.held(performance, ann, 1)
    house.clock.pass_(minutes=10, seconds=2)
    answer = await house.client.post(f"{hold}/order", json=ANN, headers=ann)
    assert answer.json()["type"] == "/problems/hold-expired"


async def test_sold_places_are_not_given_back(house: House, performance: str) -> None:
    ann = await house.buyer()
    hold = await house.held(performance, ann, 1)
    order = (await house.client.post(f"{hold}/order", json=ANN, headers=ann)).json()
    await house.settle(order["order"], "captured")
    answer = await house.client.delete(hold, headers=ann)
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/hold-not-open"
    shown = await house.client.get(hold, headers=ann)
    assert shown.json()["state"] == "sold"

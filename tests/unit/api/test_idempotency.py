import pytest

from boxoffice_api.head import Head
from boxoffice_api.idempotency import idempotency_key
from boxoffice_api.problems import Malformed
from tests.unit.api.house import ANN, House


def head(key: bytes) -> Head:
    headers = {b"idempotency-key": key}
    return Head("POST", "/", b"", is_https=False, headers=headers)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (b"abc", b"abc"),
        (b'"abc"', b"abc"),
        (b'"a b"', b"a b"),
        (rb'"a\"b\\c"', rb'a"b\c'),
        (b"8e03978e-40d5-43e8-bc93-6894a57f9324",) * 2,
        (b"k" * 128, b"k" * 128),
        (b'a"b', b'a"b'),
    ],
)
def test_a_key_is_read_quoted_or_bare(given: bytes, expected: bytes) -> None:
    assert expected == idempotency_key(head(given))


@pytest.mark.parametrize(
    "given",
    [b"", b'""', b'"', b'"a', rb'"a\"', rb'"a\b"', b"a b", b"\xc3\xa9", b"k" * 129],
)
def test_what_is_no_key_is_refused(given: bytes) -> None:
    with pytest.raises(Malformed):
        idempotency_key(head(given))


async def test_a_repeated_request_gets_its_first_answer(
    house: House, performance: str
) -> None:
    holds = f"/v1/performances/{performance}/holds"
    headers = await house.buyer() | {"idempotency-key": "once"}
    first = await house.client.post(holds, json={"places": [1, 2]}, headers=headers)
    house.clock.pass_(minutes=3)
    again = await house.client.post(holds, json={"places": [1, 2]}, headers=headers)
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert first.headers == again.headers


async def test_a_key_is_the_same_quoted_or_bare_and_a_body_however_written(
    house: House, performance: str
) -> None:
    holds = f"/v1/performances/{performance}/holds"
    buyer = await house.buyer() | {"content-type": "application/json"}
    first = await house.client.post(
        holds, content=b'{"places":[1,2]}', headers=buyer | {"idempotency-key": "k"}
    )
    again = await house.client.post(
        holds,
        content=b' { "places" : [ 1, 2 ] } ',
        headers=buyer | {"idempotency-key": '"k"'},
    )
    assert first.content == again.content


async def test_a_key_serves_one_request_only(house: House, performance: str) -> None:
    holds = f"/v1/performances/{performance}/holds"
    headers = await house.buyer() | {"idempotency-key": "k"}
    first = await house.client.post(holds, json={"places": [1]}, headers=headers)
    other = await house.client.post(holds, json={"places": [2]}, headers=headers)
    assert other.status_code == 422
    assert other.json()["type"] == "/problems/idempotency-key-reused"
    hold = first.json()["hold"]
    elsewhere = await house.client.delete(f"{holds}/{hold}", headers=headers)
    assert elsewhere.status_code == 422


async def test_a_refusal_does_not_use_the_key_up(
    house: House, performance: str
) -> None:
    holds = f"/v1/performances/{performance}/holds"
    ann = await house.buyer()
    made = await house.client.post(holds, json={"places": [1]}, headers=ann)
    bob = await house.buyer() | {"idempotency-key": "k"}
    refused = await house.client.post(holds, json={"places": [1]}, headers=bob)
    assert refused.status_code == 409
    await house.client.delete(f"{holds}/{made.json()['hold']}", headers=ann)
    granted = await house.client.post(holds, json={"places": [1]}, headers=bob)
    assert granted.status_code == 201


async def test_two_buyers_may_use_the_same_key(house: House, performance: str) -> None:
    holds = f"/v1/performances/{performance}/holds"
    key = {"idempotency-key": "k"}
    for place in (1, 2):
        answer = await house.client.post(
            holds, json={"places": [place]}, headers=await house.buyer() | key
        )
        assert answer.status_code == 201


async def test_without_a_key_every_request_is_a_new_one(
    house: House, performance: str
) -> None:
    holds = f"/v1/performances/{performance}/holds"
    buyer = await house.buyer()
    first = await house.client.post(holds, json={"places": [1]}, headers=buyer)
    again = await house.client.post(holds, json={"places": [1]}, headers=buyer)
    assert (first.status_code, again.status_code) == (201, 409)


async def test_an_order_repeated_is_the_same_order_whatever_became_of_it(
    house: House, performance: str
) -> None:
    ann = await house.buyer()
    hold = await house.held(performance, ann, 1)
    keyed = ann | {"idempotency-key": "order"}
    first = await house.client.post(f"{hold}/order", json=ANN, headers=keyed)
    await house.settle(first.json()["order"], "captured")
    house.clock.pass_(hours=1)
    again = await house.client.post(f"{hold}/order", json=ANN, headers=keyed)
    assert first.status_code == again.status_code == 202
    assert (first.content, first.headers) == (again.content, again.headers)
    other = await house.client.post(
        f"{hold}/order", json=ANN, headers=ann | {"idempotency-key": "another"}
    )
    assert other.json()["type"] == "/problems/hold-not-open"


async def test_the_person_of_an_order_is_part_of_the_request(
    house: House, performance: str
) -> None:
    ann = await house.buyer() | {"idempotency-key": "order"}
    hold = await house.held(performance, {**ann, "idempotency-key": "hold"}, 2)
    await house.client.post(f"{hold}/order", json=ANN, headers=ann)
    for change in ({"email": "eve@example.org"}, {"name": "Eve"}, {"method": "pix"}):
        other = await house.client.post(f"{hold}/order", json=ANN | change, headers=ann)
        assert other.status_code == 422
        assert other.json()["type"] == "/problems/idempotency-key-reused"


async def test_a_change_of_an_order_repeated_gets_its_first_answer(
    house: House, performance: str
) -> None:
    ann = await house.buyer()
    order = await house.ordered(performance, ann, 1)
    await house.settle(order["order"], "declined")
    address = f"/v1/orders/{order['order']}"
    asked = [("pay", "declined"), ("cancel", None)]
    first = []
    for what, then in asked:
        keyed = ann | {"idempotency-key": what}
        first.append(await house.client.post(f"{address}/{what}", headers=keyed))
        if then == "declined":
            await house.settle(order["order"], "declined")
    for (what, _), before in zip(asked, first, strict=True):
        keyed = ann | {"idempotency-key": what}
        again = await house.client.post(f"{address}/{what}", headers=keyed)
        assert (before.status_code, before.content) == (202, again.content)


async def test_the_story_of_a_request_is_written_with_its_events(
    house: House, performance: str
) -> None:
    buyer = await house.buyer()
    await house.client.post(
        f"/v1/performances/{performance}/holds",
        json={"places": [1]},
        headers=buyer | {"x-correlation-id": "story-7"},
    )
    last = house.container.store.read(after=0, limit=999)[-1]
    assert b'"correlation":"story-7"' in last.meta
    assert b'"actor":"buyer:' in last.meta

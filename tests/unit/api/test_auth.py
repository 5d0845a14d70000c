import random
from datetime import UTC, datetime

import pytest

from boxoffice_api.auth import Buyers
from boxoffice_api.head import Head
from boxoffice_api.keys import Mac
from tests.unit.api.house import House


def head(method: str = "POST", **fields: str) -> Head:
    headers = {
        name.replace("_", "-").encode(): value.encode()
        for name, value in fields.items()
    }
    return Head(method, "/v1/x", b"", is_https=False, headers=headers)


def test_no_altered_token_is_anybody() -> None:
    dice = random.Random(20261201)
    buyers = Buyers(Mac(b"k" * 32), venue="main")
    buyer, token = buyers.welcome(dice.randbytes)
    assert buyers.known(head(authorization=f"Bearer {token}")) == buyer
    letters = "0123456789abcdefABCDEFxyzXYZ-_."
    for _ in range(5_000):
        at = dice.randrange(len(token))
        other = token[:at] + dice.choice(letters) + token[at + dice.randint(0, 2) :]
        known = buyers.known(head(authorization=f"Bearer {other}"))
        assert known is None or other == token


def test_a_token_of_another_house_is_nobody() -> None:
    dice = random.Random(1)
    _, token = Buyers(Mac(b"k" * 32), venue="main").welcome(dice.randbytes)
    elsewhere = Buyers(Mac(b"K" * 32), venue="main")
    assert elsewhere.known(head(authorization=f"Bearer {token}")) is None


async def test_a_cookie_is_as_good_as_a_token(house: House, performance: str) -> None:
    await house.client.post("/v1/buyers")
    assert house.client.cookies["bo_buyer"]
    answer = await house.client.post(
        f"/v1/performances/{performance}/holds", json={"places": [1]}
    )
    assert answer.status_code == 201


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(
    house: House,
) -> None:
    answer = await house.client.post("/v1/buyers")
    cookie = answer.headers["set-cookie"]
    assert "; HttpOnly" in cookie
    assert "; SameSite=Lax" in cookie
    assert "Secure" not in cookie


async def test_the_cookie_stays_on_https_once_it_was_given_there(house: House) -> None:
    answer = await house.client.post("https://boxoffice.test/v1/buyers")
    assert "; Secure" in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    ("fields", "is_welcome"),
    [
        ({}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"origin": "http://boxoffice.test"}, True),
        ({"origin": "http://evil.test"}, False),
        ({"origin": "null"}, False),
        ({"origin": "http://boxoffice.test.evil.test"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "http://boxoffice.test"}, False),
    ],
)
async def test_a_cookie_counts_only_for_our_own_pages(
    house: House, performance: str, fields: dict[str, str], *, is_welcome: bool
) -> None:
    await house.client.post("/v1/buyers")
    answer = await house.client.post(
        f"/v1/performances/{performance}/holds", json={"places": [1]}, headers=fields
    )
    assert answer.status_code == (201 if is_welcome else 401)


async def test_another_buyers_hold_and_order_are_not_found(
    house: House, performance: str
) -> None:
    ann, bob = await house.buyer(), await house.buyer()
    holds = f"/v1/performances/{performance}/holds"
    made = await house.client.post(holds, json={"places": [1]}, headers=ann)
    hold = made.json()["hold"]
    stranger = await house.client.get(f"{holds}/{hold}", headers=bob)
    nothing = await house.client.get(f"{holds}/{'0' * 32}", headers=bob)
    assert stranger.status_code == nothing.status_code == 404
    assert stranger.json()["detail"] == nothing.json()["detail"]
    bought = await house.client.post(f"{holds}/{hold}/purchase", headers=bob)
    assert bought.status_code == 404
    released = await house.client.delete(f"{holds}/{hold}", headers=bob)
    assert released.status_code == 404
    order = await house.client.post(f"{holds}/{hold}/purchase", headers=ann)
    code = order.json()["order"]
    theirs = await house.client.get(f"/v1/orders/{code}", headers=bob)
    assert theirs.status_code == 404


STAFF_ROUTES = [
    ("POST", "/v1/plans", {"manager"}),
    ("PUT", f"/v1/plans/{'0' * 24}", {"manager"}),
    ("POST", "/v1/productions", {"manager"}),
    ("POST", "/v1/performances", {"manager"}),
    ("PUT", "/v1/performances/{of}/prices", {"manager"}),
    ("POST", "/v1/performances/{of}/open", {"manager"}),
    ("POST", "/v1/performances/{of}/close", {"manager"}),
    ("GET", "/v1/performances/{of}/sales-board", {"manager", "finance", "till"}),
]


@pytest.mark.parametrize("role", ["till", "gate", "manager", "finance", "admin"])
@pytest.mark.parametrize(("method", "path", "roles"), STAFF_ROUTES)
async def test_a_role_may_do_what_its_route_says_and_no_more(
    house: House, performance: str, method: str, path: str, roles: set[str], role: str
) -> None:
    await house.project()
    answer = await house.client.request(
        method,
        path.format(of=performance),
        headers=house.staff(role) | {"content-type": "application/json"},
    )
    assert (answer.status_code != 403) is (role in {*roles, "admin"})
    assert answer.status_code != 401


@pytest.mark.parametrize(("method", "path", "roles"), STAFF_ROUTES)
async def test_buyers_and_strangers_are_no_staff(
    house: House, method: str, path: str, roles: set[str]
) -> None:
    assert "buyer" not in roles
    path = path.format(of="0" * 24)
    for headers in ({}, await house.buyer()):
        answer = await house.client.request(method, path, headers=headers)
        assert answer.status_code == 401


async def test_staff_of_another_venue_is_nobody_here(house: House) -> None:
    headers = house.staff("admin", venue="elsewhere")
    answer = await house.client.post("/v1/productions", headers=headers)
    assert answer.status_code == 401


async def test_a_revoked_token_is_nobodys(house: House) -> None:
    headers = house.staff(revoked_at=datetime(2026, 12, 1, tzinfo=UTC))
    answer = await house.client.post("/v1/productions", headers=headers)
    assert answer.status_code == 401


async def test_staff_is_sent_to_the_window_to_buy(
    house: House, performance: str
) -> None:
    answer = await house.client.post(
        f"/v1/performances/{performance}/holds",
        json={"places": [1]},
        headers=house.staff("admin"),
    )
    assert answer.status_code == 403


async def test_staff_sees_every_order(house: House, performance: str) -> None:
    holds = f"/v1/performances/{performance}/holds"
    ann = await house.buyer()
    made = await house.client.post(holds, json={"places": [1]}, headers=ann)
    bought = await house.client.post(
        f"{holds}/{made.json()['hold']}/purchase", headers=ann
    )
    shown = await house.client.get(
        f"/v1/orders/{bought.json()['order']}", headers=house.staff("gate")
    )
    assert bought.content == shown.content


async def test_without_a_name_nobody_sees_orders(house: House) -> None:
    answer = await house.client.get("/v1/orders/ABCDEFGHJK")
    assert answer.status_code == 401

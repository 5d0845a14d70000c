import random
from datetime import UTC, datetime

import pytest

from boxoffice.application.keys import Mac
from boxoffice_api.auth import Buyers
from boxoffice_api.head import Head
from tests.unit.api.house import ANN, House


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


async def test_what_is_anothers_looks_as_if_there_were_nothing(
    house: House, performance: str
) -> None:
    ann, bob = await house.buyer(), await house.buyer()
    hold = await house.held(performance, ann, 1)
    stranger = await house.client.get(hold, headers=bob)
    nothing = await house.client.get(f"{hold[:-32]}{'0' * 32}", headers=bob)
    assert stranger.status_code == nothing.status_code == 404
    assert stranger.json()["detail"] == nothing.json()["detail"]


async def test_staff_of_another_venue_is_nobody_here(house: House) -> None:
    headers = house.staff("admin", venue="elsewhere")
    answer = await house.client.post("/v1/productions", headers=headers)
    assert answer.status_code == 401


async def test_a_revoked_token_is_nobodys(house: House) -> None:
    headers = house.staff(revoked_at=datetime(2026, 12, 1, tzinfo=UTC))
    answer = await house.client.post("/v1/productions", headers=headers)
    assert answer.status_code == 401


async def test_the_window_has_holds_of_its_own(house: House, performance: str) -> None:
    till = house.staff("till")
    for place in range(1, 11):
        hold = await house.held(performance, till, place)
    shown = await house.client.get(hold, headers=till)
    assert shown.json()["state"] == "held"
    other = await house.client.get(hold, headers=house.staff("till", person="Bo"))
    assert other.status_code == 404


async def test_staff_sees_every_order_and_who_it_is_for(
    house: House, performance: str
) -> None:
    order = await house.bought(performance, await house.buyer(), 1)
    shown = await house.client.get(
        f"/v1/orders/{order['order']}", headers=house.staff("gate")
    )
    assert shown.json()["particulars"] == ANN


async def test_without_a_name_nobody_sees_orders(house: House) -> None:
    answer = await house.client.get("/v1/orders/ABCDEFGHJK")
    assert answer.status_code == 401

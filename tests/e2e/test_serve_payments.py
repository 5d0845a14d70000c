"""An embedded house takes payments of its own accord, and remembers them."""

from __future__ import annotations

import re
import time
from typing import Any

import httpx

from boxoffice.sandbox.ledger import standings
from tests.e2e.house import House

LIMIT_S = 60.0
POLL_S = 0.05
ANN = {"name": "Ann", "email": "ann@example.org", "instrument": "pm_card_visa"}


def buy(client: httpx.Client) -> dict[str, Any]:
    """Order the first free places; give the order once it is paid."""
    show = client.get("/v1/performances").json()["items"][0]["performance"]
    secret = client.post("/v1/buyers").json()["token"]
    client.cookies.clear()
    buyer = {"authorization": f"Bearer {secret}"}
    for place in range(1, 200):
        held = client.post(
            f"/v1/performances/{show}/holds", json={"places": [place]}, headers=buyer
        )
        if held.status_code == 201:
            break
    placed = client.post(f"{held.headers['location']}/order", json=ANN, headers=buyer)
    assert placed.status_code == 202, placed.text
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline:
        order: dict[str, Any] = client.get(
            placed.headers["location"], headers=buyer
        ).json()
        if order["status"] == "confirmed" and order["paid"]["minor"]:
            return order
        time.sleep(POLL_S)
    raise AssertionError(order)


def test_an_embedded_house_is_paid_before_and_after_a_kill(small_house: House) -> None:
    orders = []
    for _ in range(2):
        small_house.start("everything", "--demo")
        with httpx.Client(base_url=small_house.url, timeout=30) as client:
            orders.append(buy(client))
        small_house.kill("everything")
    ledger = small_house.folder / "data" / "sandbox.sqlite"
    books = {one.order: one.captured for one in standings(ledger)}
    assert books == {order["order"]: order["paid"]["minor"] for order in orders}


def test_the_welcome_names_the_sandbox(small_house: House) -> None:
    small_house.start("everything", "--demo")
    said = small_house.log_of("everything")
    (address,) = re.findall(r"Payments +(http://127\.0\.0\.1:\d+)", said)
    assert httpx.get(f"{address}/livez", timeout=30).status_code == 200

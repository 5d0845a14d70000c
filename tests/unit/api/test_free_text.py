"""Words and numbers that could name somebody do not get on record."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.api.house import House
from tests.unit.api.test_order_desk import COMPS

CARD = "4242424242424242"


async def test_a_buyer_has_no_note(house: House, performance: str) -> None:
    ann = await house.buyer()
    order = await house.bought(performance, ann, 1)
    for what, body in (
        ("cancel", {"note": "I am Ann"}),
        ("refund", {"tickets": [{"performance": performance, "place": 1}]}),
    ):
        refused = await house.client.post(
            f"/v1/orders/{order['order']}/{what}",
            json=body | {"note": "I am Ann"},
            headers=ann,
        )
        assert (refused.status_code, refused.json()["detail"]) == (
            403,
            "Notes are for staff to write.",
        )


async def test_staff_cancel_with_a_note_that_names_nobody(
    house: House, performance: str
) -> None:
    order = await house.ordered(performance, await house.buyer(), 1)
    address = f"/v1/orders/{order['order']}/cancel"
    wrong = {"note": f"Card {CARD}"}
    refused = await house.client.post(address, json=wrong, headers=house.staff())
    assert refused.status_code == 422
    assert refused.json()["type"] == "/problems/names-somebody"
    assert refused.json()["field"] == "note"
    assert CARD not in refused.text
    right = {"note": "Wrong day"}
    done = await house.client.post(address, json=right, headers=house.staff())
    assert done.status_code == 202


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("cancel", {"reason": "ann@example.org is ill"}),
        ("close", {"reason": "ann@example.org is ill"}),
        (
            "move",
            {
                "starts_at": "2027-01-31T20:00:00Z",
                "sale_until": "2027-01-31T20:00:00Z",
                "refund_until": "2026-12-20T00:00:00Z",
                "reason": "ann@example.org is ill",
            },
        ),
    ],
)
async def test_a_reason_for_everybody_names_nobody(
    house: House, performance: str, path: str, body: dict[str, Any]
) -> None:
    refused = await house.client.post(
        f"/v1/performances/{performance}/{path}", json=body, headers=house.staff()
    )
    assert refused.json()["type"] == "/problems/names-somebody", refused.text


async def test_comps_are_not_given_for_an_address(
    house: House, performance: str
) -> None:
    staff = house.staff()
    hold = await house.held(performance, staff, 1)
    wrong = COMPS | {"reason": "for kim@example.org"}
    refused = await house.client.post(f"{hold}/comps", json=wrong, headers=staff)
    assert refused.json()["type"] == "/problems/names-somebody", refused.text


@pytest.mark.parametrize(
    ("given", "is_kept"),
    [
        ("story-7", True),
        ("20261201-120000", False),
        (CARD, False),
        ("card.4242.4242.4242.4242", False),
        ("a-4242-4242-4242-4242", False),
        ("12345678901", True),
        ("99999999-9999-4999-9999-999999999999", True),
        ("01234567890123456789abcdef012345", True),
    ],
)
async def test_a_story_is_not_named_by_a_cards_number(
    house: House, performance: str, given: str, *, is_kept: bool
) -> None:
    buyer = await house.buyer()
    made = await house.client.post(
        f"/v1/performances/{performance}/holds",
        json={"places": [1]},
        headers=buyer | {"x-correlation-id": given},
    )
    assert made.status_code == 201
    (*_, last) = house.container.store.read(after=0, limit=9_999)
    assert (f'"correlation":"{given}"'.encode() in last.meta) is is_kept

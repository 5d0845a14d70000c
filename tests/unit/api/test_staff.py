"""Staff are on record by ids that say nothing, and are one person with any token."""

from __future__ import annotations

import re

import pytest

from tests.unit.api.house import House
from tests.unit.api.test_order_desk import asked_for_much, refund, tickets

NAME = "Zyxwyna Roe"


async def test_no_record_names_a_member_of_staff(
    house: House, performance: str
) -> None:
    staff = house.staff(person=NAME)
    order = await house.bought(performance, await house.buyer(), 1)
    done = await refund(house, order["order"], tickets(performance, 1), staff)
    assert done.status_code == 202
    await house.client.post(
        f"/v1/performances/{performance}/cancel", json={"reason": "x"}, headers=staff
    )
    records = list(house.container.store.read(after=0, limit=9_999))
    assert not any(b"Zyxwyna" in r.data + r.meta for r in records)
    refunded = next(r for r in records if r.tag == "tickets-refunded.v1")
    assert re.search(rb'"actor":"staff:[0-9a-f]{16}"', refunded.meta)
    assert re.search(rb'"by":"staff:[0-9a-f]{16}"', refunded.data)


async def test_two_tokens_of_one_person_are_not_two_people(
    house: House, performance: str
) -> None:
    code, request = await asked_for_much(house, performance)
    for spelled in ("One", "one", " ONE "):
        same = await house.client.post(
            f"/v1/orders/{code}/requests/{request}/approve",
            headers=house.staff(role="admin", person=spelled),
        )
        assert same.json()["type"] == "/problems/same-person"


async def test_whose_name_is_gone_is_shown_by_the_id(
    house: House, performance: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _ = await asked_for_much(house, performance)
    monkeypatch.setattr(house.container.tokens, "names", dict)
    shown = await house.client.get(f"/v1/orders/{code}", headers=house.staff())
    (wish,) = shown.json()["requests"]
    assert re.fullmatch(r"staff:[0-9a-f]{16}", wish["by"])

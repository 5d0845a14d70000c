"""The checkout: mistakes beside their fields, codes, one order."""

from __future__ import annotations

import re

import pytest

from tests.unit.api.house import House
from tests.unit.pages.buyers import ANN, at_checkout, code_of, pay_button, stage_of
from tests.unit.pages.site import Page, Visitor


def mistake(page: Page, field: str) -> str:
    found = re.search(rf'<p class="field-error" id="d-{field}">([^<]*)<', page.text)
    return found[1] if found else ""


async def promoted(house: House, **terms: object) -> None:
    await house.client.put(
        "/v1/promotions/SPRING",
        json={"currency": "USD", "basis_points": 1_000, **terms},
        headers=house.staff(),
    )


async def test_the_checkout_shows_places_and_the_all_in_total(
    ann: Visitor, performance: str
) -> None:
    page = await at_checkout(ann, performance, 1, 2)
    assert "Stalls row A seat 2" in page.words
    assert "Total, all-in USD 90.00" in page.words
    assert "Pay USD 90.00" in page.buttons


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "4242 4242 4242 4242"),
        ("email", ""),
        ("email", "ann"),
        ("promotion", "no such!"),
    ],
)
async def test_a_mistake_is_told_beside_its_field_and_the_rest_is_kept(
    ann: Visitor, performance: str, field: str, value: str
) -> None:
    page = await at_checkout(ann, performance, 1)
    refused = await ann.send(page, pay_button(page), **ANN | {field: value})
    assert refused.status == 422
    assert mistake(refused, field)
    kept = {"name", "email"} - {field}
    assert all(f'value="{ANN[name]}"' in refused.text for name in kept)
    placed = await ann.send(refused, pay_button(refused), **ANN)
    assert code_of(placed)


async def test_a_code_is_tried_before_anything_is_ordered(
    ann: Visitor, house: House, performance: str
) -> None:
    await promoted(house)
    page = await at_checkout(ann, performance, 1, 2)
    tried = await ann.send(page, "Apply", promotion="SPRING", name="Ann", email="")
    assert (tried.status, mistake(tried, "email")) == (200, "")
    assert "SPRING takes USD 9.00 off" in tried.words
    assert 'value="Ann"' in tried.text
    placed = await ann.send(tried, "Pay USD 81.00", **ANN, promotion="SPRING")
    assert "Promotion SPRING" in placed.words
    assert "USD 81.00" in placed.words


async def test_a_refused_code_is_told_beside_the_code(
    ann: Visitor, house: House, performance: str
) -> None:
    await promoted(house, budget=100)
    page = await at_checkout(ann, performance, 1)
    for button in ("Apply", pay_button(page)):
        for code in ("NONE", "SPRING"):
            refused = await ann.send(page, button, **ANN, promotion=code)
            assert refused.status == 409
            assert mistake(refused, "promotion"), (button, code)
            assert "USD 45.00" in refused.words


async def test_what_costs_nothing_is_confirmed_at_once(
    ann: Visitor, house: House, performance: str
) -> None:
    await promoted(house, basis_points=10_000)
    page = await at_checkout(ann, performance, 1)
    tried = await ann.send(page, "Apply", promotion="SPRING")
    placed = await ann.send(tried, "Order for nothing", **ANN, promotion="SPRING")
    assert stage_of(placed) == "confirmed"


async def test_a_method_that_is_not_ours_is_the_senders_mistake(
    ann: Visitor, performance: str
) -> None:
    page = await at_checkout(ann, performance, 1)
    sent = await ann.send(page, pay_button(page), **ANN | {"method": "gold"})
    assert sent.status == 400

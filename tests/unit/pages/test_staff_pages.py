"""Staff pages: signing in once, the boards, opening and closing a sale."""

from __future__ import annotations

import re

import pytest

from tests.unit.api.house import House
from tests.unit.pages.buyers import bought
from tests.unit.pages.site import Page, Visitor


async def signed_in(visitor: Visitor, house: House, role: str = "manager") -> Page:
    token = house.staff(role)["authorization"].removeprefix("Bearer ")
    page = await visitor.open("/staff")
    return await visitor.send(page, "Sign in", token=token)


async def test_a_token_is_given_once_and_lies_in_a_cookie_out_of_scripts_reach(
    ann: Visitor, house: House
) -> None:
    token = house.staff()["authorization"].removeprefix("Bearer ")
    answer = await ann.request("POST", "/staff/session", data={"token": token})
    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "A manager" in (await ann.open("/staff")).words


async def test_a_bad_token_is_told_so_on_the_page(ann: Visitor) -> None:
    page = await ann.send(await ann.open("/staff"), "Sign in", token="bo_staff_x")
    assert (page.status, page.notice) == (401, "This token is not good.")
    assert "bo_staff" not in ann.cookies


async def test_another_site_cannot_sign_anybody_in(ann: Visitor, house: House) -> None:
    token = house.staff()["authorization"].removeprefix("Bearer ")
    answer = await ann.request(
        "POST",
        "/staff/session",
        data={"token": token},
        headers={"sec-fetch-site": "cross-site"},
    )
    assert answer.status_code == 403


async def test_signing_out_forgets_the_cookie(ann: Visitor, house: House) -> None:
    lobby = await signed_in(ann, house)
    answer = await ann.request("POST", "/staff/session/end", data=lobby.fields)
    assert "bo_staff=;" in answer.headers["set-cookie"]
    assert "Max-Age=0" in answer.headers["set-cookie"]


async def test_the_lobby_lists_every_performance_with_what_it_took(
    ann: Visitor, bob: Visitor, house: House, performance: str
) -> None:
    await bought(bob, house, performance, 1, 2)
    lobby = await signed_in(ann, house, "till")
    assert "USD 90.00" in lobby.words
    assert "2 of 28 sold" in lobby.words


async def test_the_board_counts_by_level_and_in_all(
    ann: Visitor, bob: Visitor, house: House, performance: str
) -> None:
    await bought(bob, house, performance, 1, 2)
    page = await bob.open(f"/performances/{performance}?fresh")
    await bob.send(page, "Hold places", places=(3,))
    await signed_in(ann, house)
    board = await ann.open(f"/staff/performances/{performance}")
    figures = dict(re.findall(r'<dd data-figure="(\w+)">([^<]*)<', board.text))
    assert figures == {
        "revenue": "USD 90.00",
        "sold": "2",
        "held": "1",
        "free": "25",
    }
    assert "7.1 % of 28 places sold" in board.words


async def test_a_manager_closes_and_opens_the_sale(
    ann: Visitor, house: House, performance: str
) -> None:
    await signed_in(ann, house)
    board = await ann.open(f"/staff/performances/{performance}")
    closed = await ann.send(board, "Close the sale")
    assert "Open the sale" in closed.buttons
    assert "Close the sale" in (await ann.send(closed, "Open the sale")).buttons


async def test_a_till_sees_the_board_but_no_switch(
    ann: Visitor, house: House, performance: str
) -> None:
    await signed_in(ann, house, "till")
    board = await ann.open(f"/staff/performances/{performance}")
    assert board.status == 200
    assert "Close the sale" not in board.buttons
    manager = Visitor(house)
    await signed_in(manager, house)
    form = await manager.open(f"/staff/performances/{performance}")
    assert (await ann.send(form, "Close the sale")).status == 403


@pytest.mark.parametrize("role", ["gate", None])
async def test_who_may_not_see_money_sees_no_board(
    ann: Visitor, house: House, performance: str, role: str | None
) -> None:
    if role:
        await signed_in(ann, house, role)
    page = await ann.open(f"/staff/performances/{performance}")
    assert page.status == (403 if role else 401)
    assert "USD" not in page.words


async def test_a_switch_that_another_site_pressed_does_nothing(
    ann: Visitor, house: House, performance: str
) -> None:
    await signed_in(ann, house)
    board = await ann.open(f"/staff/performances/{performance}")
    answer = await ann.request(
        "POST",
        f"/staff/performances/{performance}/close",
        data=board.fields,
        headers={"sec-fetch-site": "cross-site"},
    )
    assert answer.status_code in (401, 403)
    forged = await ann.send(board, "Close the sale", form="")
    assert forged.status == 403
    again = await ann.open(f"/staff/performances/{performance}")
    assert "Close the sale" in again.buttons

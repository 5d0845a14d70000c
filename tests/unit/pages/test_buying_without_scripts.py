"""Buying by forms alone: choose, hold, buy; refusals are sentences on the page."""

from __future__ import annotations

import re

from tests.unit.api.house import House
from tests.unit.pages.buyers import (
    ANN,
    BACK,
    CHECKOUT,
    HOLD,
    at_checkout,
    code_of,
    held,
    ordered,
    pay_button,
    stage_of,
)
from tests.unit.pages.site import Visitor


async def test_places_are_held_bought_and_still_there_after_a_reload(
    ann: Visitor, house: House, performance: str
) -> None:
    hold = await held(ann, performance, 1, 2)
    assert re.fullmatch(f"/performances/{performance}/holds/[0-9a-f]{{32}}", hold.path)
    assert "Stalls row A seat 1" in hold.words
    assert "USD 90.00" in hold.words
    assert "until 04:10:00 PST" in hold.words
    page = await ann.follow(hold, CHECKOUT)
    placed = await ann.send(page, pay_button(page), **ANN)
    assert placed.path == f"/orders/{code_of(placed)}?pay=now"
    await house.settle(code_of(placed), "captured")
    order = await ann.open(f"/orders/{code_of(placed)}")
    again = await ann.open(order.path)
    assert (again.status, again.words) == (200, order.words)
    assert stage_of(again) == "confirmed"
    assert "Stalls row A seat 2" in again.words


async def test_places_given_back_are_free_at_once(
    ann: Visitor, performance: str
) -> None:
    hold = await held(ann, performance, 3)
    page = await ann.send(hold, BACK)
    assert page.path.startswith(f"/performances/{performance}")
    assert 3 in page.free
    ended = await ann.open(hold.path)
    assert "You gave these places back" in ended.words
    assert CHECKOUT not in ended.links


async def test_a_taken_place_is_named_and_the_rest_of_the_choice_is_kept(
    ann: Visitor, bob: Visitor, performance: str
) -> None:
    page = await ann.open(f"/performances/{performance}")
    await held(bob, performance, 5)
    refused = await ann.send(page, HOLD, places=(4, 5, 6))
    assert refused.status == 409
    assert refused.notice == ("Stalls row A seat 5 was just taken by somebody else.")
    assert refused.ticked == [4, 6]
    assert 5 not in refused.free
    assert (await ann.send(refused, HOLD, places=(4, 6))).status == 200


async def test_nothing_chosen_and_too_much_chosen_are_refused_in_a_sentence(
    ann: Visitor, performance: str
) -> None:
    page = await ann.open(f"/performances/{performance}")
    sentence = "Choose between one and eight places."
    assert (await ann.send(page, HOLD)).notice == sentence
    many = await ann.send(page, HOLD, places=tuple(range(1, 10)))
    assert (many.status, many.notice) == (422, sentence)


async def test_a_form_sent_twice_holds_once(ann: Visitor, performance: str) -> None:
    page = await ann.open(f"/performances/{performance}")
    first = await ann.send(page, HOLD, places=(7,))
    second = await ann.send(page, HOLD, places=(7,))
    assert first.path == second.path
    page = await ann.follow(first, CHECKOUT)
    placed = await ann.send(page, pay_button(page), **ANN)
    assert (await ann.send(page, pay_button(page), **ANN)).path == placed.path


async def test_an_ordered_hold_leads_to_its_order(
    ann: Visitor, performance: str
) -> None:
    page = await at_checkout(ann, performance, 8)
    order = await ann.send(page, pay_button(page), **ANN)
    hold = page.path.removesuffix("/checkout")
    assert code_of(await ann.open(hold)) == code_of(order)
    assert code_of(await ann.open(page.path)) == code_of(order)


async def test_an_overdue_hold_cannot_be_ordered_and_says_so(
    ann: Visitor, house: House, performance: str
) -> None:
    page = await at_checkout(ann, performance, 9)
    house.clock.pass_(minutes=11)
    late = await ann.send(page, pay_button(page), **ANN)
    assert "The hold has run out" in late.words
    assert "The hold has run out" in (await ann.open(page.path)).words


async def test_anothers_hold_and_order_are_not_found(
    ann: Visitor, bob: Visitor, performance: str
) -> None:
    hold = await held(ann, performance, 10)
    await bob.open("/")
    await bob.open(f"/performances/{performance}")
    assert (await bob.open(hold.path)).status == 404
    assert (await bob.open(f"{hold.path}/checkout")).status == 404
    order = await ordered(ann, performance, 11)
    assert (await bob.open(order.path)).status == 404


async def test_a_form_counts_only_for_whom_it_was_made(
    ann: Visitor, bob: Visitor, performance: str
) -> None:
    page = await ann.open(f"/performances/{performance}")
    await bob.open(f"/performances/{performance}")
    stolen = await bob.send(page, HOLD, places=(11,))
    assert stolen.status == 403
    forged = await ann.send(page, HOLD, places=(11,), form="0" * 80)
    assert forged.status == 403
    assert (await ann.send(page, HOLD, places=(11,), form="é")).status == 403
    assert 11 in (await ann.open(f"/performances/{performance}?fresh")).free


async def test_a_form_that_another_site_sent_is_refused(
    ann: Visitor, performance: str
) -> None:
    page = await ann.open(f"/performances/{performance}")
    data = {**page.fields, "place": "12"}
    path = f"/performances/{performance}/holds"
    for headers in (
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none", "content-type": "text/plain"},
    ):
        answer = await ann.request("POST", path, data=data, headers=headers)
        assert answer.status_code in (401, 403, 415)
    assert 12 in (await ann.open(f"/performances/{performance}?fresh")).free


async def test_garbage_in_a_form_is_the_senders_mistake(
    ann: Visitor, performance: str
) -> None:
    page = await ann.open(f"/performances/{performance}")
    path = f"/performances/{performance}/holds"
    own = "&".join(f"{name}={value}" for name, value in page.fields.items())
    headers = {"content-type": "application/x-www-form-urlencoded"}
    for tail in (
        "&place=x",
        "&place=-1",
        "&place=" + "9" * 40,
        "&place=%FF",
        "&a=b" * 200,
    ):
        answer = await ann.request("POST", path, content=own + tail, headers=headers)
        assert 400 <= answer.status_code < 500, tail
    assert (await ann.send(page, HOLD, places=(1,), key="short")).status == 400
    unknown = await ann.send(page, HOLD, places=(4_000_000,))
    assert (unknown.status, unknown.notice) == (
        422,
        "This performance has no such place.",
    )


async def test_before_the_sale_and_after_it_nothing_can_be_chosen(
    ann: Visitor, house: House, performance: str
) -> None:
    staff = house.staff()
    body = {"reason": "rain"}
    await house.client.post(
        f"/v1/performances/{performance}/close", json=body, headers=staff
    )
    page = await ann.open(f"/performances/{performance}")
    assert "The sale for this performance is closed." in page.words
    assert HOLD not in page.buttons

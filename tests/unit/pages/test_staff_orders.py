"""Staff pages about orders: find, refund with four eyes, comps, prices, promotions."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.unit.api.house import House
from tests.unit.pages.buyers import bought, code_of, ordered, stage_of
from tests.unit.pages.site import Page, Visitor


async def signed_in(
    visitor: Visitor, house: House, role: str = "manager", **changes: str
) -> None:
    token = house.staff(role, **changes)["authorization"].removeprefix("Bearer ")
    await visitor.send(await visitor.open("/staff"), "Sign in", token=token)


async def refund(visitor: Visitor, code: str, *tickets: str, **fields: Any) -> Page:
    page = await visitor.open(f"/staff/orders/{code}")
    return await visitor.send(page, "Refund", ticket=list(tickets), **fields)


async def test_orders_are_listed_filtered_and_found_by_code(
    ann: Visitor, bob: Visitor, house: House, performance: str
) -> None:
    code = code_of(await bought(bob, house, performance, 1, 2))
    await signed_in(ann, house, "till")
    path = f"/staff/performances/{performance}/orders"
    assert code in (await ann.open(path)).links
    assert code in (await ann.open(f"{path}?status=confirmed")).links
    assert code not in (await ann.open(f"{path}?status=placed")).links
    found = await ann.open(f"/staff/find?code={code.lower()}")
    assert found.path == f"/staff/orders/{code}"
    assert "Ann Olivária" in found.words
    assert "USD 90.00" in found.words
    assert (await ann.open("/staff/find?code=%21")).status == 404


async def test_a_ticket_is_refunded_less_a_fee(
    ann: Visitor, bob: Visitor, house: House, performance: str
) -> None:
    code = code_of(await bought(bob, house, performance, 1, 2))
    await signed_in(ann, house)
    done = await refund(ann, code, f"{performance}:1", fee="5.00", note="Ill")
    assert "On its way back USD 40.00" in done.words
    assert "Fees kept USD 5.00" in done.words
    orders = f"/staff/performances/{performance}/orders"
    assert "confirmed returned" not in done.words + (await ann.open(orders)).words
    again = await refund(ann, code, f"{performance}:1")
    assert (again.status, bool(again.notice)) == (409, True)
    for given in ({"fee": "five"}, {}):
        wrong = await refund(ann, code, **given)
        assert (wrong.status, bool(wrong.notice)) == (422, True)
    rest = await refund(ann, code, f"{performance}:2")
    assert "confirmed returned" in rest.words
    assert "confirmed returned" in (await ann.open(orders)).words


async def test_a_refund_that_no_bank_takes_is_marked(
    ann: Visitor, bob: Visitor, house: House, performance: str
) -> None:
    code = code_of(await bought(bob, house, performance, 1))
    await signed_in(ann, house)
    listed = f"/staff/performances/{performance}/orders"
    await refund(ann, code, f"{performance}:1")
    assert "refund failed" not in (await ann.open(listed)).words
    name = await house.fail_refund(code)
    assert "refund failed" in (await ann.open(listed)).words
    paid = await house.client.post(
        f"/v1/orders/{code}/refunds/{name}/pay-out",
        json={"note": "in cash"},
        headers=house.staff("finance"),
    )
    assert paid.status_code == 202
    shown = await ann.open(f"/staff/orders/{code}")
    assert "paid out by A finance" in shown.words


async def test_a_large_refund_needs_a_second_person(
    ann: Visitor, bob: Visitor, house: House, performance: str
) -> None:
    places = (1, 2, 3, 4, 5)
    code = code_of(await bought(bob, house, performance, *places))
    await signed_in(ann, house)
    wish = await refund(ann, code, *(f"{performance}:{place}" for place in places))
    assert "Waiting for a second person" in wish.words
    assert "Approve" not in wish.buttons
    wish.buttons["Deny"] = wish.buttons["Deny"].replace("/deny", "/approve")
    same = await ann.send(wish, "Deny")
    assert (same.status, bool(same.notice)) == (403, True)
    other = Visitor(house)
    await signed_in(other, house, person="Another manager")
    queue = await other.open("/staff/approvals")
    assert code in queue.links
    assert "Asked for by A manager" in queue.words
    agreed = await other.send(queue, "Approve")
    assert "On its way back USD 225.00" in agreed.words
    assert "by A manager, agreed by Another manager" in agreed.words
    assert "Void the order" not in agreed.buttons
    assert "staff:" not in agreed.words
    assert stage_of(await bob.open(f"/orders/{code}")) == "returned"


async def test_an_order_is_voided_and_another_cancelled(
    ann: Visitor, bob: Visitor, house: House, performance: str
) -> None:
    sold = code_of(await bought(bob, house, performance, 1))
    placed = code_of(await ordered(bob, performance, 2))
    await signed_in(ann, house)
    page = await ann.open(f"/staff/orders/{sold}")
    assert (await ann.send(page, "Void the order")).status == 422
    voided = await ann.send(page, "Void the order", note="Slip")
    assert "voided" in voided.words
    page = await ann.open(f"/staff/orders/{placed}")
    assert "cancelled" in (await ann.send(page, "Cancel it")).words


async def test_comps_are_given_away_out_of_a_budget(
    ann: Visitor, house: House, performance: str
) -> None:
    await signed_in(ann, house)
    path = f"/staff/performances/{performance}/places"
    said: dict[str, Any] = {
        "name": "Guest",
        "email": "g@example.org",
        "host": "Ann",
        "reason": "Press",
        "budget": "press",
    }
    bare = await ann.open(path)
    assert "Give away" not in bare.buttons
    await set_budget(ann, bare, places_max="1", face_max="990.00")
    page = await ann.open(path)
    assert "press: 1 place, USD 990.00 left" in page.words
    refused = await ann.send(page, "Give away", places=(1, 2), **said)
    assert refused.status == 409
    assert refused.ticked == [1, 2]
    assert 'value="Guest"' in refused.text
    given = await ann.send(refused, "Give away", places=(1,), **said)
    assert "Comps of Ann: Press" in given.words
    assert "confirmed" in given.words


async def test_a_refusal_is_shown_when_the_list_knows_what_was_given_back(
    ann: Visitor, house: House, performance: str
) -> None:
    await signed_in(ann, house)
    path = f"/staff/performances/{performance}/places"
    await set_budget(ann, await ann.open(path), places_max="1", face_max="990.00")
    page = await ann.open(path)
    said = dict.fromkeys(("name", "host", "reason"), "Press")
    wish: dict[str, Any] = {**said, "email": "g@example.org", "budget": "press"}
    sent = asyncio.create_task(ann.send(page, "Give away", places=(1, 2), **wish))
    done, _ = await asyncio.wait({sent}, timeout=1)
    assert not done
    await house.project()
    refused = await sent
    assert (refused.status, refused.ticked) == (409, [1, 2])
    assert {1, 2} <= set(refused.free)


async def set_budget(visitor: Visitor, page: Page, **changes: str) -> Page:
    """Follow the link of a page to the budgets, and set one for the press."""
    budgets = await visitor.follow(page, "budget for comps")
    fields: dict[str, Any] = {"budget": "press", "currency": "usd", **changes}
    return await visitor.send(budgets, "Set it", **fields)


async def test_budgets_are_set_and_tell_what_is_left(
    ann: Visitor, house: House, performance: str
) -> None:
    await signed_in(ann, house)
    bare = await ann.open(f"/staff/performances/{performance}/places")
    assert (await ann.open("/staff")).links["Comps budgets"] == "/staff/comp-budgets"
    for wrong in (
        {"places_max": "", "face_max": "9"},
        {"places_max": "1", "face_max": ""},
        {"places_max": "1", "face_max": "9", "budget": "Press night"},
        {"places_max": "1", "face_max": "9", "currency": "dollars"},
        {"places_max": "x", "face_max": "9"},
    ):
        refused = await set_budget(ann, bare, **wrong)
        assert (refused.status, bool(refused.notice)) == (422, True)
    done = await set_budget(ann, bare, places_max="8", face_max="500.00")
    assert done.path == "/staff/comp-budgets"
    assert (
        "press 8 of 8, 0 given USD 500.00 of USD 500.00, USD 0.00 given" in done.words
    )


async def test_finance_sees_budgets_and_the_till_does_not(
    ann: Visitor, bob: Visitor, house: House
) -> None:
    await signed_in(ann, house, "finance")
    assert "Set it" not in (await ann.open("/staff/comp-budgets")).buttons
    await signed_in(bob, house, "till")
    assert "Comps budgets" not in (await bob.open("/staff")).links
    assert (await bob.open("/staff/comp-budgets")).status == 403


async def test_prices_tell_what_is_left_of_a_quota(
    ann: Visitor, house: House, performance: str
) -> None:
    price = {"category": 0, "price": {"minor": 4_500, "currency": "USD"}}
    few = {"code": "few", "name": "Few", "quota": 5}
    types = [{"code": "adult", "name": "Adult"}, few]
    await house.client.put(
        f"/v1/performances/{performance}/prices",
        json={"prices": [price, price | {"type": "few"}], "types": types},
        headers=house.staff(),
    )
    buyer = await house.buyer()
    held = await house.client.post(
        f"/v1/performances/{performance}/holds",
        json={"places": [1, 2], "types": ["few", "few"]},
        headers=buyer,
    )
    assert held.status_code == 201, held.text
    await signed_in(ann, house)
    page = await ann.open(f"/staff/performances/{performance}/prices")
    assert '<td class="num">3</td>' in page.text
    house.clock.pass_(hours=1)
    page = await ann.open(f"/staff/performances/{performance}/prices")
    assert '<td class="num">5</td>' in page.text


async def test_staff_swap_a_ticket_for_another_place(
    ann: Visitor, bob: Visitor, house: House, performance: str
) -> None:
    code = code_of(await bought(bob, house, performance, 1))
    await signed_in(ann, house)
    page = await ann.open(
        f"/staff/exchanges?order={code}&into={performance}&ticket={performance}%3A1"
    )
    done = await ann.send(page, "Exchange", places=(7,))
    assert done.path == f"/staff/orders/{code}"
    assert "Stalls row A seat 7" in done.words
    assert "exchanged" in done.words


async def test_prices_are_shown_all_in_before_they_are_saved(
    ann: Visitor, bob: Visitor, house: House, performance: str
) -> None:
    await signed_in(ann, house)
    path = f"/staff/performances/{performance}/prices"
    page = await ann.open(path)
    assert 'value="45.00"' in page.text
    fields: dict[str, Any] = {
        "type-0-code": "adult",
        "type-0-name": "Adult",
        "price-0-0": "50",
        "price-1-0": "20",
        "fee-0-code": "booking",
        "fee-0-name": "Booking",
        "fee-0-kind": "outside",
        "fee-0-fixed": "2.50",
        "rounding": "half-up",
    }
    tried = await ann.send(page, "Show the all-in prices", **fields)
    assert "Full USD 52.50" in tried.words
    assert "USD 45.00" in (await bob.open(f"/performances/{performance}")).words
    saved = await ann.send(tried, "Save these prices", **fields)
    assert "Saved" in saved.words
    assert "USD 52.50" in (await bob.open(f"/performances/{performance}?new")).words
    wrong = await ann.send(
        page, "Show the all-in prices", **fields | {"price-0-0": "x"}
    )
    assert (wrong.status, "12.50" in wrong.words) == (422, True)


async def test_a_code_is_offered_and_ended(ann: Visitor, house: House) -> None:
    await signed_in(ann, house)
    page = await ann.open("/staff/promotions")
    both: dict[str, Any] = {
        "code": "SPRING",
        "currency": "USD",
        "share": "10",
        "amount": "5",
    }
    assert (await ann.send(page, "Offer it", **both)).status == 422
    made = await ann.send(page, "Offer it", **both | {"amount": ""})
    assert "SPRING 10 %" in made.words
    assert "ended" in (await ann.send(made, "End")).words


async def test_new_terms_of_a_code_keep_the_limits_that_the_form_does_not_show(
    ann: Visitor, house: House
) -> None:
    await signed_in(ann, house)
    limits = {"types": ["adult"], "valid_until": "2030-01-01T00:00:00Z"}
    terms = {"currency": "USD", "basis_points": 1000} | limits
    staff = house.staff("manager")
    await house.client.put("/v1/promotions/SPRING", json=terms, headers=staff)
    page = await ann.open("/staff/promotions")
    wish: dict[str, Any] = {"code": "spring", "currency": "USD", "share": "20"}
    made = await ann.send(page, "Offer it", **wish)
    assert "20 %" in made.words
    listed = await house.client.get("/v1/promotions", headers=staff)
    (known,) = listed.json()["items"]
    assert limits == {name: known[name] for name in limits}


async def test_a_performance_is_called_off_only_after_a_question(
    ann: Visitor, house: House, performance: str
) -> None:
    await signed_in(ann, house)
    path = f"/staff/performances/{performance}/change"
    page = await ann.open(path)
    page.fields["what"] = "cancel"
    asked = await ann.send(page, "Call off …", reason="Fire")
    assert "Are you sure?" in asked.words
    assert "called off" not in (await ann.open(path)).words
    await ann.send(asked, "Call it off for good")
    assert "was called off" in (await ann.open(path)).words
    board = await ann.open(f"/staff/performances/{performance}")
    assert "Called off" in board.words
    assert "Open the sale" not in board.buttons
    assert "Called off" in (await ann.open("/staff")).words


async def test_buyers_are_told_that_a_performance_was_called_off(
    bob: Visitor, house: House, performance: str
) -> None:
    assert "Neon Nights" in (await bob.open("/")).words
    await house.client.post(
        f"/v1/performances/{performance}/cancel",
        json={"reason": "Fire"},
        headers=house.staff(),
    )
    assert "Neon Nights" not in (await bob.open("/")).words
    assert "was called off" in (await bob.open(f"/performances/{performance}")).words


async def test_a_performance_is_moved_and_buyers_may_give_tickets_back(
    ann: Visitor, bob: Visitor, house: House, performance: str
) -> None:
    code = code_of(await bought(bob, house, performance, 1))
    await signed_in(ann, house)
    page = await ann.open(f"/staff/performances/{performance}/change")
    page.fields["what"] = "move"
    when: dict[str, Any] = {
        "starts_at": "2027-01-15T20:00",
        "sale_until": "2027-01-15T20:00",
        "refund_until": "2027-01-10T20:00",
    }
    assert (await ann.send(page, "Move …", reason="Ill")).status == 422
    asked = await ann.send(page, "Move …", reason="Ill", **when)
    await ann.send(asked, "Move it")
    order = await bob.open(f"/orders/{code}")
    assert "The date was moved" in order.words
    button = "Give back and get the money"
    back = await bob.send(order, button, ticket=f"{performance}:1")
    assert stage_of(back) == "returned"
    house.clock.pass_(seconds=1)
    late = code_of(await bought(bob, house, performance, 2))
    assert button not in (await bob.open(f"/orders/{late}")).words


async def test_who_may_not_decide_sees_no_buttons(
    ann: Visitor, bob: Visitor, house: House, performance: str
) -> None:
    code = code_of(await bought(bob, house, performance, 1))
    await signed_in(ann, house, "till")
    page = await ann.open(f"/staff/orders/{code}")
    assert "Refund" not in page.buttons
    for path in ("prices", "change", "places"):
        assert (
            await ann.open(f"/staff/performances/{performance}/{path}")
        ).status == 403
    assert (await bob.open(f"/staff/orders/{code}")).status == 401

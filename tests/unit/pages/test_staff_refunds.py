"""Staff pages about refunds that failed for good: listed, tried again, paid out."""

from __future__ import annotations

import pytest

from tests.unit.api.house import House
from tests.unit.pages.buyers import bought, code_of
from tests.unit.pages.site import Page, Visitor

PAY_OUT, CONFIRM = "Paid out by hand", "Confirm the pay-out"
AGAIN = "Try the refund again"
OWED = "No bank takes the refund of USD 45.00"


@pytest.fixture
async def code(ann: Visitor, house: House, performance: str) -> str:
    """Give an order with a refund that failed for good."""
    order = code_of(await bought(ann, house, performance, 1))
    asked = {"tickets": [{"performance": performance, "place": 1}]}
    await house.client.post(
        f"/v1/orders/{order}/refund", json=asked, headers=house.staff()
    )
    await house.fail_refund(order)
    return order


async def staff(house: House, person: str, role: str = "finance") -> Visitor:
    """Sign somebody in."""
    visitor = Visitor(house)
    headers = house.staff(role, person=person)
    token = headers["authorization"].removeprefix("Bearer ")
    await visitor.send(await visitor.open("/staff"), "Sign in", token=token)
    return visitor


async def order_page(visitor: Visitor, code: str) -> Page:
    return await visitor.open(f"/staff/orders/{code}")


async def failed(visitor: Visitor) -> Page:
    """Follow the link to the list."""
    return await visitor.follow(await visitor.open("/staff"), "Failed refunds")


async def test_a_failed_refund_is_listed_and_tried_again(
    house: House, code: str
) -> None:
    eva = await staff(house, "Eva")
    listed = await failed(eva)
    assert f"{code} : USD 45.00" in listed.words
    assert "Nobody paid it out yet" in listed.words
    page = await eva.follow(listed, code)
    assert OWED in page.words
    assert "9 earlier tries to give money back failed" in page.words
    again = await eva.send(page, AGAIN)
    assert (again.status, OWED in again.words) == (200, False)
    assert "by Eva" in again.words
    assert "No refund has failed for good" in (await failed(eva)).words
    await house.fail_refund(code)
    assert code in (await failed(eva)).links


async def test_a_form_that_is_sent_twice_tries_it_once(house: House, code: str) -> None:
    eva = await staff(house, "Eva")
    page = await order_page(eva, code)
    for _ in range(2):
        assert (await eva.send(page, AGAIN)).status == 200
    late = await eva.send(page, PAY_OUT, note="in cash")
    assert (late.status, "was dealt with" in late.notice) == (409, True)


async def test_a_second_person_confirms_what_one_paid_out(
    house: House, code: str
) -> None:
    eva, tom = await staff(house, "Eva"), await staff(house, "Tom", "manager")
    paid = await eva.send(await order_page(eva, code), PAY_OUT, note="in cash")
    assert "Eva says to have given it back by hand: in cash." in paid.words
    assert "another person must confirm it" in paid.words
    assert CONFIRM not in paid.buttons
    listed = await failed(tom)
    assert "Paid out by Eva; a second person must confirm it." in listed.words
    approvals = await tom.open("/staff/approvals")
    assert approvals.links["failed refunds"] == listed.path
    done = await tom.send(await tom.follow(listed, code), CONFIRM)
    assert (done.status, OWED in done.words) == (200, False)
    assert "by Eva, agreed by Tom: in cash" in done.words
    assert "Refunded USD 45.00" in done.words
    assert code not in (await failed(tom)).links


async def test_nobody_confirms_a_pay_out_of_their_own(house: House, code: str) -> None:
    eva, tom = await staff(house, "Eva"), await staff(house, "Tom")
    page = await order_page(eva, code)
    paid = await eva.send(page, PAY_OUT, note="in cash")
    there = (await order_page(tom, code)).buttons[CONFIRM]
    alone = await eva.request("POST", there, data=paid.fields)
    refused = Page(alone.status_code, there, alone.text)
    assert refused.status == 403
    assert refused.notice.startswith("Another person than the one who asked")
    assert OWED in refused.words


async def test_a_pay_out_says_how_and_names_nobody(house: House, code: str) -> None:
    eva = await staff(house, "Eva")
    page = await order_page(eva, code)
    for note, why in (
        (" ", "how the money was given back"),
        ("to ann@example.org", "leave out e-mail addresses"),
    ):
        refused = await eva.send(page, PAY_OUT, note=note)
        assert (refused.status, why in refused.notice) == (422, True)
    assert "Nobody paid it out yet" in (await failed(eva)).words


async def test_the_till_sees_it_and_may_do_nothing(house: House, code: str) -> None:
    eva, till = await staff(house, "Eva"), await staff(house, "Tim", "till")
    page = await order_page(till, code)
    assert OWED in page.words
    assert "Managers and finance do this." in page.words
    assert not {PAY_OUT, CONFIRM, AGAIN} & set(page.buttons)
    assert code in (await failed(till)).links
    buttons = (await order_page(eva, code)).buttons
    own = (await till.open("/staff")).fields
    for address in (buttons[PAY_OUT], buttons[AGAIN]):
        fields = {**own, "key": "0" * 32, "note": "in cash"}
        answer = await till.request("POST", address, data=fields)
        assert answer.status_code == 403
        assert "Your role does not allow this." in answer.text


async def test_a_form_of_another_person_or_about_nothing_does_nothing(
    house: House, code: str
) -> None:
    eva, tom = await staff(house, "Eva"), await staff(house, "Tom")
    page = await order_page(eva, code)
    strange = await tom.request("POST", page.buttons[AGAIN], data=page.fields)
    assert strange.status_code == 403
    whole = page.buttons[AGAIN].removesuffix("/retry")
    for address in (f"{whole}/forgive", f"{whole}%20x/retry", f"{whole}x/retry"):
        answer = await eva.request("POST", address, data=page.fields)
        assert answer.status_code == 404
    assert (await Visitor(house).open("/staff/refunds")).status == 401
    assert (
        await (await staff(house, "Gus", "gate")).open("/staff/refunds")
    ).status == 403
    assert OWED in (await order_page(eva, code)).words

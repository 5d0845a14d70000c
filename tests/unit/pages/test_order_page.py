"""The page of an order in each of its states, without scripts."""

from __future__ import annotations

import pytest

from tests.unit.api.house import House
from tests.unit.pages.buyers import bought, code_of, ordered, stage_of
from tests.unit.pages.site import Page, Visitor

URL = "https://provider.test/pay/1?a=b&c=d"
REFRESH = 'http-equiv="refresh"'


async def waiting(visitor: Visitor, house: House, performance: str) -> str:
    code = code_of(await ordered(visitor, performance, 1))
    await house.settle(code, "needs_method", action_url=URL)
    return code


async def test_a_new_order_looks_again_until_the_payment_page_is_there(
    ann: Visitor, performance: str
) -> None:
    page = await ordered(ann, performance, 1)
    assert stage_of(page) == "preparing"
    assert '<noscript><meta http-equiv="refresh" content="2">' in page.text


async def test_who_has_just_ordered_is_led_on_and_who_comes_back_is_not(
    ann: Visitor, house: House, performance: str
) -> None:
    code = await waiting(ann, house, performance)
    led = await ann.open(f"/orders/{code}?pay=now")
    assert 'content="0; url=https://provider.test/pay/1?a=b&amp;c=d"' in led.text
    stays = await ann.open(f"/orders/{code}")
    assert 'content="0; url' not in stays.text
    assert stage_of(stays) == "pay"
    assert stays.links["Go to the payment page"] == URL
    back = await ann.open(f"/orders/{code}?redirect_status=succeeded")
    assert stage_of(back) == "checking"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//x"])
async def test_only_an_address_of_the_web_is_linked(
    ann: Visitor, house: House, performance: str, url: str
) -> None:
    code = code_of(await ordered(ann, performance, 1))
    await house.settle(code, "needs_method", action_url=url)
    page = await ann.open(f"/orders/{code}?pay=now")
    assert url not in page.text


async def test_after_a_decline_another_method_can_be_tried(
    ann: Visitor, house: House, performance: str
) -> None:
    code = code_of(await ordered(ann, performance, 1))
    await house.settle(code, "declined", reason="insufficient_funds")
    page = await ann.open(f"/orders/{code}")
    assert stage_of(page) == "again"
    assert "not enough money" in page.words
    again = await ann.send(page, "Pay again", method="pix")
    assert (again.path, stage_of(again)) == (f"/orders/{code}?pay=now", "preparing")
    await house.settle(code, "captured")
    assert stage_of(await ann.open(f"/orders/{code}")) == "confirmed"


async def test_money_that_is_being_moved_is_waited_for(
    ann: Visitor, house: House, performance: str
) -> None:
    code = code_of(await ordered(ann, performance, 1))
    await house.settle(code, "processing")
    page = await ann.open(f"/orders/{code}")
    assert stage_of(page) == "processing"
    assert REFRESH in page.text
    assert "Cancel the order" not in page.buttons


async def test_a_confirmed_order_shows_its_tickets_and_looks_no_more(
    ann: Visitor, house: House, performance: str
) -> None:
    page = await bought(ann, house, performance, 1, 2)
    assert stage_of(page) == "confirmed"
    assert "Ann Olivária, ann@example.org" in page.words
    assert "Paid USD 90.00" in page.words
    assert REFRESH not in page.text


async def test_a_cancelled_order_says_that_nothing_was_charged(
    ann: Visitor, house: House, performance: str
) -> None:
    code = await waiting(ann, house, performance)
    page = await ann.open(f"/orders/{code}")
    ended = await ann.send(page, "Cancel the order")
    assert stage_of(ended) == "cancelled"
    assert "Nothing was charged" in ended.words
    again = await ann.send(page, "Cancel the order")
    assert again.path == f"/orders/{code}"


async def test_a_refusal_is_one_sentence_on_the_orders_page(
    ann: Visitor, house: House, performance: str
) -> None:
    code = await waiting(ann, house, performance)
    page = await ann.open(f"/orders/{code}")
    page.buttons["Pay again"] = f"/orders/{code}/pay"
    page.button_fields["Pay again"] = ("", "")
    refused = await ann.send(page, "Pay again")
    assert refused.status == 409
    assert refused.notice.endswith(".")


async def test_a_form_of_one_buyer_is_no_good_for_another(
    ann: Visitor, bob: Visitor, house: House, performance: str
) -> None:
    code = await waiting(ann, house, performance)
    page: Page = await ann.open(f"/orders/{code}")
    await bob.open(f"/performances/{performance}")
    assert (await bob.send(page, "Cancel the order")).status == 403
    assert stage_of(await ann.open(f"/orders/{code}")) == "pay"
    page.buttons["x"] = f"/orders/{code}/nonsense"
    page.button_fields["x"] = ("", "")
    assert (await ann.send(page, "x")).status == 404

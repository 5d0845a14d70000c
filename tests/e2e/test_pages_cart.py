"""A buyer changes a hold and swaps a ticket in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browser import LIVE, PHONE, chromium, demo_house, free_places, window
from tests.e2e.house import House
from tests.e2e.till import GOOD, expect_stage, give_card, hold_places, pay

pytestmark = pytest.mark.browser
HELD = "[data-panel=held] > .lines .line"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with demo_house(tmp_path_factory.mktemp("house")) as opened:
        yield opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def test_a_place_is_added_at_another_price_type_and_one_is_taken_out(
    browser: Browser, house: House
) -> None:
    with window(browser, house) as page:
        hold_places(page, 2)
        (more,) = free_places(page, 1)
        page.locator(f"#{more}").click()
        page.locator(".line-select").select_option("member")
        expect(page.locator("#proofs")).to_contain_text("Club card")
        page.get_by_role("button", name="Add 1 place").click()
        expect(page.locator(HELD)).to_have_count(3)
        expect(page.locator(HELD).last).to_contain_text("Member")
        page.get_by_role("button", name=re.compile("^Take out")).first.click()
        expect(page.locator(HELD)).to_have_count(2)
        page.get_by_role("button", name="Keep them longer").click()
        expect(page.locator(".countdown-time")).to_be_visible()


def test_a_ticket_is_swapped_and_the_difference_is_paid(
    browser: Browser, house: House
) -> None:
    with window(browser, house) as page:
        hold_places(page, 1)
        pay(page)
        page.locator("summary", has_text="Exchange tickets").click()
        page.get_by_role("button", name="Choose new places").click()
        page.locator(LIVE).wait_for()
        page.locator("#hall use.f").first.click()
        page.locator("#hold-button").click()
        page.get_by_role("button", name=re.compile("^Exchange and pay USD")).click()
        page.wait_for_url("**/pay/pi_**")
        give_card(page, GOOD)
        expect_stage(page, "confirmed")
        expect(page.locator(".stub")).to_contain_text("exchanged")


def test_the_panel_leaves_room_for_the_hall_on_a_phone(
    browser: Browser, house: House
) -> None:
    with window(browser, house, size=PHONE) as page:
        hold_places(page, 3)
        box = page.locator("#panel").bounding_box()
        assert box is not None
        assert box["height"] <= 0.72 * PHONE[1]
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]

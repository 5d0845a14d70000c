"""Staff in a real browser: signing in, a board that moves, opening and closing."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import (
    LIVE,
    chromium,
    demo_house,
    free_places,
    open_hall,
    staff_token,
    window,
)
from tests.e2e.house import House
from tests.e2e.till import pay

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with demo_house(tmp_path_factory.mktemp("house")) as opened:
        yield opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def open_board(page: Page, token: str) -> None:
    """Sign in and open the board of the performance on sale."""
    page.goto("/staff")
    page.get_by_label("Staff token").fill(token)
    page.get_by_role("button", name="Sign in").click()
    page.locator(".date-card").first.click()
    page.locator(LIVE).wait_for()


def figure(page: Page, name: str) -> int:
    text = page.locator(f".figures [data-figure={name}]").inner_text()
    return int(re.sub(r"\D", "", text))


def test_the_board_moves_while_places_are_held_and_sold(
    browser: Browser, house: House
) -> None:
    with window(browser, house) as staff, window(browser, house) as buyer:
        open_board(staff, staff_token(house))
        position = int(staff.locator("#position").get_attribute("value") or 0)
        free, sold = figure(staff, "free"), figure(staff, "sold")
        open_hall(buyer)
        for place in free_places(buyer, 2):
            buyer.locator(f"#{place}").click()
        buyer.get_by_role("button", name="Hold 2 places").click()
        expect(staff.locator(".figures [data-figure=held]")).to_have_text("2")
        expect(staff.locator(".figures [data-figure=free]")).to_have_text(
            f"{free - 2:,}"
        )
        pay(buyer)
        expect(staff.locator(".figures [data-figure=sold]")).to_have_text(str(sold + 2))
        expect(staff.locator(".figures [data-figure=held]")).to_have_text("0")
        rows = staff.locator("tbody [data-figure=revenue]").all_inner_texts()
        total = sum(int(re.sub(r"\D", "", row)) for row in rows)
        assert figure(staff, "revenue") == total > 0
        assert int(staff.locator("#position").get_attribute("value") or 0) > position


def test_a_manager_closes_the_sale_and_buyers_are_told(
    browser: Browser, house: House
) -> None:
    with window(browser, house) as staff, window(browser, house) as buyer:
        open_board(staff, staff_token(house))
        open_hall(buyer)
        (place,) = free_places(buyer, 1)
        staff.get_by_role("button", name="Close the sale").click()
        staff.get_by_role("button", name="Open the sale").wait_for()
        buyer.goto(buyer.url)
        expect(buyer.locator(".panel")).to_contain_text("is closed")
        buyer.locator(f"#{place}").click()
        expect(buyer.locator("#hold-button")).to_have_count(0)
        staff.get_by_role("button", name="Open the sale").click()
        expect(staff.locator("#sale")).to_have_text("On sale")


def test_a_second_board_hears_that_the_sale_was_closed(
    browser: Browser, house: House
) -> None:
    with window(browser, house) as one, window(browser, house) as other:
        for page in (one, other):
            open_board(page, staff_token(house))
        one.get_by_role("button", name="Close the sale").click()
        expect(other.locator("#sale")).to_have_text("Closed")
        other.get_by_role("button", name="Open the sale").click()
        expect(one.locator("#sale")).to_have_text("On sale")


def test_signing_out_closes_the_door(browser: Browser, house: House) -> None:
    with window(browser, house) as page:
        open_board(page, staff_token(house))
        page.goto("/staff")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_label("Staff token")).to_be_visible()

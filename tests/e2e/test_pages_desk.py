"""Staff in a real browser: a refund that takes two people, comps, another price."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import chromium, demo_house, open_hall, staff_token, window
from tests.e2e.house import House
from tests.e2e.till import hold_places, pay

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with demo_house(tmp_path_factory.mktemp("house")) as opened:
        yield opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def sign_in(page: Page, token: str) -> None:
    page.goto("/staff")
    page.get_by_label("Staff token").fill(token)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Sales").wait_for()


def open_board(page: Page, token: str) -> str:
    """Sign in and open the performance on sale; give its address."""
    sign_in(page, token)
    page.locator(".date-card").first.click()
    page.locator("#board").wait_for()
    return page.url


def second_token(house: House) -> str:
    made = house.run("token", "add", "Second Manager", "--role", "manager")
    found = re.search(r"bo_staff_\S+", made.stdout)
    assert found is not None, made.stderr
    return found[0]


def test_a_large_refund_takes_two_people(browser: Browser, house: House) -> None:
    with (
        window(browser, house) as buyer,
        window(browser, house) as one,
        window(browser, house) as other,
    ):
        hold_places(buyer, 4)
        pay(buyer)
        code = buyer.locator("#order-code").inner_text()
        sign_in(one, staff_token(house))
        one.get_by_label("Order code").fill(code.lower())
        one.get_by_role("button", name="Find the order").click()
        one.locator("summary", has_text="Refund tickets").click()
        for box in one.locator(".fold").first.locator("input[name=ticket]").all():
            box.check()
        one.get_by_role("button", name="Refund", exact=True).click()
        expect(one.locator("main")).to_contain_text("another person must agree")
        expect(one.get_by_role("button", name="Approve")).to_have_count(0)
        sign_in(other, second_token(house))
        other.goto(f"/staff/orders/{code}")
        other.get_by_role("button", name="Approve").click()
        expect(buyer.locator("#order[data-stage=returned]")).to_be_visible()
        expect(buyer.locator(".sums")).to_contain_text("Refunded")


def test_a_new_price_is_shown_all_in_and_then_asked(
    browser: Browser, house: House
) -> None:
    with window(browser, house) as staff, window(browser, house) as buyer:
        board = open_board(staff, staff_token(house))
        staff.goto(f"{board}/prices")
        staff.get_by_label("Balcony, Adult").fill("43.50")
        staff.get_by_role("button", name="Show the all-in prices").click()
        expect(staff.get_by_label("What buyers would pay")).to_contain_text("USD 43.50")
        staff.get_by_role("button", name="Save these prices").click()
        expect(staff.get_by_role("status").first).to_contain_text("Saved")
        open_hall(buyer)
        expect(buyer.locator("#levels")).to_contain_text("USD 43.50")


def set_budget(page: Page, *, places: int) -> None:
    """Set what may be given away, on the page that the lobby links to."""
    page.goto("/staff")
    page.get_by_role("link", name="Comps budgets").click()
    for label, value in (
        ("Name", "press"),
        ("Places at most", str(places)),
        ("Worth at most", "5000.00"),
    ):
        page.get_by_label(label).fill(value)
    page.get_by_role("button", name="Set it").click()
    expect(page.get_by_role("row", name="press")).to_contain_text(f"of {places}")


def test_comps_beyond_their_budget_are_refused_and_nothing_typed_is_lost(
    browser: Browser, house: House
) -> None:
    with window(browser, house, refused="409") as staff:
        board = open_board(staff, staff_token(house))
        staff.goto(f"{board}/places")
        staff.get_by_role("link", name="budget for comps").click()
        set_budget(staff, places=1)
        staff.goto(f"{board}/places")
        staff.locator(".picker-section > summary").first.click()
        free = staff.locator(".picker-section[open] input:not([disabled])")
        free.nth(0).check()
        free.nth(1).check()
        for label, value in (
            ("Guest’s name", "Guest"),  # noqa: RUF001 - as the page writes it
            ("Guest’s e-mail", "guest@example.org"),  # noqa: RUF001 - the same
            ("Who invites", "Ann"),
            ("Why", "Press"),
        ):
            staff.get_by_label(label).fill(value)
        staff.get_by_label("Budget").select_option("press")
        staff.get_by_role("button", name="Give away").click()
        expect(staff.get_by_role("alert")).to_contain_text("budget")
        expect(staff.get_by_label("Who invites")).to_have_value("Ann")
        staff.locator("input[name=place]:checked").first.uncheck()
        staff.get_by_role("button", name="Give away").click()
        expect(staff.locator("main")).to_contain_text("Comps of Ann: Press")

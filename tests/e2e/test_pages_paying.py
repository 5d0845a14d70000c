"""A buyer pays in a real browser, on the pages of the payment sandbox."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from boxoffice.cli.own_sandbox import KEY_FILE
from tests.e2e.browser import PHONE, chromium, demo_house, window
from tests.e2e.house import House
from tests.e2e.till import (
    ASKS_THE_BUYER,
    DECLINED,
    GOOD,
    expect_stage,
    give_card,
    hold_places,
    order,
    pay,
)

PATIENCE_S = 40
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with demo_house(tmp_path_factory.mktemp("house")) as opened:
        yield opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def settle(house: House, provider: str, intent: str) -> None:
    """Let the money of a payment arrive at the sandbox."""
    key = Path(house.setting("DATA"), KEY_FILE).read_text("ascii").strip()
    answer = httpx.post(
        f"{provider}/v1/sandbox/settle/{intent}",
        data={"outcome": "succeed"},
        headers={"authorization": f"Bearer sk_test_{key}"},
    )
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("size", [(1280, 900), PHONE])
def test_places_are_paid_by_card_on_the_providers_page(
    browser: Browser, house: House, size: tuple[int, int]
) -> None:
    with window(browser, house, size=size) as page:
        hold_places(page, 2)
        pay(page)
        expect(page.locator(".stub .line")).to_have_count(2)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= size[0]
        page.reload()
        expect_stage(page, "confirmed")


def test_a_bank_that_asks_is_answered(browser: Browser, house: House) -> None:
    with window(browser, house) as page:
        hold_places(page, 1)
        order(page)
        give_card(page, ASKS_THE_BUYER)
        page.get_by_role("button", name="Yes, confirm").click()
        expect_stage(page, "confirmed")


def test_after_a_decline_a_second_card_pays(browser: Browser, house: House) -> None:
    with window(browser, house, refused="402") as page:
        hold_places(page, 1)
        order(page)
        give_card(page, DECLINED)
        page.get_by_role("alert").wait_for()
        back = page.get_by_role("link", name="Back to the box office")
        deadline = time.monotonic() + PATIENCE_S
        while not back.count() and time.monotonic() < deadline:
            page.goto(page.url)
        back.click()
        expect_stage(page, "again")
        page.get_by_role("button", name="Pay again").click()
        page.wait_for_url("**/pay/pi_**")
        give_card(page, GOOD)
        expect_stage(page, "confirmed")


def test_pix_is_left_processing_and_the_page_changes_when_it_is_paid(
    browser: Browser, house: House
) -> None:
    with window(browser, house) as page:
        hold_places(page, 1)
        order(page, method="pix")
        provider, _, intent = page.url.partition("?")[0].partition("/pay/")
        page.get_by_role("button", name="Leave it processing").click()
        expect_stage(page, "processing")
        settle(house, provider, intent)
        expect_stage(page, "confirmed")
        expect(page.locator(".sums")).to_contain_text("Paid")


def test_pix_that_is_paid_confirms_the_order(browser: Browser, house: House) -> None:
    with window(browser, house) as page:
        hold_places(page, 1)
        order(page, method="pix")
        page.get_by_role("button", name="I have paid").click()
        expect_stage(page, "confirmed")


def test_mistakes_are_told_beside_their_fields_and_what_was_typed_stays(
    browser: Browser, house: House
) -> None:
    with window(browser, house, refused="422") as page:
        hold_places(page, 1)
        page.get_by_role("link", name="Checkout").click()
        page.get_by_label("Name").fill("Ann")
        page.get_by_label("E-mail").fill("nowhere")
        page.get_by_label("E-mail").press("Enter")
        expect(page.get_by_label("E-mail")).to_have_attribute("aria-invalid", "true")
        expect(page.get_by_label("Name")).to_have_value("Ann")


def test_everything_is_paid_without_scripts(browser: Browser, house: House) -> None:
    with window(browser, house, scripts=False) as page:
        page.goto("/")
        page.locator(".date-card").first.click()
        page.locator("#picker > summary").click()
        page.locator(".picker-section > summary").nth(2).click()
        boxes = page.locator(".picker-section[open] input:not([disabled])")
        boxes.nth(60).check()
        page.get_by_role("button", name="Hold places").click()
        order(page)
        give_card(page, GOOD)
        expect_stage(page, "confirmed")

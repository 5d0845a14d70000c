"""Staff in a real browser: what no bank takes is tried again and paid out by two."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import PHONE, chromium, window
from tests.e2e.house import House, embedded_house
from tests.e2e.till import hold_places, order

pytestmark = pytest.mark.browser

TAKES_NOTHING_BACK = "pm_sandbox_refund_fails"
FAILED = "No bank takes the refund"
LOOKS_MAX = 60
PAUSE_MS = 250


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Open the demo, with a known provider and no patience with failed refunds."""
    hurry = {"BOXOFFICE_REFUND_RETRY_S": "0.01", "BOXOFFICE_REFUND_RETRY_MAX_S": "0.05"}
    with embedded_house(tmp_path, **hurry) as opened:
        opened.start_sandbox()
        opened.start("everything", "--demo")
        yield opened


@pytest.fixture
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def bought(page: Page, house: House) -> str:
    """Buy a ticket with a card that takes nothing back; give the order's code."""
    hold_places(page, 1)
    order(page)
    intent = urlsplit(page.url).path.rpartition("/")[2]
    paid = httpx.post(
        urljoin(page.url, f"/v1/payment_intents/{intent}/confirm"),
        data={"payment_method": TAKES_NOTHING_BACK},
        headers={"authorization": f"Bearer {house.setting('PAYMENTS_KEY')}"},
    )
    assert paid.status_code == 200, paid.text
    page.reload()
    page.get_by_role("link").first.click()
    page.locator("#order[data-stage=confirmed]").wait_for()
    return page.locator("#order-code").inner_text()


def give_back(house: House, code: str) -> None:
    """Take the ticket of an order back, at the console."""
    shown = json.loads(house.run("order", "show", code, "--json").stdout)
    place = str(shown["lines"][0]["ordinal"])
    words = ("order", "refund", code, place, "--note", "Ill", "--by", "Ann")
    done = house.run(*words)
    assert done.returncode == 0, done.stderr


def sign_in(page: Page, house: House, person: str, role: str) -> None:
    made = house.run("token", "add", person, "--role", role)
    token = re.search(r"bo_staff_\S+", made.stdout)
    assert token is not None, made.stderr
    page.goto("/staff")
    page.get_by_label("Staff token").fill(token[0])
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Sales").wait_for()


def look_until(page: Page, words: str) -> None:
    """Open a page anew, bounded, until it says something: it has no scripts."""
    for _ in range(LOOKS_MAX):
        if words in page.locator("main").inner_text():
            return
        page.wait_for_timeout(PAUSE_MS)
        page.reload()
    pytest.fail(f"the page never said {words!r}")


def test_two_people_pay_out_what_no_bank_takes(browser: Browser, house: House) -> None:
    with (
        window(browser, house) as buyer,
        window(browser, house, scripts=False) as eva,
        window(browser, house, size=PHONE) as tom,
    ):
        code = bought(buyer, house)
        give_back(house, code)
        sign_in(eva, house, "Eva", "finance")
        eva.get_by_role("link", name="Failed refunds").click()
        look_until(eva, code)
        eva.get_by_role("link", name=code).click()
        eva.get_by_role("button", name="Try the refund again").click()
        look_until(eva, FAILED)
        eva.get_by_label("How was it given back?").fill("Bank transfer")
        eva.get_by_role("button", name="Paid out by hand").click()
        expect(eva.locator("main")).to_contain_text("another person must confirm it")
        expect(eva.get_by_role("button", name="Confirm")).to_have_count(0)
        sign_in(tom, house, "Tom", "manager")
        tom.get_by_role("link", name="Failed refunds").click()
        tom.get_by_role("link", name=code).click()
        tom.get_by_role("button", name="Confirm the pay-out").click()
        expect(tom.locator("main")).to_contain_text("by Eva, agreed by Tom")
        expect(tom.locator("main")).not_to_contain_text(FAILED)

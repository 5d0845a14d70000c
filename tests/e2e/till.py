"""Paying in a real browser: the checkout, and the pages of the payment sandbox."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.browser import free_places, open_hall

GOOD, DECLINED, ASKS_THE_BUYER = (
    "4242424242424242",
    "4000000000000002",
    "4000002500003155",
)
PAY = re.compile("^Pay USD")
STAGE = "#order[data-stage={}]"


def hold_places(page: Page, number: int) -> list[str]:
    """Choose places in the hall and hold them; give their ids."""
    open_hall(page)
    chosen = free_places(page, number)
    for place in chosen:
        page.locator(f"#{place}").click()
    page.locator("#hold-button").click()
    page.locator(".countdown").wait_for()
    return chosen


def order(page: Page, *, method: str = "card") -> None:
    """Go from a hold through the checkout to the provider's page."""
    page.get_by_role("link", name="Checkout").click()
    page.get_by_label("Name").fill("Ann Olivária")
    page.get_by_label("E-mail").fill("ann@example.org")
    page.locator(f"input[value={method}]").check()
    page.get_by_role("button", name=PAY).click()
    page.wait_for_url("**/pay/pi_**")


def give_card(page: Page, number: str) -> None:
    """Fill in the provider's own page."""
    page.get_by_label("Card number").fill(number)
    page.get_by_label("Expiry").fill("12 / 34")
    page.get_by_label("Security code").fill("123")
    page.get_by_role("button", name="Pay").click()


def expect_stage(page: Page, stage: str) -> None:
    """Expect an order's page in a state."""
    expect(page.locator(STAGE.format(stage))).to_be_visible()


def pay(page: Page) -> None:
    """Go from a hold to tickets, with a card that is good."""
    order(page)
    give_card(page, GOOD)
    expect_stage(page, "confirmed")

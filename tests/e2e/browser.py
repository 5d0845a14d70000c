"""A real Chromium for tests of the pages, which fails on anything it complains about.

A window's console errors, uncaught exceptions and violations of the page's policy are
collected; `window` fails on them when it closes. The pages are those of an embedded
box office with the demo on sale.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from tests.e2e.house import House, embedded_house
from tests.services import unavailable
from tools.chromium import NoChromiumError, find

PATIENCE_MS = 15_000
DESKTOP = (1280, 900)
PHONE = (390, 844)
LIVE = "#live[data-state=live]"
VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.violatedDirective} ${event.blockedURI}`);
});
"""
_TOKEN = re.compile(r"bo_staff_\S+")

expect.set_options(timeout=PATIENCE_MS)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser; one that is not to be had is `unavailable`."""
    try:
        program = find()
    except NoChromiumError as error:
        unavailable(str(error), "chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(program), args=["--no-sandbox"]
        )
        yield browser
        browser.close()


@contextmanager
def demo_house(folder: Path) -> Iterator[House]:
    """Open the demo's box office, as `boxoffice serve --demo` does."""
    with embedded_house(folder) as house:
        house.start("everything", "--demo")
        yield house


def staff_token(house: House) -> str:
    """Give the token that the demo prints once."""
    found = _TOKEN.search(house.log_of("everything"))
    assert found is not None, house.log_of("everything")
    return found[0]


@contextmanager
def window(
    browser: Browser,
    house: House,
    *,
    size: tuple[int, int] = DESKTOP,
    scripts: bool = True,
    refused: str = "",
    **options: Any,
) -> Iterator[Page]:
    """Open a window with cookies of its own; close it without a complaint.

    Chromium itself writes every answer above 399 to the console; `refused` names the
    status that a test expects there.
    """
    context = browser.new_context(
        base_url=house.url,
        viewport={"width": size[0], "height": size[1]},
        java_script_enabled=scripts,
        **options,
    )
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(VIOLATIONS)
    page = context.new_page()
    complaints: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        is_expected = bool(refused) and f"status of {refused}" in message.text
        if message.type in ("error", "warning") and not is_expected:
            complaints.append(f"{message.type}: {message.text}")

    page.on("console", heard)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    if scripts:
        complaints += page.evaluate("window.violations")
    context.close()
    assert not complaints, complaints


def open_hall(page: Page) -> None:
    """Go from the list to the performance on sale, and wait until it is live."""
    page.goto("/")
    page.locator(".date-card").first.click()
    page.locator(LIVE).wait_for()


def free_places(page: Page, number: int) -> list[str]:
    """Give the ids of places that are free now, the first ones of the floor."""
    free = page.locator("#hall use.f").evaluate_all("all => all.map((one) => one.id)")
    return [str(name) for name in free[200 : 200 + number]]

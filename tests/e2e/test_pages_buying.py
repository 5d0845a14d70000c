"""A buyer in a real browser: by mouse, by keyboard, by touch, without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import (
    LIVE,
    PHONE,
    chromium,
    demo_house,
    free_places,
    open_hall,
    window,
)
from tests.e2e.house import House
from tests.e2e.till import pay

pytestmark = pytest.mark.browser
ORDER = re.compile(r"/orders/[0-9A-Z]{10}(\?|$)")
HOLD = re.compile(r"/performances/\w{24}/holds/\w{32}$")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with demo_house(tmp_path_factory.mktemp("house")) as opened:
        yield opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def bought(page: Page) -> str:
    """Expect the confirmation; give its words."""
    expect(page).to_have_url(ORDER)
    expect(page.locator("#order-code")).to_have_text(re.compile("^[0-9A-Z]{10}$"))
    expect(page.locator(".sums")).to_contain_text("Paid")
    return page.locator("main").inner_text()


def test_two_places_are_clicked_held_bought_and_there_after_a_reload(
    browser: Browser, house: House
) -> None:
    with window(browser, house) as page:
        open_hall(page)
        one, other = free_places(page, 2)
        page.locator(f"#{one}").click()
        page.locator(f"#{other}").click()
        expect(page.locator("#chosen .line")).to_have_count(2)
        words = page.locator("#chosen .line-name").first.inner_text()
        name = words.split("\n")[0]
        page.get_by_role("button", name="Hold 2 places").click()
        expect(page.locator(".countdown-time")).to_have_text(
            re.compile(r"^9:5\d|10:00$")
        )
        expect(page).to_have_url(HOLD)
        expect(page.locator(f"#{one}")).to_have_class(re.compile("y"))
        pay(page)
        confirmation = bought(page)
        assert name in confirmation
        page.reload()
        assert bought(page) == confirmation


def test_a_hold_survives_a_reload_and_can_be_given_back(
    browser: Browser, house: House
) -> None:
    with window(browser, house) as page:
        open_hall(page)
        (place,) = free_places(page, 1)
        page.locator(f"#{place}").click()
        page.get_by_role("button", name="Hold 1 place").click()
        expect(page.locator(".countdown-time")).to_be_visible()
        page.reload()
        expect(page.locator(".countdown-time")).to_have_text(re.compile(r"^9:\d\d$"))
        page.get_by_role("button", name="Give them back").click()
        expect(page.locator(f"#{place}")).to_have_class(re.compile("f"))
        expect(page.get_by_role("heading", name="Your places")).to_be_visible()


def test_places_are_bought_without_scripts(browser: Browser, house: House) -> None:
    with window(browser, house, scripts=False) as page:
        page.goto("/")
        page.locator(".date-card").first.click()
        page.locator("#picker > summary").click()
        page.locator(".picker-section > summary").nth(2).click()
        boxes = page.locator(".picker-section[open] input:not([disabled])")
        boxes.nth(100).check()
        boxes.nth(101).check()
        page.get_by_role("button", name="Hold places").click()
        expect(page).to_have_url(HOLD)
        expect(page.locator(".panel .line")).to_have_count(2)
        expect(page.locator(".countdown-until")).to_contain_text("PST")
        pay(page)
        confirmation = bought(page)
        page.reload()
        assert bought(page) == confirmation


def test_a_place_held_in_one_browser_turns_held_in_the_other(
    browser: Browser, house: House
) -> None:
    with window(browser, house) as ann, window(browser, house) as bob:
        open_hall(ann)
        open_hall(bob)
        (place,) = free_places(ann, 1)
        level = bob.locator("#levels .level").nth(2).locator("b")
        before = int(level.inner_text())
        bob.locator(f"#{place}").click()
        ann.locator(f"#{place}").click()
        ann.get_by_role("button", name="Hold 1 place").click()
        expect(bob.locator(f"#{place}")).to_have_attribute("href", "#hs")
        expect(bob.locator(f"#{place}")).to_have_attribute("aria-disabled", "true")
        expect(bob.locator(".notice")).to_contain_text("just taken by somebody else")
        expect(bob.locator("#chosen .line")).to_have_count(0)
        expect(level).to_have_text(str(before - 1))
        pay(ann)
        expect(bob.locator(f"#{place}")).to_have_attribute("href", "#ss")


def test_a_refusal_names_the_taken_place_and_keeps_the_rest(
    browser: Browser, house: House
) -> None:
    with (
        window(browser, house) as ann,
        window(browser, house, refused="409") as bob,
    ):
        open_hall(ann)
        open_hall(bob)
        kept, taken = free_places(bob, 2)
        bob.route("**/v1/**/holds", lambda route: _held_first(route, ann, taken))
        bob.locator(f"#{kept}").click()
        bob.locator(f"#{taken}").click()
        bob.get_by_role("button", name="Hold 2 places").click()
        expect(bob.locator(".notice")).to_contain_text("was just taken")
        expect(bob.locator("#chosen .line")).to_have_count(1)
        bob.unroute("**/v1/**/holds")
        bob.get_by_role("button", name="Hold 1 place").click()
        expect(bob.locator(".countdown-time")).to_be_visible()


def _held_first(route: Any, rival: Page, place: str) -> None:
    rival.locator(f"#{place}").click()
    rival.get_by_role("button", name="Hold 1 place").click()
    rival.locator(".countdown-time").wait_for()
    route.continue_()


def test_a_purchase_needs_nothing_but_the_keyboard(
    browser: Browser, house: House
) -> None:
    with window(browser, house) as page:
        open_hall(page)
        press = page.keyboard.press
        _tab_to(page, "#hall use")
        names = []
        for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
            press(key)
            names.append(page.evaluate("document.activeElement.ariaLabel"))
        assert len(set(names)) == 3
        assert re.fullmatch(r".+ seat \d+, USD \d+\.\d\d, free", names[-1])
        press("Space")
        expect(page.locator("use:focus")).to_have_attribute("aria-checked", "true")
        press("ArrowRight")
        press("Enter")
        expect(page.locator("#chosen .line")).to_have_count(2)
        _tab_to(page, "#hold-button")
        press("Enter")
        expect(page.locator("#panel-title")).to_be_focused()
        _tab_to(page, "[data-go=checkout]")
        press("Enter")
        page.get_by_role("heading", name="Checkout").wait_for()
        _tab_to(page, "#f-name")
        page.keyboard.type("Ann Olivária")
        _tab_to(page, "#f-email")
        page.keyboard.type("ann@example.org")
        press("Enter")
        page.wait_for_url("**/pay/pi_**")


def _tab_to(page: Page, selector: str) -> None:
    """Press Tab until something has the focus; the way is short."""
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.locator(selector).and_(page.locator(":focus")).count():
            return
    raise AssertionError(f"twelve tabs did not lead to {selector}")


def test_on_a_phone_a_tap_comes_closer_and_the_next_one_chooses(
    browser: Browser, house: House
) -> None:
    with window(browser, house, size=PHONE, has_touch=True, is_mobile=True) as page:
        open_hall(page)
        page.locator("#hall").scroll_into_view_if_needed()
        box = page.locator("#hall").bounding_box()
        assert box is not None
        x, y = box["x"] + 0.4 * box["width"], box["y"] + 0.55 * box["height"]
        page.touchscreen.tap(x, y)
        expect(page.locator("#hall")).to_have_class(re.compile("zoomed"))
        expect(page.locator("#chosen .line")).to_have_count(0)
        page.touchscreen.tap(x, y)
        expect(page.locator("#chosen .line")).to_have_count(1)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= PHONE[0]


@pytest.mark.parametrize("path", ["/", "hall", "/staff", "/nowhere"])
def test_no_page_is_wider_than_a_narrow_phone(
    browser: Browser, house: House, path: str
) -> None:
    context = browser.new_context(
        base_url=house.url, viewport={"width": 360, "height": 740}
    )
    page = context.new_page()
    if path == "hall":
        open_hall(page)
    else:
        page.goto(path)
    wide = page.evaluate("document.documentElement.scrollWidth")
    context.close()
    assert wide <= 360


def test_at_most_eight_places_can_be_chosen(browser: Browser, house: House) -> None:
    with window(browser, house) as page:
        open_hall(page)
        for place in free_places(page, 9):
            page.locator(f"#{place}").click()
        expect(page.locator("#chosen .line")).to_have_count(8)
        expect(page.locator(".notice")).to_contain_text("At most 8 places")


def test_a_page_that_loses_the_server_says_so_and_catches_up(
    browser: Browser, house: House
) -> None:
    with window(browser, house) as ann, window(browser, house) as bob:
        open_hall(ann)
        open_hall(bob)
        (place,) = free_places(ann, 1)
        ann.evaluate("window.dispatchEvent(new Event('pagehide'))")
        bob.locator(f"#{place}").click()
        bob.get_by_role("button", name="Hold 1 place").click()
        bob.locator(".countdown-time").wait_for()
        expect(ann.locator(f"#{place}")).to_have_attribute("href", "#fs")
        shown = "new PageTransitionEvent('pageshow', {persisted: true})"
        ann.evaluate(f"window.dispatchEvent({shown})")
        expect(ann.locator(f"#{place}")).to_have_attribute("href", "#hs")
        expect(ann.locator(LIVE)).to_be_visible()


def test_where_sockets_do_not_get_through_the_page_polls(
    browser: Browser, house: House
) -> None:
    with window(browser, house) as ann, window(browser, house) as bob:
        ann.route_web_socket("**/live/**", lambda socket: socket.close())
        ann.goto("/")
        ann.locator(".date-card").first.click()
        expect(ann.locator("#live[data-state=polling]")).to_be_visible()
        open_hall(bob)
        (place,) = free_places(bob, 1)
        bob.locator(f"#{place}").click()
        bob.get_by_role("button", name="Hold 1 place").click()
        expect(ann.locator(f"#{place}")).to_have_attribute("href", "#hs")

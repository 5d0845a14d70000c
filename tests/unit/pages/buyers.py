"""What buyers do with forms alone, for tests."""

from __future__ import annotations

import re
from typing import Any

from tests.unit.api.house import House
from tests.unit.pages.site import Page, Visitor

ANN: dict[str, Any] = {
    "name": "Ann Olivária",
    "email": "ann@example.org",
    "method": "card",
}
HOLD, CHECKOUT, BACK = "Hold places", "Checkout", "Give them back"


async def held(visitor: Visitor, performance: str, *places: int, **fields: Any) -> Page:
    """Hold places."""
    page = await visitor.open(f"/performances/{performance}")
    return await visitor.send(page, HOLD, places=places, **fields)


async def at_checkout(visitor: Visitor, performance: str, *places: int) -> Page:
    """Hold places and go to the checkout."""
    hold = await held(visitor, performance, *places)
    return await visitor.follow(hold, CHECKOUT)


def pay_button(page: Page) -> str:
    """Name the button that orders."""
    return next(name for name in page.buttons if name.startswith(("Pay ", "Order for")))


async def ordered(visitor: Visitor, performance: str, *places: int) -> Page:
    """Hold and order places."""
    page = await at_checkout(visitor, performance, *places)
    return await visitor.send(page, pay_button(page), **ANN)


def code_of(page: Page) -> str:
    """Give the code of an order that is shown."""
    found = re.search(r'id="order-code">([0-9A-Z]{10})<', page.text)
    assert found is not None, page.words
    return found[1]


def stage_of(page: Page) -> str:
    """Tell which state of an order is shown."""
    found = re.search(r'data-stage="([a-z]+)"', page.text)
    assert found is not None, page.words
    return found[1]


async def bought(
    visitor: Visitor, house: House, performance: str, *places: int
) -> Page:
    """Hold, order and pay."""
    page = await ordered(visitor, performance, *places)
    await house.settle(code_of(page), "captured")
    return await visitor.open(f"/orders/{code_of(page)}")

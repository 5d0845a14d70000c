"""The judge of budgets finds what is wrong: each test plants one wrong."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.budgets import Fact, of_budgets

STREAM = bytes(16)
OFF = {"code": "TENTH", "order": "A", "discount": [450, "USD"]}
USED = {"code": "TENTH", "order": "A", "customer": "ann"}
FREE = {"budget": "press", "order": "B", "places": 2, "face": [9000, "USD"]}
WISH = {"order": "B", "request": "r", "by": "eva"}


def fact(tag: str, event: dict[str, Any], **changes: Any) -> Fact:
    return STREAM, f"{tag}.v1", event | changes


def terms(**limits: int) -> Fact:
    """Offer a code; what is not limited is not written down."""
    return fact("promotion-defined", {"code": "TENTH", "terms": limits})


def budget(places: int = 2, face: int = 9000) -> Fact:
    limits = {"places_max": places, "face_max": [face, "USD"]}
    return fact("comp-budget-set", {"budget": "press", **limits})


REDEEMED = [fact("promotion-redeemed", OFF), fact("promotion-used", USED)]
BACK = [fact("promotion-returned", OFF), fact("promotion-unused", USED)]
DRAWN, GIVEN_BACK = fact("comps-drawn", FREE), fact("comps-returned", FREE)
ASKED = fact("approval-asked", WISH, kind="comps")
AGREED = fact("approval-given", WISH, by="tom")
ISSUED = fact("comps-issued", {"order": "B", "by": "eva", "approver": "tom"})
CODE_HAS, COMPS_HAVE = {"A": 1}, {"B": 2}


@pytest.mark.parametrize(
    ("facts", "tickets"),
    [
        ([terms(), *REDEEMED], CODE_HAS),
        ([terms(budget=450, orders_max=1, per_customer_max=1), *REDEEMED], CODE_HAS),
        ([terms(), *REDEEMED, *BACK], {}),
        ([terms(orders_max=1), *REDEEMED, *BACK, *REDEEMED], CODE_HAS),
        ([budget(), DRAWN, ISSUED], COMPS_HAVE),
        ([budget(), DRAWN, ASKED, AGREED, ISSUED], COMPS_HAVE),
        ([budget(), DRAWN, ASKED, GIVEN_BACK, fact("approval-denied", WISH)], {}),
    ],
)
def test_right_budgets_are_right(facts: list[Fact], tickets: dict[str, int]) -> None:
    assert list(of_budgets(facts, tickets)) == []


@pytest.mark.parametrize(
    ("facts", "tickets"),
    [
        ([terms(), *REDEEMED], {}),
        ([terms(), *REDEEMED, *BACK], CODE_HAS),
        ([terms(), *REDEEMED, BACK[0]], {}),
        ([terms(), *REDEEMED, *BACK, *BACK], {}),
        ([terms(budget=449), *REDEEMED], CODE_HAS),
        ([terms(orders_max=0), *REDEEMED], CODE_HAS),
        ([terms(per_customer_max=0), *REDEEMED], CODE_HAS),
        ([terms(), REDEEMED[0]], CODE_HAS),
    ],
)
def test_wrong_codes_are_found(facts: list[Fact], tickets: dict[str, int]) -> None:
    assert list(of_budgets(facts, tickets)) != []


@pytest.mark.parametrize(
    ("facts", "tickets"),
    [
        ([budget(), DRAWN, ISSUED], {}),
        ([budget(), DRAWN, ISSUED], {"B": 1}),
        ([budget(), DRAWN, ISSUED, GIVEN_BACK], COMPS_HAVE),
        ([budget(places=1), DRAWN, ISSUED], COMPS_HAVE),
        ([budget(face=8999), DRAWN, ISSUED], COMPS_HAVE),
        ([budget(), DRAWN], COMPS_HAVE),
    ],
)
def test_wrong_comps_are_found(facts: list[Fact], tickets: dict[str, int]) -> None:
    assert list(of_budgets(facts, tickets)) != []


@pytest.mark.parametrize(
    "facts",
    [
        [fact("approval-given", WISH, by="tom")],
        [ASKED, fact("approval-given", WISH, by="eva")],
        [ASKED, fact("approval-denied", WISH), AGREED],
        [ASKED, AGREED, AGREED],
        [ASKED, fact("comps-issued", {"order": "B", "by": "eva"})],
        [ASKED, fact("comps-issued", {"order": "B", "by": "eva", "approver": "eva"})],
    ],
)
def test_one_person_who_decides_for_two_is_found(facts: list[Fact]) -> None:
    right = [budget(), DRAWN, ISSUED]
    assert list(of_budgets([*right, *facts], COMPS_HAVE)) != []

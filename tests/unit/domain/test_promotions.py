"""Codes and budgets: what they give, and when they say no."""

from __future__ import annotations

from datetime import timedelta

import pytest

from boxoffice.domain.decider import Decision
from boxoffice.domain.ids import (
    CustomerId,
    comp_budget_stream,
    promotion_stream,
    promotion_use_stream,
)
from boxoffice.domain.money import Money
from boxoffice.domain.promotions import comps
from boxoffice.domain.promotions.commands import (
    DefinePromotion,
    EndPromotion,
    SetCompBudget,
)
from boxoffice.domain.promotions.decide import (
    Redemption,
    discount,
    give_back,
    redeem,
)
from boxoffice.domain.promotions.events import (
    CompBudgetSet,
    CompsDrawn,
    PromotionDefined,
    PromotionEnded,
    PromotionRedeemed,
    PromotionTerms,
    PromotionUsed,
)
from boxoffice.domain.promotions.state import (
    COMP_BUDGET,
    PROMOTION,
    PROMOTION_USE,
    CompBudget,
)
from boxoffice.domain.rounding import Rounding
from boxoffice.errors import (
    CompBudgetExhausted,
    Invalid,
    NotFound,
    PromotionExhausted,
    PromotionInvalid,
    PromotionLimitReached,
)
from boxoffice.testing import NOON, PERFORMANCE, given

AT = promotion_stream("EARLY")
BUDGET_AT = comp_budget_stream("Press")
ANN = CustomerId("a" * 32)
BEN = CustomerId("b" * 32)
DAY = timedelta(days=1)
TENTH = PromotionTerms(currency="USD", basis_points=1_000)
END = EndPromotion(now=NOON, code="early", reason="Enough")


def define(terms: PromotionTerms = TENTH, code: str = "early ") -> DefinePromotion:
    return DefinePromotion(now=NOON, code=code, terms=terms)


def defined(terms: PromotionTerms = TENTH) -> Decision:
    return given().when(define(terms)).happened


def test_a_code_is_defined_in_capitals_once() -> None:
    expected = (AT, PromotionDefined(code="EARLY", terms=TENTH))
    given().when(define()).then(expected)
    given(*defined()).when(define()).then()


def test_new_terms_replace_the_old_ones_and_wake_an_ended_code() -> None:
    other = PromotionTerms(currency="USD", amount_off=500)
    assert given(*defined()).when(define(other)).happened
    ended = given(*defined()).when(END).happened
    assert given(*defined(), *ended).when(define()).happened


def test_a_code_that_orders_have_keeps_its_currency() -> None:
    """Its budget is one sum."""
    euros = define(PromotionTerms(currency="EUR", amount_off=500))
    assert given(*defined()).when(euros).happened
    discount = Money(450, "USD")
    used = AT, PromotionRedeemed(code="EARLY", order="X", discount=discount)
    given(*defined(), used).when(euros).refused(Invalid)


def test_a_code_ends_once() -> None:
    expected = (AT, PromotionEnded(code="EARLY", reason="Enough"))
    given(*defined()).when(END).then(expected)
    given(*defined(), expected).when(END).then()
    given().when(END).refused(NotFound)


@pytest.mark.parametrize(
    "terms",
    [
        PromotionTerms(currency="USD"),
        PromotionTerms(currency="USD", basis_points=100, amount_off=1),
        PromotionTerms(currency="usd", basis_points=100),
        PromotionTerms(currency="XYZ", basis_points=100),
        PromotionTerms(currency="USD", basis_points=-1),
        PromotionTerms(currency="USD", basis_points=10_001),
        PromotionTerms(currency="USD", amount_off=-1),
        PromotionTerms(currency="USD", amount_off=1, budget=-1),
        PromotionTerms(currency="USD", amount_off=1, orders_max=-1),
        PromotionTerms(currency="USD", amount_off=1, per_customer_max=-1),
        PromotionTerms(currency="USD", amount_off=1, categories=tuple(range(201))),
        PromotionTerms(
            currency="USD", amount_off=1, valid_from=NOON.replace(tzinfo=None)
        ),
        PromotionTerms(
            currency="USD", amount_off=1, valid_from=NOON, valid_until=NOON - DAY
        ),
    ],
)
def test_terms_that_make_no_sense_are_refused(terms: PromotionTerms) -> None:
    given().when(define(terms)).refused(Invalid)


@pytest.mark.parametrize("code", ["", "A", "A B", "É1", "-AB", "A" * 33])
def test_a_code_can_be_read_aloud(code: str) -> None:
    given().when(define(code=code)).refused(Invalid)


@pytest.mark.parametrize(
    ("terms", "minor", "expected"),
    [
        (TENTH, 4_500, 450),
        (TENTH, 4_505, 451),
        (TENTH, 0, 0),
        (PromotionTerms(currency="USD", amount_off=500), 4_500, 500),
        (PromotionTerms(currency="USD", amount_off=500), 300, 300),
        (PromotionTerms(currency="USD", basis_points=10_000), 4_500, 4_500),
        (PromotionTerms(currency="USD", amount_off=500, categories=(1,)), 4_500, 0),
        (PromotionTerms(currency="USD", amount_off=500, categories=(0,)), 4_500, 500),
        (PromotionTerms(currency="USD", amount_off=500, types=("adult",)), 4_500, 0),
        (PromotionTerms(currency="USD", amount_off=500, types=("x",)), 4_500, 500),
    ],
)
def test_a_code_takes_its_share_off_each_place_it_names(
    terms: PromotionTerms, minor: int, expected: int
) -> None:
    price = Money(minor, "USD")
    off = discount(terms, price, category=0, price_type="x", rounding="half-up")
    assert off == expected


@pytest.mark.parametrize(
    ("rounding", "expected"), [("half-up", 451), ("half-even", 450), ("down", 450)]
)
def test_a_share_is_rounded_as_the_price_was(rounding: Rounding, expected: int) -> None:
    price = Money(4_505, "USD")
    off = discount(TENTH, price, category=0, price_type="x", rounding=rounding)
    assert off == expected


def redeemed(
    facts: Decision,
    *,
    minor: int = 450,
    currency: str = "USD",
    performance: str = PERFORMANCE,
    days: int = 0,
    customer: CustomerId = ANN,
) -> Decision:
    scenario = given(*facts)
    return redeem(
        scenario.state(AT, PROMOTION),
        scenario.state(promotion_use_stream("EARLY", customer), PROMOTION_USE),
        Redemption("X", customer, performance, Money(minor, currency)),
        now=NOON + days * DAY,
    )


def test_an_order_takes_its_discount_and_counts_for_its_customer() -> None:
    amount = Money(450, "USD")
    assert redeemed(defined()) == [
        (AT, PromotionRedeemed(code="EARLY", order="X", discount=amount)),
        (
            promotion_use_stream("EARLY", ANN),
            PromotionUsed(code="EARLY", customer=ANN, order="X"),
        ),
    ]


def test_a_code_that_does_not_apply_is_invalid() -> None:
    with pytest.raises(PromotionInvalid):
        redeemed([])
    with pytest.raises(PromotionInvalid):
        redeemed([*defined(), *given(*defined()).when(END).happened])
    with pytest.raises(PromotionInvalid):
        redeemed(defined(), currency="EUR")
    with pytest.raises(PromotionInvalid):
        redeemed(defined(), minor=0)
    elsewhere = PromotionTerms(
        currency="USD", amount_off=1, performances=(PERFORMANCE,)
    )
    assert redeemed(defined(elsewhere))
    with pytest.raises(PromotionInvalid):
        redeemed(defined(elsewhere), performance="0" * 24)


def test_a_code_is_valid_in_its_time() -> None:
    terms = PromotionTerms(
        currency="USD", amount_off=1, valid_from=NOON, valid_until=NOON + DAY
    )
    assert redeemed(defined(terms))
    for days in (-1, 1):
        with pytest.raises(PromotionInvalid):
            redeemed(defined(terms), days=days)


def test_a_budget_is_spent_to_the_last_unit_and_no_further() -> None:
    terms = PromotionTerms(currency="USD", basis_points=1_000, budget=900)
    facts = defined(terms)
    facts += redeemed(facts)
    facts += redeemed(facts, customer=BEN)
    with pytest.raises(PromotionExhausted):
        redeemed(facts, minor=1)
    facts += give_back("EARLY", order="X", customer=ANN, discount=Money(450, "USD"))
    with pytest.raises(PromotionExhausted):
        redeemed(facts, minor=451)
    assert redeemed(facts, minor=450)


def test_orders_are_counted() -> None:
    terms = PromotionTerms(currency="USD", basis_points=1_000, orders_max=1)
    facts = defined(terms)
    facts += redeemed(facts)
    with pytest.raises(PromotionExhausted):
        redeemed(facts, customer=BEN)


def test_a_customer_uses_a_code_as_often_as_its_terms_say() -> None:
    terms = PromotionTerms(currency="USD", basis_points=1_000, per_customer_max=1)
    facts = defined(terms)
    facts += redeemed(facts)
    with pytest.raises(PromotionLimitReached):
        redeemed(facts)
    assert redeemed(facts, customer=BEN)
    facts += give_back("EARLY", order="X", customer=ANN, discount=Money(450, "USD"))
    assert redeemed(facts)


def test_a_code_without_limits_has_none() -> None:
    facts = defined()
    for _ in range(50):
        facts += redeemed(facts, minor=1_000_000)
    assert redeemed(facts)


def budget(
    *, places: int = 4, face: int = 10_000, currency: str = "USD", name: str = "press"
) -> SetCompBudget:
    return SetCompBudget(
        now=NOON, budget=name, places_max=places, face_max=Money(face, currency)
    )


SET = given().when(budget()).happened


def test_a_budget_is_set_and_set_again() -> None:
    event = CompBudgetSet(budget="press", places_max=4, face_max=Money(10_000, "USD"))
    given().when(budget()).then((BUDGET_AT, event))
    given(*SET).when(budget()).then()
    assert given(*SET).when(budget(places=5)).happened


@pytest.mark.parametrize(
    "command",
    [
        budget(places=-1),
        budget(face=-1),
        budget(name=" "),
        budget(name=" press"),
        budget(name="x" * 33),
        budget(name="Press"),
        budget(name="press night"),
        budget(currency="usd"),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused(command: SetCompBudget) -> None:
    given().when(command).refused(Invalid)


def test_a_budget_may_be_named_after_a_year() -> None:
    assert given().when(budget(name="2026-gala")).happened


def test_a_budget_keeps_its_currency() -> None:
    given(*SET).when(budget(currency="EUR")).refused(Invalid)


def draw(
    facts: Decision, *, places: int = 2, face: int = 5_000, currency: str = "USD"
) -> Decision:
    state: CompBudget = given(*facts).state(BUDGET_AT, COMP_BUDGET)
    amount = Money(face, currency)
    return comps.draw(state, "press", order="X", places=places, face=amount)


def test_comps_come_out_of_their_budget() -> None:
    amount = Money(5_000, "USD")
    drawn = CompsDrawn(budget="press", order="X", places=2, face=amount)
    assert draw(SET) == [(BUDGET_AT, drawn)]


@pytest.mark.parametrize(("places", "face"), [(3, 1), (1, 5_001)])
def test_a_budget_ends_in_places_and_in_face_value(places: int, face: int) -> None:
    facts = [*SET, *draw(SET)]
    with pytest.raises(CompBudgetExhausted) as refused:
        draw(facts, places=places, face=face)
    assert refused.value.data == {"places_left": 2, "face_left": 5_000}
    amount = Money(5_000, "USD")
    facts += comps.give_back("press", order="X", places=2, face=amount)
    assert draw(facts, places=places, face=face)


def test_nothing_comes_out_of_a_budget_nobody_set() -> None:
    with pytest.raises(CompBudgetExhausted, match="no such budget"):
        draw([])
    with pytest.raises(CompBudgetExhausted, match="is in USD"):
        draw(SET, currency="EUR")

"""Codes, budgets, limited types and four eyes kept their limits, or are found."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from boxoffice.domain.ids import (
    CustomerId,
    StreamId,
    comp_budget_stream,
    comps_stream,
    price_list_stream,
    promotion_stream,
    promotion_use_stream,
    quota_stream,
)
from boxoffice.domain.inventory.events import (
    CartHoldOrdered,
)
from boxoffice.domain.message import Event
from boxoffice.domain.orders.events import (
    ApprovalAsked,
    ApprovalGiven,
    CompsIssued,
    OrderPlaced,
    TicketRef,
    TicketsRefunded,
)
from boxoffice.domain.pricing.events import (
    LevelPrice,
    PricesSet,
    PriceType,
    QuotaClaimed,
)
from boxoffice.domain.promotions.events import (
    CompBudgetSet,
    CompsDrawn,
    CompsGivenAlone,
    CompsReturned,
    PromotionDefined,
    PromotionEnded,
    PromotionRedeemed,
    PromotionReturned,
    PromotionTerms,
    PromotionUsed,
)
from boxoffice.testing import FULL_PRICE, PERFORMANCE
from tests.unit.application.planted import (
    ORDER,
    UNTIL,
    BoxOffice,
    Facts,
    holding,
    ordering,
    selling,
)
from tests.unit.application.planted_orders import (
    AT,
    PRICE,
    a_sale,
    refund,
    sent_back,
    tickets_back,
    usd,
)

TEN = promotion_stream("TEN")
TERMS = PromotionTerms(
    currency="USD", basis_points=1_000, budget=100, orders_max=3, per_customer_max=1
)


def redeemed(order: str, minor: int) -> tuple[StreamId, Event]:
    return TEN, PromotionRedeemed(code="TEN", order=order, discount=usd(minor))


async def test_a_code_within_its_limits_is_in_order() -> None:
    house = BoxOffice()
    house.record([(TEN, PromotionDefined(code="TEN", terms=TERMS))])
    house.record([redeemed("A", 60)])
    house.record([(TEN, PromotionReturned(code="TEN", order="A", discount=usd(60)))])
    house.record([redeemed("B", 100)])
    assert await house.found() == {}


TOO_MUCH = {
    "at once": [("A", 101)],
    "in all": [("A", 60), ("B", 41)],
    "too many orders": [("A", 1), ("B", 1), ("C", 1), ("D", 1)],
    "one order twice": [("A", 1), ("A", 1)],
}


@pytest.mark.parametrize("orders", TOO_MUCH.values(), ids=TOO_MUCH.keys())
async def test_a_code_that_gave_too_much_is_found(
    orders: list[tuple[str, int]],
) -> None:
    house = BoxOffice()
    house.record([(TEN, PromotionDefined(code="TEN", terms=TERMS))])
    for order in orders:
        where = house.record([redeemed(*order)])
    assert await house.found() == {"budgets": where[0]}


async def test_a_code_that_does_not_stand_is_found() -> None:
    house = BoxOffice()
    house.record([(TEN, PromotionDefined(code="TEN", terms=TERMS))])
    house.record([(TEN, PromotionEnded(code="TEN", reason="over"))])
    where = house.record([redeemed("A", 1)])
    assert await house.found() == {"budgets": where[0]}


async def test_a_customer_who_used_a_code_too_often_is_found() -> None:
    house = BoxOffice()
    house.record([(TEN, PromotionDefined(code="TEN", terms=TERMS))])
    stream = promotion_use_stream("TEN", CustomerId("c"))
    for order in "AB":
        used = PromotionUsed(code="TEN", customer="c", order=order)
        where = house.record([redeemed(order, 1), (stream, used)])
    assert await house.found() == {"budgets": where[1]}


PRESS = comp_budget_stream("press")


@pytest.mark.parametrize("drawn", [(3, 10), (2, 101)])
async def test_a_budget_for_comps_that_gave_too_much_is_found(
    drawn: tuple[int, int],
) -> None:
    house = BoxOffice()
    limits = CompBudgetSet(budget="press", places_max=2, face_max=usd(100))
    house.record([(PRESS, limits)])
    within = CompsDrawn(budget="press", order="A", places=2, face=usd(100))
    house.record([(PRESS, within)])
    back = CompsReturned(budget="press", order="A", places=2, face=usd(100))
    house.record([(PRESS, back)])
    assert await house.found() == {}
    places, face = drawn
    too_much = CompsDrawn(budget="press", order="B", places=places, face=usd(face))
    where = house.record([(PRESS, too_much)])
    assert await house.found() == {"budgets": where[0]}


def claimed(hold: str, count: int) -> tuple[StreamId, Event]:
    return quota_stream(PERFORMANCE), QuotaClaimed(
        hold=hold, price_type="child", count=count, until=UNTIL
    )


async def test_a_limited_type_that_went_to_too_many_is_found() -> None:
    house = BoxOffice()
    types = (PriceType("adult", "Adult"), PriceType("child", "Child", quota=2))
    prices = PricesSet(prices=(LevelPrice(0, FULL_PRICE),), types=types)
    house.record([(price_list_stream(PERFORMANCE), prices)])
    house.record([claimed("a", 2)])
    house.record([claimed("a", 1)])
    house.record([claimed("b", 1)])
    assert await house.found() == {}
    where = house.record([claimed("c", 1)])
    assert await house.found() == {"quotas": where[0]}


async def test_claims_that_lapsed_do_not_count() -> None:
    house = BoxOffice()
    types = (PriceType("child", "Child", quota=2),)
    prices = PricesSet(prices=(LevelPrice(0, FULL_PRICE),), types=types)
    house.record([(price_list_stream(PERFORMANCE), prices)])
    house.record([claimed("a", 2)])
    house.record([claimed("b", 2)], at=UNTIL + timedelta(seconds=2))
    assert await house.found() == {}


def asked(by: str = "staff:mia") -> tuple[StreamId, Event]:
    return AT, ApprovalAsked(
        order=ORDER,
        request="q",
        kind="refund",
        amount=FULL_PRICE,
        by=by,
        note="ill",
        tickets=(TicketRef(PERFORMANCE, 1),),
        kept=usd(0),
    )


def agreed(by: str, *, amount: int = PRICE) -> Facts:
    given = ApprovalGiven(order=ORDER, request="q", by=by)
    at, event = refund(1, amount=amount, kept=PRICE - amount)
    assert isinstance(event, TicketsRefunded)
    named = replace(event, approver=by)
    return [(AT, given), *tickets_back(1), (at, named), sent_back(amount)]


async def test_a_refund_that_a_second_person_agreed_to_is_in_order() -> None:
    house = a_sale(1)
    house.record([asked()])
    house.record(agreed("staff:joe"))
    assert await house.found() == {}


async def test_agreeing_to_ones_own_wish_is_found() -> None:
    house = a_sale(1)
    house.record([asked()])
    where = house.record(agreed("staff:mia"))
    assert await house.found() == {"four-eyes": where[0]}


async def test_agreeing_to_what_nobody_asked_is_found() -> None:
    house = a_sale(1)
    where = house.record(agreed("staff:joe"))
    assert await house.found() == {"four-eyes": where[0]}


async def test_agreeing_to_what_was_done_otherwise_before_is_found() -> None:
    house = a_sale(1)
    house.record([asked()])
    house.record([*tickets_back(1), refund(1, amount=PRICE), sent_back(PRICE)])
    assert await house.found() == {}
    given = ApprovalGiven(order=ORDER, request="q", by="staff:joe")
    house.record([(AT, given)])
    (check,) = await house.failed()
    assert (check.name, "but not open" in check.detail) == ("four-eyes", True)


async def test_doing_otherwise_than_was_agreed_is_found() -> None:
    house = a_sale(1)
    house.record([asked()])
    where = house.record(agreed("staff:joe", amount=PRICE - 1))
    assert await house.found() == {"four-eyes": where[0]}


async def test_naming_a_second_person_who_did_not_agree_is_found() -> None:
    house = a_sale(1)
    where = house.record(agreed("staff:joe")[1:])
    assert await house.found() == {"four-eyes": where[2]}


async def test_comps_that_nobody_stands_for_are_found() -> None:
    house = BoxOffice()
    house.record(holding(1))
    (at, ordered), (order_at, event), _ = ordering(1)
    assert isinstance(event, OrderPlaced)
    line = replace(event.lines[0], price=usd(0), price_type="comp")
    free = replace(event, lines=(line,), total=usd(0), channel="comp")
    (place, sale), owner, (_, order), _ = selling(1)
    facts: Facts = [
        (at, ordered),
        (order_at, free),
        (place, replace(sale, price=usd(0), price_type="comp")),
        owner,
        (AT, replace(order, lines=(line,), total=usd(0))),
    ]
    where = house.record(facts)
    assert await house.found() == {"money": where[4]}
    issued = CompsIssued(
        order=ORDER,
        host="h1",
        reason="press",
        budget="press",
        face=FULL_PRICE,
        by="staff:mia",
    )
    house = BoxOffice()
    house.record(holding(1))
    where = house.record([*facts, (AT, issued)])
    assert await house.found() == {"four-eyes": where[5]}
    alone = CompsGivenAlone(order=ORDER, by="staff:mia", places=1)
    house = BoxOffice()
    house.record(holding(1))
    house.record([*facts, (AT, issued), (comps_stream(PERFORMANCE), alone)])
    assert await house.found() == {}
    house = BoxOffice()
    house.record(holding(1))
    cheap = replace(line, discount=FULL_PRICE.minor)
    facts[1] = (order_at, replace(free, channel="window", lines=(cheap,)))
    where = house.record(facts)
    assert await house.found() == {"money": where[2]}


async def test_an_order_left_to_another_than_it_was_ordered_by_is_found() -> None:
    house = BoxOffice()
    house.record(holding(1))
    (at, ordered), *rest = ordering(1)
    assert isinstance(ordered, CartHoldOrdered)
    house.record([(at, replace(ordered, order="KKKKKKKKKK")), *rest])
    assert "holds" in await house.found()

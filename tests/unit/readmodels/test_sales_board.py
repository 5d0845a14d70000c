from __future__ import annotations

from collections.abc import Iterable

import pytest

from boxoffice.domain.catalogue.events import (
    PerformanceCancelled,
    PerformanceMoved,
    SaleClosed,
)
from boxoffice.domain.ids import StreamId, performance_stream, ticket_stream
from boxoffice.domain.inventory.events import (
    CartHoldReleased,
    TicketHeld,
    TicketReleased,
    TicketReturned,
    TicketSold,
)
from boxoffice.domain.message import Event, Fact
from boxoffice.domain.money import Money
from boxoffice.domain.pricing.events import LevelPrice, PricesSet, PriceType
from boxoffice.errors import Corrupt
from boxoffice.readmodels.sales_board import (
    COMP,
    SALES_BOARD,
    SalesBoard,
    Totals,
    fold,
)
from boxoffice.testing import NOON, PERFORMANCE, on_sale

GOLD, BLUE = Money(9000, "USD"), Money(4500, "USD")


def numbered(facts: Iterable[tuple[StreamId, Event]], first: int = 1) -> list[Fact]:
    return [
        Fact(position, stream, 0, NOON, event)
        for position, (stream, event) in enumerate(facts, first)
    ]


OPENING = numbered(on_sale(places=10, categories=(GOLD, BLUE)))


def held(position: int, category: int, price: Money) -> Fact:
    event = TicketHeld(hold="h", section=0, category=category, price=price, until=NOON)
    return Fact(position, ticket_stream(PERFORMANCE, position), 0, NOON, event)


def sold(position: int, category: int, price: Money, kind: str = "adult") -> Fact:
    event = TicketSold(
        hold="h",
        order="X",
        section=0,
        category=category,
        price=price,
        price_type=kind,
    )
    return Fact(position, ticket_stream(PERFORMANCE, position), 1, NOON, event)


def freed(position: int, category: int) -> Fact:
    event = TicketReleased(hold="h", section=0, category=category, reason="expired")
    return Fact(position, ticket_stream(PERFORMANCE, position), 1, NOON, event)


def counts(board: SalesBoard) -> list[tuple[int, int, int, int]]:
    return [(c.free, c.held, c.sold, c.revenue) for c in board.categories]


def test_an_open_sale_shows_its_places_and_prices() -> None:
    board = fold(None, OPENING)
    assert (board.title, board.sale) == ("Neon Nights", "open")
    assert (board.zone, board.currency) == ("America/Los_Angeles", "USD")
    assert [c.price for c in board.categories] == [9000, 4500]
    assert counts(board) == [(5, 0, 0, 0), (5, 0, 0, 0)]
    assert board.totals == Totals(places=10, free=10)
    assert board.position == len(OPENING)


def test_sold_places_are_counted_with_the_price_that_was_paid() -> None:
    board = fold(None, OPENING)
    news = [held(10, 0, GOLD), held(11, 1, BLUE), sold(12, 0, Money(8000, "USD"))]
    board = fold(board, news)
    assert counts(board) == [(4, 0, 1, 8000), (4, 1, 0, 0)]
    assert board.totals == Totals(places=10, free=8, held=1, sold=1, revenue=8000)
    assert board.position == 12


def test_a_released_place_is_free_again() -> None:
    board = fold(fold(None, OPENING), [held(10, 0, GOLD), freed(11, 0)])
    assert counts(board) == [(5, 0, 0, 0), (5, 0, 0, 0)]


def test_a_new_price_list_replaces_the_old_one_as_a_whole() -> None:
    prices = PricesSet(prices=(LevelPrice(1, Money(5000, "USD")),))
    where = performance_stream(PERFORMANCE)
    board = fold(fold(None, OPENING), numbered([(where, prices)], first=20))
    assert [c.price for c in board.categories] == [None, 5000]


def test_a_closed_sale_says_so() -> None:
    where = performance_stream(PERFORMANCE)
    closing = numbered([(where, SaleClosed(reason="doors"))], first=20)
    assert fold(fold(None, OPENING), closing).sale == "closed"


def test_before_it_opens_a_sale_is_scheduled() -> None:
    assert fold(None, OPENING[:1]).sale == "scheduled"


def test_folding_in_two_batches_is_folding_in_one() -> None:
    facts = [*OPENING, held(10, 0, GOLD), sold(11, 0, GOLD), held(12, 1, BLUE)]
    whole = fold(None, facts)
    for cut in range(1, len(facts)):
        assert fold(fold(None, facts[:cut]), facts[cut:]) == whole


def test_a_board_without_its_performance_is_not_invented() -> None:
    assert not SALES_BOARD.begins(OPENING[1].event)
    with pytest.raises(Corrupt):
        fold(None, OPENING[1:])


@pytest.mark.parametrize(
    "fact",
    [
        pytest.param(held(10, 7, GOLD), id="a price level that it does not have"),
        pytest.param(
            Fact(
                10,
                performance_stream(PERFORMANCE),
                0,
                NOON,
                CartHoldReleased(hold="h", buyer="b", reason="released"),
            ),
            id="a fact of something else",
        ),
    ],
)
def test_a_fact_that_does_not_fit_is_corrupt(fact: Fact) -> None:
    with pytest.raises(Corrupt) as error:
        fold(fold(None, OPENING), [fact])
    assert error.value.data["position"] == 10


def returned(position: int, category: int, price: Money, kind: str = "adult") -> Fact:
    event = TicketReturned(
        order="X",
        section=0,
        category=category,
        price=price,
        reason="refunded",
        price_type=kind,
    )
    return Fact(position, ticket_stream(PERFORMANCE, position), 2, NOON, event)


def test_a_ticket_that_comes_back_is_free_and_its_money_is_gone() -> None:
    facts = [*OPENING, held(10, 0, GOLD), sold(11, 0, GOLD), returned(12, 0, GOLD)]
    board = fold(None, facts)
    assert board.totals == Totals(places=10, free=10)
    assert board.types == ()


def test_tickets_are_counted_by_price_type_and_comps_apart() -> None:
    free = Money(0, "USD")
    paid = [held(10, 0, GOLD), sold(11, 0, GOLD)]
    given = [held(12, 1, BLUE), sold(13, 1, free, COMP)]
    board = fold(None, [*OPENING, *paid, *given])
    counted = [(one.price_type, one.sold, one.revenue) for one in board.types]
    assert counted == [("adult", 1, 9000), ("comp", 1, 0)]
    assert board.comps == 1
    assert fold(board, [returned(14, 1, free, COMP)]).comps == 0


def test_a_category_shows_the_price_of_the_first_public_type() -> None:
    types = (
        PriceType("staff", "Staff", audience="staff"),
        PriceType("member", "Member"),
        PriceType("adult", "Adult"),
    )
    levels = tuple(
        LevelPrice(0, Money(minor, "USD"), code)
        for code, minor in {"adult": 900, "staff": 100, "member": 700}.items()
    )
    where = performance_stream(PERFORMANCE)
    prices = numbered([(where, PricesSet(prices=levels, types=types))], first=20)
    board = fold(None, [*OPENING, *prices])
    assert (board.categories[0].price, board.price_type) == (700, "member")


def test_a_performance_that_is_moved_or_called_off_says_so() -> None:
    where = performance_stream(PERFORMANCE)
    moved = PerformanceMoved(
        starts_at=NOON,
        sale_until=NOON,
        refund_until=NOON,
        by="staff:mia",
        reason="snow",
    )
    board = fold(None, [*OPENING, *numbered([(where, moved)], first=20)])
    assert (board.starts_at, board.sale) == (NOON, "open")
    off = PerformanceCancelled(by="staff:mia", reason="snow")
    assert fold(board, numbered([(where, off)], first=21)).sale == "cancelled"

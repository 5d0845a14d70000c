"""After a move whoever chose a ticket before it may give it back, and nobody else."""

from __future__ import annotations

from msgspec.structs import replace

from boxoffice.domain.decider import Decision
from boxoffice.domain.money import Money
from boxoffice.domain.orders.events import (
    OrderConfirmed,
    TicketRef,
    TicketsRefunded,
)
from boxoffice.domain.orders.state import ref
from boxoffice.errors import RefundNotAllowed
from boxoffice.testing import (
    ANN,
    BOB,
    confirmed,
    given,
    hold_places,
    on_sale,
    place_order,
    settle,
    told,
)
from tests.unit.domain.asked import (
    AGAIN,
    NEXT,
    accept,
    exchange,
    expire,
    later,
    move,
    names,
    one,
    refund,
)


def test_after_a_move_buyers_get_everything_back_until_a_day_is_over() -> None:
    facts = told(confirmed(1), move(refund_until_s=500))
    mine = refund(1, buyer=ANN, fee=300, keep_outside=True)
    refunded = one(given(*facts).when(mine).happened, TicketsRefunded)
    assert (4_500, 0) == (refunded.amount.minor, refunded.kept.minor)
    late = refund(1, buyer=ANN, after_s=501)
    given(*facts).when(late).refused(RefundNotAllowed)


def test_whoever_bought_after_a_move_knew_the_date() -> None:
    facts = told(on_sale(), hold_places(1), move(refund_until_s=500))
    facts = told(facts, place_order(now=later(1)), settle("captured", now=later(1)))
    given(*facts).when(refund(1, buyer=ANN)).refused(RefundNotAllowed)
    assert "TicketsRefunded" in names(given(*facts).when(refund(1)).happened)
    again = told(facts, replace(move(refund_until_s=600), now=later(2)))
    assert "TicketsRefunded" in names(given(*again).when(refund(1, buyer=ANN)).happened)


def test_whoever_ordered_before_a_move_did_not_know_the_date() -> None:
    placed = told(on_sale(), hold_places(1), place_order())
    moved = told(placed, replace(move(refund_until_s=5_000), now=later(1)))
    late = told(moved, expire(after_s=602))
    for facts, paid_s in ((moved, 2), (late, 603)):
        paid = told(facts, settle("captured", now=later(paid_s)))
        mine = refund(1, buyer=ANN, after_s=700)
        assert "TicketsRefunded" in names(given(*paid).when(mine).happened)


def test_whoever_took_other_places_after_a_move_knew_the_date() -> None:
    bobs = hold_places(1, buyer=BOB, hold=NEXT, now=later(602))
    facts = told(on_sale(), hold_places(1), place_order(), expire(), bobs)
    facts = told(facts, settle("captured", now=later(603)))
    facts = told(facts, replace(move(refund_until_s=5_000), now=later(604)))
    facts = told(facts, accept(after_s=605))
    mine = replace(refund(2, buyer=ANN, after_s=700), tickets=_only_ticket(facts))
    given(*facts).when(mine).refused(RefundNotAllowed)


def _only_ticket(facts: Decision) -> tuple[TicketRef, ...]:
    (line,) = one(facts, OrderConfirmed).lines
    return (ref(line),)


def test_an_exchange_placed_before_a_move_was_chosen_then() -> None:
    house = on_sale(categories=(Money(4_500, "USD"), Money(6_000, "USD")))
    facts = told(house, hold_places(1), place_order(), settle("captured"))
    facts = told(facts, hold_places(2, hold=NEXT), exchange(1, after_s=10))
    facts = told(facts, replace(move(refund_until_s=500), now=later(11)))
    facts = told(facts, settle("captured", 1_500, attempt=AGAIN, now=later(70)))
    mine = refund(2, buyer=ANN, after_s=90)
    assert "TicketsRefunded" in names(given(*facts).when(mine).happened)


def test_a_ticket_that_was_swapped_after_a_move_was_bought_then() -> None:
    house = on_sale(categories=(Money(4_500, "USD"), Money(6_000, "USD")))
    facts = told(house, hold_places(1), place_order(), settle("captured"))
    facts = told(facts, move(refund_until_s=500))
    paid = settle("captured", 1_500, attempt=AGAIN, now=later(70))
    for place, money in ((3, []), (2, [paid])):
        story = told(facts, hold_places(place, hold=NEXT), exchange(1), *money)
        mine = refund(place, buyer=ANN, after_s=90)
        given(*story).when(mine).refused(RefundNotAllowed)

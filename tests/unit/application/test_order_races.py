"""Fifty ask in one batch for a ticket of an order: one wins, each other is told why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from boxoffice.application.requests import Accepted, Request
from boxoffice.application.write_path import WritePath
from boxoffice.domain.ids import AttemptId, BuyerId, HoldId, StreamId
from boxoffice.domain.message import Command, Event, Meta
from boxoffice.domain.orders import commands as ask
from boxoffice.domain.orders.events import (
    OrderCancelled,
    OrderConfirmed,
    OrderVoided,
    TicketRef,
    TicketsExchanged,
    TicketsRefunded,
)
from boxoffice.domain.payments.events import RefundRequested
from boxoffice.errors import (
    OrderNotConfirmed,
    OrderNotOpen,
    PaymentOpen,
    RequestNotOpen,
    TicketNotValid,
)
from boxoffice.infrastructure.memory.event_store import MemoryEventStore
from boxoffice.testing import (
    ANN,
    NOON,
    ORDER,
    PERFORMANCE,
    given,
    hold_places,
    on_sale,
    ordered,
    place_order,
    settle,
    store_facts,
    told,
)

META = Meta(command="c", correlation="c", actor="test", venue="main")
MANY = 50
Make = Callable[[int], Command]
Told = tuple[StreamId, Event]
TICKET = (TicketRef(PERFORMANCE, 1),)
STATES = {
    TicketsRefunded: "refunded",
    TicketsExchanged: "exchanged",
    OrderVoided: "voided",
}


def carrier(number: int) -> tuple[BuyerId, HoldId]:
    """Ann's friends each hold a place that her ticket could be exchanged for."""
    return BuyerId(f"{number:032x}"), HoldId(f"{number:032x}")


def refund(number: int) -> Command:
    return ask.RefundTickets(
        now=NOON,
        performance=PERFORMANCE,
        order=ORDER,
        buyer=None,
        tickets=TICKET,
        by="staff:eva",
        note="",
        request=f"r{number}",
    )


def exchange(number: int) -> Command:
    holder, hold = carrier(number)
    return ask.ExchangeTickets(
        now=NOON,
        performance=PERFORMANCE,
        order=ORDER,
        buyer=None,
        tickets=TICKET,
        into=PERFORMANCE,
        holder=holder,
        hold=hold,
        exchange=f"x{number}",
        attempt=AttemptId(f"a{number}"),
        by="staff:eva",
        unapproved_max=0,
    )


def void(_: int) -> Command:
    return ask.VoidOrder(
        now=NOON,
        performance=PERFORMANCE,
        order=ORDER,
        by="staff:eva",
        note="",
        window_s=60,
        unapproved_max=9_000,
    )


def cancel(_: int) -> Command:
    return ask.CancelOrder(
        now=NOON, performance=PERFORMANCE, order=ORDER, buyer=ANN, by=f"buyer:{ANN}"
    )


def approve(_: int) -> Command:
    return ask.ApproveRequest(
        now=NOON, performance=PERFORMANCE, order=ORDER, request="r0", by="staff:tom"
    )


def race(
    facts: list[Told], makes: list[Make]
) -> tuple[list[Accepted], list[Exception]]:
    """Ask all at once, in one batch; give the winners and the losers."""
    store = MemoryEventStore(now=lambda: NOON)
    store_facts(store, facts)
    requests = [
        Request((n + 1).to_bytes(16, "big"), b"", makes[n % len(makes)](n), META)
        for n in range(MANY)
    ]
    answers = WritePath(store, families_max=2).step(requests).values()
    won = [a for a in answers if isinstance(a, Accepted)]
    return won, [a for a in answers if isinstance(a, Exception)]


def crowd() -> list[Told]:
    """Ann has a ticket, and fifty others each hold a place."""
    house = told(
        on_sale(places=MANY + 1), hold_places(1), place_order(), settle("captured")
    )
    for number in range(MANY):
        buyer, hold = carrier(number)
        house += (
            given(*house).when(hold_places(number + 2, buyer=buyer, hold=hold)).happened
        )
    return house


def kind_of(accepted: Accepted) -> type[Event]:
    (found,) = [type(f.event) for f in accepted.facts if type(f.event) in STATES]
    return found


@pytest.mark.parametrize(
    "makes",
    [
        [refund],
        [exchange],
        [void],
        [refund, exchange, void],
        [void, exchange, refund],
        [exchange, refund],
    ],
)
def test_a_ticket_goes_once_whoever_wants_it(makes: list[Make]) -> None:
    won, lost = race(crowd(), makes)
    (winner,) = won
    assert MANY - 1 == len(lost)
    assert {TicketNotValid} == {type(refusal) for refusal in lost}
    states = {getattr(refusal, "data", {})["state"] for refusal in lost}
    assert {STATES[kind_of(winner)]} == states
    back = [f for f in winner.facts if isinstance(f.event, RefundRequested)]
    assert len(back) == (kind_of(winner) is not TicketsExchanged)


def test_cancelling_a_confirmed_order_is_a_refusal_of_its_own() -> None:
    won, lost = race(crowd(), [refund, cancel])
    assert 1 == len(won)
    assert {TicketNotValid: 24, OrderNotOpen: 25} == Counter(map(type, lost))


def test_an_order_is_cancelled_once() -> None:
    won, lost = race(ordered(1), [cancel])
    (winner,) = won
    assert any(isinstance(fact.event, OrderCancelled) for fact in winner.facts)
    assert {OrderNotOpen: 49} == Counter(map(type, lost))


def test_cancelling_and_paying_leave_one_winner() -> None:
    first, _ = race(ordered(1), [cancel, lambda _: settle("captured")])
    kinds = [type(fact.event) for accepted in first for fact in accepted.facts]
    assert 1 == kinds.count(OrderCancelled)
    assert 0 == kinds.count(OrderConfirmed)
    assert 1 == kinds.count(RefundRequested)
    second, _ = race(ordered(1), [lambda _: settle("captured"), cancel])
    kinds = [type(fact.event) for accepted in second for fact in accepted.facts]
    assert 0 == kinds.count(OrderCancelled)
    assert 1 == kinds.count(OrderConfirmed)
    assert 0 == kinds.count(RefundRequested)


def test_nothing_goes_back_while_the_order_is_not_paid() -> None:
    won, lost = race(ordered(1), [refund, void])
    assert [] == won
    assert {OrderNotConfirmed: 50} == Counter(map(type, lost))


def test_a_promise_is_not_refunded_before_the_money_is_here() -> None:
    won, lost = race(told(ordered(1), settle("authorised")), [refund])
    assert [] == won
    assert {PaymentOpen: 50} == Counter(map(type, lost))


def test_a_request_is_approved_once() -> None:
    asked = ask.RefundTickets(
        now=NOON,
        performance=PERFORMANCE,
        order=ORDER,
        buyer=None,
        tickets=TICKET,
        by="staff:eva",
        note="",
        request="r0",
        unapproved_max=0,
    )
    won, lost = race(told(crowd(), asked), [approve])
    assert 1 == len(won)
    assert {RequestNotOpen: 49} == Counter(map(type, lost))

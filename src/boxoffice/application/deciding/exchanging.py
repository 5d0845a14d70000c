"""Roads to exchanges: tickets for the places of a hold, and what they cost.

An exchange is one append, or two when money must come first: placed, then swapped. In
between, the old tickets stay valid and can be neither refunded nor exchanged again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from boxoffice.application.deciding import ending, places
from boxoffice.application.deciding.draft import Draft
from boxoffice.application.deciding.orders import pay_by
from boxoffice.application.deciding.view import Road, Roads, View
from boxoffice.domain.decider import Decision
from boxoffice.domain.ids import Family, family, order_family
from boxoffice.domain.inventory.state import CartHold
from boxoffice.domain.money import Money
from boxoffice.domain.orders import decide as orders
from boxoffice.domain.orders.commands import ExchangeTickets
from boxoffice.domain.orders.events import (
    ExchangePlaced,
    OrderLine,
    TicketsExchanged,
)
from boxoffice.domain.orders.state import OrderTicket
from boxoffice.domain.payments import decide as payments
from boxoffice.errors import ExchangeOpen, Invalid, RefundNotAllowed


def exchange_tickets(view: View, command: ExchangeTickets) -> Decision:
    """Decide on swapping tickets; at once, unless something is due first."""
    draft = Draft(view, command.order)
    order = orders.own_order(draft.order, command.buyer)
    tickets = orders.valid_tickets(order, command.tickets)
    if order.exchange is not None:
        raise ExchangeOpen(exchange=order.exchange.exchange)
    if command.buyer is not None:
        _check_ahead(draft, tickets, command.now)
    payments.check_settled(draft.payment)
    hold = places.standing_hold(
        draft, command.into, command.holder, command.hold, now=command.now
    )
    places.check_for_sale(draft, hold)
    lines = places.lines_of(draft, hold)
    is_buyers = command.buyer is not None
    orders.check_exchange(order, tickets, len(lines), is_buyers=is_buyers)
    if any(line.price.currency != order.currency for line in lines):
        raise Invalid(f"Tickets of this order are paid in {order.currency}.")
    cost = orders.difference(tickets, lines, fee=command.fee)
    orders.check_alone(order, cost.returned, most=command.unapproved_max)
    until = hold.until
    if cost.due:
        until = pay_by(hold, command.now, command.pay_s)
    places.leave_to_order(draft, hold, now=command.now, until=until)
    if cost.due:
        _place(draft, command, lines, cost=cost, until=until)
        return draft.decision
    _swap(draft, command, tickets, lines=lines, hold=hold, cost=cost)
    return draft.decision


def _check_ahead(draft: Draft, tickets: Sequence[OrderTicket], now: datetime) -> None:
    """Let no buyer see a performance and swap its ticket for another one."""
    for of in {ticket.line.performance for ticket in tickets}:
        if draft.performance(of).has_begun(now):
            raise RefundNotAllowed(
                "The performance has begun; its tickets are not exchanged any more."
            )


def _place(
    draft: Draft,
    command: ExchangeTickets,
    lines: tuple[OrderLine, ...],
    *,
    cost: orders.Difference,
    until: datetime,
) -> None:
    currency = draft.order.currency
    due = Money(cost.due, currency)
    draft.tell(
        ExchangePlaced(
            order=command.order,
            exchange=command.exchange,
            tickets=command.tickets,
            performance=command.into,
            buyer=command.holder,
            hold=command.hold,
            lines=lines,
            due=due,
            fee=Money(cost.fee, currency),
            pay_by=until,
            by=command.by,
            at=command.now,
        )
    )
    requested = payments.request_payment(
        draft.payment,
        due,
        order=command.order,
        attempt=command.attempt,
        method=command.method,
        instrument=command.instrument,
        home=command.home,
        purpose="exchange",
    )
    draft.pay([requested])


def _swap(
    draft: Draft,
    command: ExchangeTickets,
    tickets: Sequence[OrderTicket],
    *,
    lines: tuple[OrderLine, ...],
    hold: CartHold,
    cost: orders.Difference,
) -> None:
    now, currency = command.now, draft.order.currency
    _move(draft, tickets, lines, hold=hold, now=now)
    draft.tell(
        TicketsExchanged(
            order=command.order,
            exchange=command.exchange,
            tickets=command.tickets,
            buyer=command.holder,
            hold=command.hold,
            lines=lines,
            returned=Money(cost.returned, currency),
            fee=Money(cost.fee, currency),
            by=command.by,
            at=now,
        )
    )
    draft.pay(payments.refund(draft.payment, cost.returned, order=draft.code))


def _move(
    draft: Draft,
    tickets: Sequence[OrderTicket],
    lines: tuple[OrderLine, ...],
    *,
    hold: CartHold,
    now: datetime,
) -> None:
    """Take the old places back and sell the new ones."""
    order = draft.order
    places.take_back(draft, tickets, "exchanged", now=now)
    left = places.hold_of(draft, *_names(hold))
    places.sell(draft, left, lines, now=now)
    ending.return_comps(draft, order, ending.comps_among(order, tickets))


def _names(hold: CartHold) -> tuple[str, str, str]:
    return hold.placed.performance, hold.placed.buyer, hold.placed.hold


def swapped(draft: Draft, *, now: datetime) -> bool:
    """Do the open exchange, now that it is paid for; tell whether it was done.

    An exchange whose places are gone is abandoned, and so is one that is paid for late,
    when one of the performances has begun.
    """
    exchange = draft.order.exchange
    if exchange is None:
        return False
    concerned = {exchange.performance, *(old.performance for old in exchange.tickets)}
    has_begun = any(draft.performance(of).has_begun(now) for of in concerned)
    if has_begun and now > exchange.pay_by:
        ending.abandon_exchange(draft, "performance begun", now=now)
        return False
    done = places.tried(draft, lambda: _swap_paid(draft, now=now))
    if not done:
        ending.abandon_exchange(draft, "places taken", now=now)
    return done


def _swap_paid(draft: Draft, *, now: datetime) -> None:
    order = draft.order
    exchange = order.exchange
    if exchange is None:
        raise Invalid("No exchange is open.")
    tickets = [order.tickets[name] for name in exchange.tickets]
    hold = places.hold_of(draft, exchange.performance, exchange.buyer, exchange.hold)
    _move(draft, tickets, exchange.lines, hold=hold, now=now)
    draft.tell(
        TicketsExchanged(
            order=draft.code,
            exchange=exchange.exchange,
            tickets=exchange.tickets,
            buyer=exchange.buyer,
            hold=exchange.hold,
            lines=exchange.lines,
            returned=Money(0, order.currency),
            fee=exchange.fee,
            by=exchange.by,
            at=now,
        )
    )


def _houses(command: ExchangeTickets) -> tuple[Family, ...]:
    return family(command.performance), family(command.into)


ROADS: Roads = {
    ExchangeTickets: Road(
        exchange_tickets, _houses, lambda command: (order_family(command.order),)
    )
}

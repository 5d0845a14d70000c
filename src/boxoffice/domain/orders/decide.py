"""Rules of orders: who may do what to which order, and what it costs.

These functions check and say; what follows for places, payments and promotions is
brought together where the command is decided as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NoReturn

import msgspec

from boxoffice.domain.money import Money
from boxoffice.domain.orders.events import (
    ApprovalAsked,
    OrderConfirmed,
    OrderLine,
    TicketRef,
)
from boxoffice.domain.orders.state import Order, OrderTicket
from boxoffice.errors import (
    Conflict,
    ExchangeOpen,
    Invalid,
    NotFound,
    OfferOver,
    OrderNotConfirmed,
    OrderNotOpen,
    Refused,
    RequestNotOpen,
    SamePerson,
    SecondPersonNeeded,
    TicketNotValid,
    TooFewPlaces,
    VoidWindowOver,
)

EXCHANGES_MAX = 20
"""Of one order: swapping costs nothing, and every swap is on record for good."""


class Split(msgspec.Struct, frozen=True, gc=False):
    """What goes back for tickets and what is kept of them, in minor units."""

    amount: int
    kept: int


class Difference(msgspec.Struct, frozen=True, gc=False):
    """What an exchange costs: `due` is paid first, `returned` goes back."""

    due: int
    returned: int
    fee: int


def check_new(order: Order) -> None:
    """A code that is taken is a matter of drawing another."""
    if order.status != "none":
        raise Conflict("This order code is taken; try again.")


def own_order(order: Order, buyer: str | None) -> Order:
    """Give an order that exists; a buyer finds no order of another."""
    if order.status == "none" or (buyer is not None and buyer != order.buyer):
        raise NotFound("There is no such order.")
    return order


def confirmed(
    order: Order,
    *,
    at: datetime,
    hold: str | None = None,
    lines: tuple[OrderLine, ...] | None = None,
) -> OrderConfirmed:
    """Write the contract of an order that was placed, maybe for other places."""
    return OrderConfirmed(
        order=order.code,
        performance=order.performance,
        buyer=order.buyer,
        hold=hold or order.hold,
        lines=lines or order.lines,
        total=order.total,
        at=at,
    )


def not_open(order: Order) -> NoReturn:
    """Refuse what only an open order can do."""
    raise OrderNotOpen(status=order.status)


def check_confirmed(order: Order) -> None:
    """Refuse what needs tickets; a voided order had some, and each says so."""
    if order.status not in ("confirmed", "voided"):
        raise OrderNotConfirmed(status=order.status)


def valid_tickets(order: Order, names: tuple[TicketRef, ...]) -> list[OrderTicket]:
    """Give the named tickets, which must be valid and in no exchange.

    Raises:
        TicketNotValid: one was refunded, exchanged or voided; `state` says which.
        ExchangeOpen: one is about to be exchanged.
    """
    check_confirmed(order)
    if not names or len(set(names)) != len(names):
        raise Invalid("Name the tickets, each once.")
    return [_valid_ticket(order, name) for name in names]


def _valid_ticket(order: Order, name: TicketRef) -> OrderTicket:
    ticket = order.tickets.get(name)
    if ticket is None:
        raise NotFound("This order has no such ticket.")
    if ticket.state != "valid":
        raise TicketNotValid(
            performance=name.performance, ordinal=name.ordinal, state=ticket.state
        )
    if order.exchange is not None and name in order.exchange.tickets:
        raise ExchangeOpen(exchange=order.exchange.exchange)
    return ticket


def all_tickets(order: Order) -> list[OrderTicket]:
    """Give all valid tickets of an order, of which there must be some."""
    check_confirmed(order)
    if order.exchange is not None:
        raise ExchangeOpen(exchange=order.exchange.exchange)
    valid = order.valid()
    for gone in order.tickets.values() if not valid else ():
        name = gone.ref
        raise TicketNotValid(
            performance=name.performance, ordinal=name.ordinal, state=gone.state
        )
    return valid


def split(tickets: list[OrderTicket], *, keep_outside: bool, fee: int) -> Split:
    """Say what goes back for tickets; none returns less than nothing."""
    if fee < 0:
        raise Invalid("A fee cannot be negative.")
    amount = 0
    for ticket in tickets:
        parts = ticket.line.parts
        outside = parts.outside if keep_outside and parts is not None else 0
        amount += max(0, ticket.line.price.minor - outside - fee)
    return Split(amount, sum(t.line.price.minor for t in tickets) - amount)


def needs_approval(order: Order, amount: int, *, most: int | None) -> bool:
    """Tell whether a second person must agree to what is worth `amount` minor units.

    What was done alone before counts: many small parts are as good as all at once.
    """
    return most is not None and amount > 0 and order.alone + amount > most


def check_alone(order: Order, amount: int, *, most: int | None) -> None:
    """Refuse to return `amount` where a second person cannot be asked first."""
    if needs_approval(order, amount, most=most):
        raise SecondPersonNeeded(amount=amount, unapproved_max=most)


def check_exchange(
    order: Order, tickets: list[OrderTicket], places: int, *, is_buyers: bool
) -> None:
    """Refuse an exchange that is one too many, or a refund in its clothes.

    Raises:
        TooFewPlaces: a buyer would be left with fewer tickets and money instead.
    """
    if order.exchanges >= EXCHANGES_MAX:
        raise Refused(f"An order is exchanged at most {EXCHANGES_MAX} times.")
    if is_buyers and places < len(tickets):
        raise TooFewPlaces(tickets=len(tickets), places=places)


def difference(
    tickets: list[OrderTicket], lines: tuple[OrderLine, ...], *, fee: int
) -> Difference:
    """Say what swapping tickets for lines costs, at `fee` minor units a ticket."""
    if fee < 0:
        raise Invalid("A fee cannot be negative.")
    old = sum(ticket.line.price.minor for ticket in tickets)
    fees = fee * len(tickets)
    due = sum(line.price.minor for line in lines) - old + fees
    return Difference(max(0, due), max(0, -due), fees)


def check_void(order: Order, *, now: datetime, window_s: int) -> None:
    """Refuse to void what was confirmed too long ago."""
    since = order.confirmed_at
    if since is None or now > since + timedelta(seconds=window_s):
        raise VoidWindowOver


def open_request(order: Order, request: str) -> ApprovalAsked:
    """Give a request that nobody answered yet."""
    asked = order.requests.get(request)
    if asked is None:
        raise RequestNotOpen(request=request)
    return asked


def approved_request(order: Order, request: str, *, by: str) -> ApprovalAsked:
    """Give a request that `by` may agree to: anybody but who asked."""
    asked = open_request(order, request)
    if asked.by == by:
        raise SamePerson(by=asked.by)
    return asked


def open_offer(order: Order, now: datetime) -> str:
    """Give the hold of the places that are offered, while they are."""
    if order.offer is None or now > order.offer.until:
        raise OfferOver
    return order.offer.hold


def faces(lines: Sequence[OrderLine], currency: str) -> Money:
    """Add up what free tickets would have cost."""
    return Money(sum(line.face for line in lines), currency)

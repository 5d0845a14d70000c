"""What an order remembers: its lines, who may still change them, and what is open."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, assert_never

import msgspec
from msgspec.structs import replace

from boxoffice.domain.decider import Aggregate
from boxoffice.domain.money import Money
from boxoffice.domain.orders.events import (
    AlternativeDeclined,
    AlternativeOffered,
    ApprovalAsked,
    ApprovalDenied,
    ApprovalGiven,
    CompsIssued,
    ExchangeAbandoned,
    ExchangePlaced,
    OrderCancelled,
    OrderConfirmed,
    OrderExpired,
    OrderLine,
    OrderPlaced,
    OrderVoided,
    TicketRef,
    TicketsExchanged,
    TicketsRefunded,
)

Status = Literal["none", "placed", "confirmed", "expired", "cancelled", "voided"]
TicketState = Literal["valid", "refunded", "exchanged", "voided"]
PROCESS = "system:checkout"
"""The house's own process: what it takes back, no person answers for."""


class OrderTicket(msgspec.Struct, frozen=True, gc=False):
    """A ticket that the order has or had, and the hold of `buyer` it came from.

    `chosen_at` is when the buyer agreed to it, which may be long before it was paid.
    """

    line: OrderLine
    hold: str
    buyer: str
    chosen_at: datetime | None
    state: TicketState = "valid"

    @property
    def ref(self) -> TicketRef:
        """Name the ticket."""
        return ref(self.line)


class Order(msgspec.Struct, frozen=True):
    """An order, or nothing yet. `lines` are those wanted, `tickets` those sold."""

    code: str = ""
    status: Status = "none"
    performance: str = ""
    buyer: str = ""
    person: str = ""
    customer: str = ""
    hold: str = ""
    channel: str = "web"
    promotion: str | None = None
    currency: str = ""
    lines: tuple[OrderLine, ...] = ()
    placed_at: datetime | None = None
    pay_by: datetime | None = None
    confirmed_at: datetime | None = None
    tickets: dict[TicketRef, OrderTicket] = {}
    kept: int = 0
    """Minor units that stay with the house though no valid ticket stands for them."""
    exchange: ExchangePlaced | None = None
    exchanged: TicketsExchanged | None = None
    """The last exchange that was done."""
    exchanges: int = 0
    """How many were done."""
    offer: AlternativeOffered | None = None
    requests: dict[str, ApprovalAsked] = {}
    alone: int = 0
    """Minor units that persons of the house returned, each without a second one.

    Tickets that were taken back count with their price, also as far as a fee kept it:
    otherwise one person could take a dear ticket away and return nothing.
    """
    budget: str = ""
    """Of comps."""

    @property
    def total(self) -> Money:
        """What the wanted lines cost."""
        return cost(self.lines, self.currency)

    def valid(self) -> list[OrderTicket]:
        """List the tickets that let somebody in."""
        return [t for t in self.tickets.values() if t.state == "valid"]

    def worth(self) -> int:
        """Give what the house should have of the buyer's money, in minor units."""
        return sum(t.line.price.minor for t in self.valid()) + self.kept


OrderEvent = (
    OrderPlaced
    | OrderConfirmed
    | OrderExpired
    | OrderCancelled
    | OrderVoided
    | TicketsRefunded
    | CompsIssued
    | ApprovalAsked
    | ApprovalGiven
    | ApprovalDenied
    | ExchangePlaced
    | TicketsExchanged
    | ExchangeAbandoned
    | AlternativeOffered
    | AlternativeDeclined
)


def ref(line: OrderLine) -> TicketRef:
    """Name the ticket of a line."""
    return TicketRef(line.performance, line.ordinal)


def cost(lines: Iterable[OrderLine], currency: str) -> Money:
    """Add up what lines cost."""
    return Money(sum(line.price.minor for line in lines), currency)


def evolve_order(state: Order, event: OrderEvent) -> Order:
    """Fold one fact of an order's own stream."""
    match event:
        case OrderPlaced():
            return _placed(event)
        case OrderConfirmed():
            return _confirmed(state, event)
        case OrderExpired():
            return replace(state, status="expired", requests={})
        case OrderCancelled():
            return replace(state, status="cancelled", requests={})
        case OrderVoided():
            ended = _turned(state, event.tickets, "voided")
            return replace(ended, status="voided", kept=0, requests={})
        case TicketsRefunded():
            turned = _turned(state, event.tickets, "refunded")
            kept, alone = state.kept + event.kept.minor, state.alone
            if event.approver is None and _is_of_house(event.by):
                alone += event.amount.minor + event.kept.minor
            return replace(turned, kept=kept, alone=alone)
        case CompsIssued():
            return replace(state, budget=event.budget)
        case _:
            return _evolve_open(state, event)


def _is_of_house(by: str) -> bool:
    """Tell whether an actor is a person of the house, at a desk or at a console."""
    return by != PROCESS and not by.startswith("buyer:")


_Open = (
    ApprovalAsked
    | ApprovalGiven
    | ApprovalDenied
    | ExchangePlaced
    | TicketsExchanged
    | ExchangeAbandoned
    | AlternativeOffered
    | AlternativeDeclined
)


def _evolve_open(state: Order, event: _Open) -> Order:
    match event:
        case ApprovalAsked():
            requests = {**state.requests, event.request: event}
            budget = event.budget or state.budget
            return replace(state, requests=requests, budget=budget)
        case ApprovalGiven() | ApprovalDenied():
            others = {k: v for k, v in state.requests.items() if k != event.request}
            return replace(state, requests=others)
        case ExchangePlaced():
            return replace(state, exchange=event)
        case TicketsExchanged():
            return _exchanged(state, event)
        case ExchangeAbandoned():
            return replace(state, exchange=None)
        case AlternativeOffered():
            return replace(state, offer=event)
        case AlternativeDeclined():
            return replace(state, offer=None)
        case _:
            assert_never(event)


def _placed(event: OrderPlaced) -> Order:
    return Order(
        code=event.order,
        status="placed",
        performance=event.performance,
        buyer=event.buyer,
        person=event.person,
        customer=event.customer,
        hold=event.hold,
        channel=event.channel,
        promotion=event.promotion,
        currency=event.total.currency,
        lines=event.lines,
        placed_at=event.at,
        pay_by=event.pay_by,
    )


def _confirmed(state: Order, event: OrderConfirmed) -> Order:
    """Turn lines into tickets; an offer of others was agreed to just now."""
    chosen_at = event.at if state.offer else state.placed_at or event.at
    return replace(
        state,
        code=event.order,
        status="confirmed",
        performance=event.performance,
        buyer=event.buyer,
        hold=event.hold,
        currency=event.total.currency,
        lines=event.lines,
        confirmed_at=event.at,
        tickets={
            ref(line): OrderTicket(line, event.hold, event.buyer, chosen_at)
            for line in event.lines
        },
        offer=None,
    )


def _turned(state: Order, tickets: tuple[TicketRef, ...], into: TicketState) -> Order:
    """Turn tickets into something else; a wish about one of them is done with."""
    turned = {name: replace(state.tickets[name], state=into) for name in tickets}
    requests = {
        name: wish
        for name, wish in state.requests.items()
        if turned.keys().isdisjoint(wish.tickets)
    }
    return replace(state, tickets=state.tickets | turned, requests=requests)


def _exchanged(state: Order, event: TicketsExchanged) -> Order:
    turned = _turned(state, event.tickets, "exchanged")
    placed_at = state.exchange.at if state.exchange else None
    chosen_at = placed_at or event.at
    new = {
        ref(line): OrderTicket(line, event.hold, event.buyer, chosen_at)
        for line in event.lines
    }
    returned = event.returned.minor if _is_of_house(event.by) else 0
    return replace(
        turned,
        tickets=turned.tickets | new,
        kept=state.kept + event.fee.minor,
        alone=state.alone + returned,
        exchange=None,
        exchanged=event,
        exchanges=state.exchanges + 1,
    )


ORDER = Aggregate(
    "order",
    Order,
    evolve_order,
    (
        OrderPlaced,
        OrderConfirmed,
        OrderExpired,
        OrderCancelled,
        OrderVoided,
        TicketsRefunded,
        CompsIssued,
        ApprovalAsked,
        ApprovalGiven,
        ApprovalDenied,
        ExchangePlaced,
        TicketsExchanged,
        ExchangeAbandoned,
        AlternativeOffered,
        AlternativeDeclined,
    ),
)

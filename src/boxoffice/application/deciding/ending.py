"""How what is open in an order ends without its tickets: nothing stays behind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from boxoffice.application.deciding import places
from boxoffice.application.deciding.draft import Draft
from boxoffice.domain.ids import CustomerId
from boxoffice.domain.money import Money
from boxoffice.domain.orders import decide as orders
from boxoffice.domain.orders.events import (
    AlternativeDeclined,
    ExchangeAbandoned,
    OrderCancelled,
    OrderExpired,
    OrderLine,
)
from boxoffice.domain.orders.state import Order, OrderTicket
from boxoffice.domain.payments import decide as payments
from boxoffice.domain.promotions import comps
from boxoffice.domain.promotions import decide as promotions
from boxoffice.errors import NotFound


def end_unpaid(
    draft: Draft, event: OrderExpired | OrderCancelled, *, now: datetime
) -> None:
    """End a placed order: its places, its discount and its attempts are let go."""
    order = draft.order
    free_hold(draft, order.performance, order.buyer, order.hold, now=now)
    draft.tell(event)
    return_promotion(draft, order)
    if order.channel == "comp":
        return_comps(draft, order, list(order.lines))
    draft.pay(payments.give_up(draft.payment, order=draft.code))


def expired(order: Order) -> OrderExpired:
    """Say that nobody paid in time."""
    return OrderExpired(
        order=order.code, performance=order.performance, hold=order.hold
    )


def free_hold(
    draft: Draft, performance: str, buyer: str, name: str, *, now: datetime
) -> None:
    """Free what a hold of the order still has, if anybody remembers it."""
    try:
        hold = places.hold_of(draft, performance, buyer, name)
    except NotFound:
        return
    places.free(draft, hold, "cancelled", now=now)


def return_promotion(draft: Draft, order: Order) -> None:
    """Put the discount of an order back into the budget of its code."""
    discount = discount_of(order)
    if order.promotion is None:
        return
    draft.add(
        promotions.give_back(
            order.promotion,
            order=order.code,
            customer=CustomerId(order.customer),
            discount=discount,
        )
    )


def end_discount(draft: Draft, lost: Sequence[OrderTicket]) -> None:
    """Put the discount back when the last tickets of an order are `lost`."""
    if len(lost) == len(draft.order.valid()):
        return_promotion(draft, draft.order)


def discount_of(order: Order) -> Money:
    """Add up what a promotion took off an order."""
    return Money(sum(line.discount for line in order.lines), order.currency)


def comps_among(order: Order, tickets: Sequence[OrderTicket]) -> list[OrderLine]:
    """Give the lines of tickets that were free; what they were exchanged for is not."""
    if order.channel != "comp":
        return []
    return [ticket.line for ticket in tickets if ticket.hold == order.hold]


def return_comps(draft: Draft, order: Order, lines: list[OrderLine]) -> None:
    """Put free tickets back into the budget they were drawn from."""
    if not order.budget or not lines:
        return
    draft.add(
        comps.give_back(
            order.budget,
            order=order.code,
            places=len(lines),
            face=orders.faces(lines, order.currency),
        )
    )


def abandon_exchange(draft: Draft, reason: str, *, now: datetime) -> None:
    """Let the new places of an exchange go; the old tickets stay valid."""
    exchange = draft.order.exchange
    if exchange is None:
        return
    free_hold(draft, exchange.performance, exchange.buyer, exchange.hold, now=now)
    draft.tell(
        ExchangeAbandoned(order=draft.code, exchange=exchange.exchange, reason=reason)
    )
    draft.pay(payments.give_up(draft.payment, order=draft.code))


def decline_offer(draft: Draft, *, now: datetime) -> None:
    """Let the places that were offered go and send the money back."""
    order = draft.order
    offer = order.offer
    if offer is None:
        return
    free_hold(draft, offer.performance, offer.buyer, offer.hold, now=now)
    draft.tell(AlternativeDeclined(order=draft.code, hold=offer.hold))
    return_promotion(draft, order)
    payment = draft.payment
    left = payment.captured() - payment.refunded()
    draft.pay(payments.refund(payment, left, order=draft.code))

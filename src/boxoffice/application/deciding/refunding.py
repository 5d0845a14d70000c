"""Roads to giving tickets back: by request, by voiding, because nothing takes place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from boxoffice.application.deciding import comps, ending, places
from boxoffice.application.deciding.draft import Draft
from boxoffice.application.deciding.view import Road, Roads, View
from boxoffice.domain.decider import Decision
from boxoffice.domain.ids import Family, family, order_family
from boxoffice.domain.inventory.events import ReturnReason
from boxoffice.domain.money import Money
from boxoffice.domain.orders import decide as orders
from boxoffice.domain.orders.commands import (
    ApproveRequest,
    DenyRequest,
    EndForPerformance,
    RefundTickets,
    VoidOrder,
)
from boxoffice.domain.orders.events import (
    ApprovalAsked,
    ApprovalDenied,
    ApprovalGiven,
    OrderCancelled,
    OrderVoided,
    TicketsRefunded,
)
from boxoffice.domain.orders.state import PROCESS, OrderTicket
from boxoffice.domain.payments import decide as payments
from boxoffice.errors import (
    AlreadyExists,
    PaymentOpen,
    RefundNotAllowed,
    VoidWindowOver,
)


def refund_tickets(view: View, command: RefundTickets) -> Decision:
    """Decide on tickets that are given back, or on asking a second person first."""
    draft = Draft(view, command.order)
    order = orders.own_order(draft.order, command.buyer)
    tickets = orders.valid_tickets(order, command.tickets)
    payments.check_settled(draft.payment)
    if command.buyer is not None:
        _check_moved(draft, tickets, command.now)
        share = orders.split(tickets, keep_outside=False, fee=0)
    else:
        share = orders.split(
            tickets, keep_outside=command.keep_outside, fee=command.fee
        )
    refunded = TicketsRefunded(
        order=command.order,
        tickets=command.tickets,
        amount=Money(share.amount, order.currency),
        kept=Money(share.kept, order.currency),
        cause=command.cause,
        by=command.by,
        note=command.note,
    )
    cost = share.amount + share.kept
    if orders.needs_approval(order, cost, most=command.unapproved_max):
        _ask(draft, refunded, request=command.request)
    else:
        _give_back(draft, tickets, refunded, now=command.now)
    return draft.decision


def _check_moved(draft: Draft, tickets: list[OrderTicket], now: datetime) -> None:
    for ticket in tickets:
        performance = draft.performance(ticket.line.performance)
        if not performance.takes_back(now, bought_at=ticket.chosen_at):
            raise RefundNotAllowed


def _ask(draft: Draft, wanted: TicketsRefunded, *, request: str) -> None:
    for open_ in draft.order.requests.values():
        if not set(open_.tickets).isdisjoint(wanted.tickets):
            raise AlreadyExists(
                "A request for these tickets waits already; answer it first.",
                request=open_.request,
            )
    asked = ApprovalAsked(
        order=wanted.order,
        request=request,
        kind="refund",
        amount=wanted.amount,
        by=wanted.by,
        note=wanted.note,
        tickets=wanted.tickets,
        kept=wanted.kept,
    )
    draft.tell(asked)


def _give_back(
    draft: Draft,
    tickets: Sequence[OrderTicket],
    refunded: TicketsRefunded,
    *,
    now: datetime,
) -> None:
    _return(draft, tickets, "refunded", now=now)
    draft.tell(refunded)
    money = payments.refund(draft.payment, refunded.amount.minor, order=draft.code)
    draft.pay(money)


def _return(
    draft: Draft,
    tickets: Sequence[OrderTicket],
    reason: ReturnReason,
    *,
    now: datetime,
) -> None:
    order = draft.order
    places.take_back(draft, tickets, reason, now=now)
    ending.end_discount(draft, tickets)
    ending.return_comps(draft, order, ending.comps_among(order, tickets))


def void_order(view: View, command: VoidOrder) -> Decision:
    """Decide on undoing a whole order, soon after it was confirmed."""
    draft = Draft(view, command.order)
    order = orders.own_order(draft.order, None)
    tickets = orders.all_tickets(order)
    orders.check_void(order, now=command.now, window_s=command.window_s)
    for of in {ticket.line.performance for ticket in tickets}:
        if draft.performance(of).has_begun(command.now):
            raise VoidWindowOver
    orders.check_alone(order, order.worth(), most=command.unapproved_max)
    _return(draft, tickets, "voided", now=command.now)
    draft.tell(
        OrderVoided(
            order=command.order,
            tickets=tuple(ticket.ref for ticket in tickets),
            by=command.by,
            note=command.note,
        )
    )
    payment = draft.payment
    left = payment.captured() - payment.refunded()
    draft.pay(payments.give_up(payment, order=draft.code))
    draft.pay(payments.refund(payment, left, order=draft.code))
    return draft.decision


def approve_request(view: View, command: ApproveRequest) -> Decision:
    """Decide on what a second person agreed to; it happens as it was asked for."""
    draft = Draft(view, command.order)
    order = orders.own_order(draft.order, None)
    asked = orders.approved_request(order, command.request, by=command.by)
    given = ApprovalGiven(order=command.order, request=command.request, by=command.by)
    if asked.kind == "comps":
        draft.tell(given)
        comps.approve(draft, asked, by=command.by, now=command.now)
        return draft.decision
    tickets = orders.valid_tickets(order, asked.tickets)
    payments.check_settled(draft.payment)
    draft.tell(given)
    refunded = TicketsRefunded(
        order=command.order,
        tickets=asked.tickets,
        amount=asked.amount,
        kept=asked.kept or Money(0, order.currency),
        cause="request",
        by=asked.by,
        note=asked.note,
        approver=command.by,
    )
    _give_back(draft, tickets, refunded, now=command.now)
    return draft.decision


def deny_request(view: View, command: DenyRequest) -> Decision:
    """Decide on a no, or on a wish that is taken back."""
    draft = Draft(view, command.order)
    order = orders.own_order(draft.order, None)
    asked = orders.open_request(order, command.request)
    denied = ApprovalDenied(
        order=command.order,
        request=command.request,
        by=command.by,
        note=command.note,
    )
    draft.tell(denied)
    if asked.kind == "comps" and order.status == "placed":
        event = OrderCancelled(
            order=order.code,
            performance=order.performance,
            hold=order.hold,
            reason="denied",
            by=command.by,
            note=command.note,
        )
        ending.end_unpaid(draft, event, now=command.now)
    return draft.decision


def end_for_performance(view: View, command: EndForPerformance) -> Decision:
    """Decide on the end of what an order has at a performance that was cancelled."""
    draft = Draft(view, command.order)
    order = orders.own_order(draft.order, None)
    of, now = command.performance, command.now
    if not draft.performance(of).cancelled:
        return []
    if order.offer is not None and order.offer.performance == of:
        ending.decline_offer(draft, now=now)
    if order.exchange is not None and of in {
        order.exchange.performance,
        *(ticket.performance for ticket in order.exchange.tickets),
    }:
        ending.abandon_exchange(draft, "performance cancelled", now=now)
    if order.status == "placed" and order.performance == of:
        event = OrderCancelled(
            order=order.code,
            performance=of,
            hold=order.hold,
            reason="performance",
            by=PROCESS,
        )
        ending.end_unpaid(draft, event, now=now)
    _end_tickets(draft, of, now)
    return draft.decision


def _end_tickets(draft: Draft, performance: str, now: datetime) -> None:
    """Take tickets back in full; money only promised is given up with the last one."""
    order = draft.order
    lost = [t for t in order.valid() if t.line.performance == performance]
    if not lost:
        return
    _return(draft, lost, "cancelled", now=now)
    amount, kept = sum(ticket.line.price.minor for ticket in lost), 0
    payment = draft.payment
    if len(lost) == len(order.valid()):
        left = payment.captured() - payment.refunded() - order.kept
        amount, kept = max(0, min(amount, left)), min(0, left)
        draft.pay(payments.give_up(payment, order=draft.code))
    elif payment.promised():
        # What the tickets were exchanged for is not paid yet, and may never be.
        raise PaymentOpen
    draft.tell(
        TicketsRefunded(
            order=order.code,
            tickets=tuple(ticket.ref for ticket in lost),
            amount=Money(amount, order.currency),
            kept=Money(kept, order.currency),
            cause="performance",
            by=PROCESS,
            note="",
        )
    )
    draft.pay(payments.refund(payment, amount, order=draft.code))


_OfOrder = RefundTickets | VoidOrder | ApproveRequest | DenyRequest | EndForPerformance


def _houses(command: _OfOrder) -> tuple[Family, ...]:
    return (family(command.performance),)


def _orders(command: _OfOrder) -> tuple[Family, ...]:
    return (order_family(command.order),)


ROADS: Roads = {
    RefundTickets: Road(refund_tickets, _houses, _orders),
    VoidOrder: Road(void_order, _houses, _orders),
    ApproveRequest: Road(approve_request, _houses, _orders),
    DenyRequest: Road(deny_request, _houses, _orders),
    EndForPerformance: Road(end_for_performance, _houses, _orders),
}

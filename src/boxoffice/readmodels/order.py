"""Orders with their lines, their money and what happened to them.

One document per order, from the order's own stream and that of its payment; its key is
the hexadecimal family of both. Bounds: see order_document.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeGuard, assert_never, get_args

from msgspec.structs import replace

from boxoffice.domain.events import OrderEvent, PaymentEvent
from boxoffice.domain.message import Event, Fact
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
    OrderPlaced,
    OrderVoided,
    TicketRef,
    TicketsExchanged,
    TicketsRefunded,
)
from boxoffice.readmodels.keys import by_order
from boxoffice.readmodels.model import ReadModel, misfit
from boxoffice.readmodels.order_document import (
    LINES_MAX,
    REQUESTS_MAX,
    TEXT_MAX,
    LineState,
    OrderDocument,
    ShownComps,
    ShownExchange,
    ShownOffer,
    ShownRequest,
    Status,
    shown,
)
from boxoffice.readmodels.order_lines import added, all_became, became, bounded
from boxoffice.readmodels.order_payment import paid
from boxoffice.readmodels.order_timeline import told

_ORDER_EVENTS: frozenset[type[Event]] = frozenset(get_args(OrderEvent))
_PAYMENT_EVENTS: frozenset[type[Event]] = frozenset(get_args(PaymentEvent))


def begins(event: Event) -> bool:
    """Tell whether this is an order's first fact."""
    return isinstance(event, OrderPlaced)


def fold(document: OrderDocument | None, facts: Sequence[Fact]) -> OrderDocument:
    """Show what happened to one order."""
    news = facts
    if document is None:
        document, news = _placed(facts[0]), facts[1:]
    for fact in news:
        try:
            document = _folded(document, fact)
        except LookupError:
            raise misfit(fact, "its order does not know what it is about") from None
    return told(document, facts)


def _folded(document: OrderDocument, fact: Fact) -> OrderDocument:
    event = fact.event
    if _is_payment(event):
        return paid(document, event)
    if _is_order(event):
        return _ordered(document, event, fact)
    raise LookupError


def _is_payment(event: Event) -> TypeGuard[PaymentEvent]:
    """Look the type up: trying them one by one costs more than the fold."""
    return type(event) in _PAYMENT_EVENTS


def _is_order(event: Event) -> TypeGuard[OrderEvent]:
    return type(event) in _ORDER_EVENTS


def _placed(fact: Fact) -> OrderDocument:
    event = fact.event
    if not isinstance(event, OrderPlaced):
        raise misfit(fact, "its order was never placed")
    lines, left_out = bounded(tuple(shown(line, "wanted") for line in event.lines))
    return OrderDocument(
        order=event.order,
        number=fact.position,
        performance=event.performance,
        performances=(event.performance,),
        buyer=event.buyer,
        person=event.person,
        hold=event.hold,
        channel=event.channel,
        status="placed",
        currency=event.total.currency,
        rounding=event.rounding,
        lines=lines,
        total=event.total.minor,
        placed_at=fact.recorded_at,
        pay_by=event.pay_by,
        position=fact.position,
        promotion=event.promotion,
        lines_left_out=left_out,
    )


def _ordered(document: OrderDocument, event: OrderEvent, fact: Fact) -> OrderDocument:
    at = fact.recorded_at
    match event:
        case OrderPlaced():
            raise LookupError
        case OrderConfirmed():
            return _confirmed(document, event, fact)
        case OrderExpired():
            ended = _ended(document, "expired", at)
            return all_became(ended, "wanted", "ended")
        case OrderCancelled():
            ended = _ended(document, "cancelled", at)
            return all_became(ended, "wanted", "ended")
        case OrderVoided():
            ended = replace(_ended(document, "voided", at), kept=0)
            return became(ended, event.tickets, "voided")
        case TicketsRefunded():
            kept = document.kept + event.kept.minor
            return _gone(replace(document, kept=kept), event.tickets, "refunded")
        case CompsIssued():
            return replace(document, comps=_comps(event))
        case _:
            return _opened(document, event)


def _ended(document: OrderDocument, status: Status, at: datetime) -> OrderDocument:
    """End an order; what was asked about it needs no answer any more."""
    return replace(document, status=status, ended_at=at, requests=(), waiting=False)


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


def _opened(document: OrderDocument, event: _Open) -> OrderDocument:
    match event:
        case ApprovalAsked():
            requests = (*document.requests, _request(event))[-REQUESTS_MAX:]
            return replace(document, requests=requests, waiting=True)
        case ApprovalGiven() | ApprovalDenied():
            left = tuple(r for r in document.requests if r.request != event.request)
            return replace(document, requests=left, waiting=bool(left))
        case ExchangePlaced():
            return replace(document, exchange=_exchange(event))
        case TicketsExchanged():
            return _exchanged(document, event)
        case ExchangeAbandoned():
            return replace(document, exchange=None)
        case AlternativeOffered():
            lines, _ = bounded(tuple(shown(line, "wanted") for line in event.lines))
            offer = ShownOffer(event.hold, lines, event.until)
            return replace(document, offer=offer)
        case AlternativeDeclined():
            return replace(document, offer=None)
        case _:
            assert_never(event)


def _confirmed(
    document: OrderDocument, event: OrderConfirmed, fact: Fact
) -> OrderDocument:
    bare = replace(document, lines=(), performances=(event.performance,))
    return replace(
        added(bare, event.lines),
        status="confirmed",
        hold=event.hold,
        total=event.total.minor,
        confirmed_at=fact.recorded_at,
        confirmed_position=fact.position,
        ended_at=None,
        offer=None,
    )


def _exchanged(document: OrderDocument, event: TicketsExchanged) -> OrderDocument:
    turned = added(_gone(document, event.tickets, "exchanged"), event.lines)
    valid = sum(line.price for line in turned.lines if line.state == "valid")
    kept = document.kept + event.fee.minor
    return replace(turned, total=valid, kept=kept, exchange=None)


def _gone(
    document: OrderDocument, tickets: tuple[TicketRef, ...], state: LineState
) -> OrderDocument:
    """Turn tickets into something else; a wish about one of them is done with."""
    left = tuple(r for r in document.requests if set(tickets).isdisjoint(r.tickets))
    turned = became(document, tickets, state)
    return replace(turned, requests=left, waiting=bool(left))


def _exchange(event: ExchangePlaced) -> ShownExchange:
    lines, _ = bounded(tuple(shown(line, "wanted") for line in event.lines))
    return ShownExchange(
        exchange=event.exchange,
        performance=event.performance,
        hold=event.hold,
        tickets=event.tickets[:LINES_MAX],
        lines=lines,
        due=event.due.minor,
        fee=event.fee.minor,
        pay_by=event.pay_by,
        by=event.by,
    )


def _request(event: ApprovalAsked) -> ShownRequest:
    return ShownRequest(
        request=event.request,
        kind=event.kind,
        amount=event.amount.minor,
        by=event.by,
        note=event.note[:TEXT_MAX],
        tickets=event.tickets[:LINES_MAX],
        kept=event.kept.minor if event.kept else 0,
        host=event.host[:TEXT_MAX],
        budget=event.budget[:TEXT_MAX],
    )


def _comps(event: CompsIssued) -> ShownComps:
    return ShownComps(
        host=event.host[:TEXT_MAX],
        reason=event.reason[:TEXT_MAX],
        budget=event.budget[:TEXT_MAX],
        face=event.face.minor,
        by=event.by,
        approver=event.approver,
        tax_owed=event.tax_owed,
    )


ORDER = ReadModel(
    name="order",
    family="order",
    sink="documents",
    document=OrderDocument,
    grouped=by_order,
    begins=begins,
    fold=fold,
    indexes=(
        ("performances", "number"),
        ("performances", "status", "number"),
        ("status", "number"),
        ("waiting", "number"),
        ("owed", "number"),
    ),
)

"""Orders as answers show them, made from the facts of the log alone.

The same facts give the same bytes, so a repeated request gets its first answer again.
Who people are is not in the facts: it is opened from the vault for the order's owner
and for staff.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal

import msgspec
from msgspec.structs import asdict

from boxoffice.application.ports.vault import Particulars
from boxoffice.domain.ids import PersonId
from boxoffice.domain.message import Fact
from boxoffice.domain.orders.events import Channel, OrderLine
from boxoffice.domain.orders.state import ORDER
from boxoffice.domain.payments.events import Purpose
from boxoffice.domain.payments.state import PAYMENT
from boxoffice.domain.pricing_parts import PriceParts
from boxoffice.readmodels.order import fold
from boxoffice.readmodels.order_document import (
    AttemptState,
    LineState,
    OrderDocument,
    RefundState,
    ShownAttempt,
    ShownLine,
    ShownRefund,
    Status,
)
from boxoffice_api.amounts import MoneyView, money
from boxoffice_api.authority_views import (
    CompsView,
    RequestView,
    TicketView,
    comps_of,
    requests_of,
)

Token = Callable[[int], str]
WaitsFor = Literal["house", "buyer", "money", "choice", "approval", "refund"]
OPEN_ATTEMPTS = ("requested", "buyer", "money", "authorised")
_OF_ORDER = (*ORDER.events, *PAYMENT.events)

encode = msgspec.json.Encoder().encode


class OperationView(msgspec.Struct, frozen=True):
    """What an order waits for: follow `href` until `status` is not `pending` any more.

    `house`: we are at it. `buyer`: pay, at `action_url` if there is one. `money`: the
    provider waits for it. `choice`: take or decline the other places that are offered.
    `approval`: a second member of staff must agree. `refund`: money is on its way back.
    """

    status: Literal["pending", "succeeded", "failed"]
    href: str
    waits_for: WaitsFor | None = None
    action_url: str | None = None


class PartsView(msgspec.Struct, frozen=True):
    """What a price is made of, in minor units.

    `inside` are fees contained in the base price, `outside` fees on top of it; `tax`
    is all tax, `tax_added` the part of it that came on top.
    """

    base: int
    inside: int
    outside: int
    tax: int
    tax_added: int


class LineView(msgspec.Struct, frozen=True):
    """A ticket that an order wants, has or had; `price` is what is paid for it."""

    performance: str
    place: int
    label: str
    section: int
    category: int
    type: str
    price: MoneyView
    discount: MoneyView
    state: LineState
    parts: PartsView | None


class QuotedLine(msgspec.Struct, frozen=True):
    """A ticket that an order would have; `price` is what would be paid for it."""

    place: int
    label: str
    category: int
    type: str
    price: MoneyView
    discount: MoneyView
    parts: PartsView | None


class PaymentView(msgspec.Struct, frozen=True):
    """A try to pay; `reason` is the provider's word for why it failed."""

    purpose: Purpose
    method: str
    state: AttemptState
    amount: MoneyView
    reason: str


class RefundView(msgspec.Struct, frozen=True):
    """Money on its way back to where it came from.

    `failed`: no bank takes it, and the house owes it; `settled`: it was given back by
    hand. `paid_out_by` says to have done so, and waits for a second person.
    """

    refund: str
    amount: MoneyView
    state: RefundState
    reason: str | None = None
    paid_out_by: str | None = None


class ExchangeView(msgspec.Struct, frozen=True):
    """An exchange that waits for its money until `pay_by`."""

    tickets: list[TicketView]
    lines: list[LineView]
    due: MoneyView
    fee: MoneyView
    pay_by: datetime


class AlternativeView(msgspec.Struct, frozen=True):
    """Other places that are kept until `until`, because the money came too late."""

    lines: list[LineView]
    until: datetime


class ParticularsView(msgspec.Struct, frozen=True):
    """Whom the order is for."""

    name: str
    email: str


class OrderView(msgspec.Struct, frozen=True):
    """An order as it is now. `total` is what it costs, `paid` what was captured.

    `refunding` is on its way back and `refunded` is back; `kept` stays with the house
    although no ticket stands for it.
    """

    order: str
    performance: str
    hold: str
    status: Status
    channel: Channel
    operation: OperationView
    lines: list[LineView]
    total: MoneyView
    paid: MoneyView
    refunding: MoneyView
    refunded: MoneyView
    kept: MoneyView
    placed_at: datetime
    pay_by: datetime
    confirmed_at: datetime | None
    ended_at: datetime | None
    promotion: str | None
    payment: PaymentView | None
    refunds: list[RefundView]
    exchange: ExchangeView | None
    alternative: AlternativeView | None
    token: str
    particulars: ParticularsView | None = None
    requests: list[RequestView] | None = None
    comps: CompsView | None = None


class OrderChangeView(msgspec.Struct, frozen=True):
    """What was asked of an order was taken up; the order shows what became of it.

    `request` names a wish that another member of staff must agree to.
    """

    order: str
    operation: OperationView
    request: str | None
    token: str


def order_document(facts: Sequence[Fact]) -> OrderDocument:
    """Fold the facts of an order and its payment; others are passed over."""
    return fold(None, [f for f in facts if isinstance(f.event, _OF_ORDER)])


def order_view(
    document: OrderDocument,
    token: Token,
    *,
    people: Mapping[PersonId, Particulars] | None = None,
    staff: Mapping[str, str] | None = None,
) -> OrderView:
    """Show an order to its owner, or to staff, who learn which `staff` did what.

    `people` are those whom the order names.
    """
    known = people or {}
    return OrderView(
        order=document.order,
        performance=document.performance,
        hold=document.hold,
        status=document.status,
        channel=document.channel,
        operation=operation_of(document),
        lines=[_line(document, line) for line in document.lines],
        total=_money(document, document.total),
        paid=_money(document, document.paid),
        refunding=_money(document, document.refunding),
        refunded=_money(document, document.refunded),
        kept=_money(document, document.kept),
        placed_at=document.placed_at.astimezone(UTC),
        pay_by=document.pay_by,
        confirmed_at=_utc(document.confirmed_at),
        ended_at=_utc(document.ended_at),
        promotion=document.promotion,
        payment=_payment(document),
        refunds=[_refund(document, one, staff) for one in document.refunds],
        exchange=_exchange(document),
        alternative=_alternative(document),
        token=token(document.position),
        particulars=_particulars(known.get(PersonId(document.person))),
        requests=None if staff is None else requests_of(document, staff),
        comps=None if staff is None else comps_of(document, known, staff),
    )


def _refund(
    document: OrderDocument, shown: ShownRefund, staff: Mapping[str, str] | None
) -> RefundView:
    view = RefundView(shown.refund, _money(document, shown.amount), shown.state)
    if staff is None:
        return view
    paid_out_by = staff.get(shown.paid_out_by, shown.paid_out_by)
    return msgspec.structs.replace(
        view, reason=shown.reason, paid_out_by=paid_out_by or None
    )


def operation_of(document: OrderDocument) -> OperationView:
    """Tell what an order waits for."""
    href = f"/v1/orders/{document.order}/operation"
    waits_for = _waits_for(document)
    if waits_for is not None:
        newest = document.payment
        url = newest.action_url if newest is not None and waits_for == "buyer" else ""
        return OperationView("pending", href, waits_for, url or None)
    is_lost = document.status in ("expired", "cancelled")
    return OperationView("failed" if is_lost else "succeeded", href)


def quoted_line(line: OrderLine) -> QuotedLine:
    """Show a ticket that nobody has ordered yet."""
    return QuotedLine(
        place=line.ordinal,
        label=line.label,
        category=line.category,
        type=line.price_type,
        price=money(line.price),
        discount=MoneyView(line.discount, line.price.currency),
        parts=_parts(line.parts),
    )


def _waits_for(document: OrderDocument) -> WaitsFor | None:
    if document.offer is not None:
        return "choice"
    if document.waiting:
        return "approval"
    if document.status == "placed" or document.exchange is not None:
        return _payer(document.payment)
    if any(refund.state == "requested" for refund in document.refunds):
        return "refund"
    return None


def _payer(newest: ShownAttempt | None) -> WaitsFor:
    """Tell who has to do something about the newest try to pay."""
    if newest is None or newest.state not in OPEN_ATTEMPTS:
        return "buyer"
    if newest.state in ("requested", "authorised"):
        return "house"
    return "buyer" if newest.state == "buyer" else "money"


def _line(document: OrderDocument, line: ShownLine) -> LineView:
    return LineView(
        performance=line.performance,
        place=line.ordinal,
        label=line.label,
        section=line.section,
        category=line.category,
        type=line.price_type,
        price=_money(document, line.price),
        discount=_money(document, line.discount),
        state=line.state,
        parts=_parts(line.parts),
    )


def _parts(parts: PriceParts | None) -> PartsView | None:
    if parts is None:
        return None
    return PartsView(**asdict(parts))


def _payment(document: OrderDocument) -> PaymentView | None:
    newest = document.payment
    if newest is None:
        return None
    return PaymentView(
        purpose=newest.purpose,
        method=newest.method,
        state=newest.state,
        amount=_money(document, newest.amount),
        reason=newest.reason,
    )


def _exchange(document: OrderDocument) -> ExchangeView | None:
    exchange = document.exchange
    if exchange is None:
        return None
    return ExchangeView(
        tickets=[TicketView(t.performance, t.ordinal) for t in exchange.tickets],
        lines=[_line(document, line) for line in exchange.lines],
        due=_money(document, exchange.due),
        fee=_money(document, exchange.fee),
        pay_by=exchange.pay_by,
    )


def _alternative(document: OrderDocument) -> AlternativeView | None:
    offer = document.offer
    if offer is None:
        return None
    lines = [_line(document, line) for line in offer.lines]
    return AlternativeView(lines, offer.until)


def _particulars(known: Particulars | None) -> ParticularsView | None:
    return None if known is None else ParticularsView(known.name, known.email)


def _money(document: OrderDocument, minor: int) -> MoneyView:
    return MoneyView(minor, document.currency)


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)

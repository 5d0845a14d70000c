"""What is shown of an order: one document per order, for its buyer and for staff.

People appear by the ids under which the vault knows them, never by name. Amounts are
minor units of the order's one currency. Everything that can grow is cut: the oldest
ended lines and entries of the timeline go first and are counted, so that a document
stays under 256 KB whatever happens to its order.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from boxoffice.domain.orders.events import Channel, OrderLine, TicketRef
from boxoffice.domain.payments.events import Purpose
from boxoffice.domain.pricing_parts import PriceParts

LINES_MAX = 128
ATTEMPTS_MAX = 8
REFUNDS_MAX = 32
REQUESTS_MAX = 8
TIMELINE_MAX = 64
TEXT_MAX = 120
"""Letters of a note, a reason or a reference."""
URL_MAX = 2_048
"""A longer address is not shown: half of one leads nowhere."""

Status = Literal["placed", "confirmed", "expired", "cancelled", "voided"]
LineState = Literal["wanted", "valid", "refunded", "exchanged", "voided", "ended"]
"""Wanted: not sold yet. Ended: never sold, because its order ended before."""
AttemptState = Literal[
    "requested", "buyer", "money", "authorised", "captured", "failed", "given-up"
]
"""`buyer` and `money` are whom the provider waits for."""
RefundState = Literal["requested", "completed", "failed", "replaced", "settled"]
"""`settled`: given back by hand. `failed`: the house owes it."""


class ShownLine(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A ticket that an order wants, has or had."""

    performance: str
    ordinal: int
    section: int
    category: int
    label: str
    price: int
    price_type: str
    state: LineState = "wanted"
    discount: int = 0
    price_list: int = 0
    parts: PriceParts | None = None

    @property
    def ref(self) -> TicketRef:
        """Name the ticket."""
        return TicketRef(self.performance, self.ordinal)


class ShownAttempt(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A try to pay; `reason` says why it failed."""

    attempt: str
    amount: int
    method: str
    state: AttemptState = "requested"
    purpose: Purpose = "order"
    provider: str = ""
    reference: str = ""
    action_url: str = ""
    reason: str = ""


class ShownRefund(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Money on its way back; `paid_out_by` says to have given it back by hand."""

    refund: str
    attempt: str
    amount: int
    state: RefundState = "requested"
    reason: str = ""
    paid_out_by: str = ""


class ShownExchange(msgspec.Struct, frozen=True, gc=False):
    """An exchange that waits for its money."""

    exchange: str
    performance: str
    hold: str
    tickets: tuple[TicketRef, ...]
    lines: tuple[ShownLine, ...]
    due: int
    fee: int
    pay_by: datetime
    by: str


class ShownOffer(msgspec.Struct, frozen=True, gc=False):
    """Other places that are kept for late money."""

    hold: str
    lines: tuple[ShownLine, ...]
    until: datetime


class ShownRequest(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What one person wants and a second one must agree to."""

    request: str
    kind: Literal["refund", "comps"]
    amount: int
    by: str
    note: str
    tickets: tuple[TicketRef, ...] = ()
    kept: int = 0
    host: str = ""
    budget: str = ""


class ShownComps(msgspec.Struct, frozen=True, gc=False):
    """By whose authority tickets were free; `face` is what they would have cost.

    `tax_owed` is the tax on that which the house owes.
    """

    host: str
    reason: str
    budget: str
    face: int
    by: str
    approver: str | None = None
    tax_owed: int = 0


class Entry(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Something that happened: `what` is the event's tag without its version."""

    position: int
    at: datetime
    what: str
    amount: int | None = None
    by: str = ""
    approver: str = ""
    note: str = ""


class OrderDocument(msgspec.Struct, frozen=True, gc=False):
    """An order as it is now.

    `number` is the position at which it was placed, so orders are listed by it.
    `performances` are those of all its lines. `total` is what was last confirmed;
    `paid` what was captured, `refunding` what goes back, `refunded` what is back,
    `kept` what stays with the house although no ticket stands for it. `waiting` tells
    whether a request is open, `owed` whether a refund failed for good.
    """

    order: str
    number: int
    performance: str
    performances: tuple[str, ...]
    buyer: str
    person: str
    hold: str
    channel: Channel
    status: Status
    currency: str
    rounding: str
    lines: tuple[ShownLine, ...]
    total: int
    placed_at: datetime
    pay_by: datetime
    position: int
    promotion: str | None = None
    paid: int = 0
    refunding: int = 0
    refunded: int = 0
    kept: int = 0
    confirmed_at: datetime | None = None
    confirmed_position: int | None = None
    ended_at: datetime | None = None
    attempts: tuple[ShownAttempt, ...] = ()
    refunds: tuple[ShownRefund, ...] = ()
    exchange: ShownExchange | None = None
    offer: ShownOffer | None = None
    waiting: bool = False
    owed: bool = False
    requests: tuple[ShownRequest, ...] = ()
    comps: ShownComps | None = None
    timeline: tuple[Entry, ...] = ()
    lines_left_out: int = 0
    entries_left_out: int = 0

    @property
    def payment(self) -> ShownAttempt | None:
        """The try to pay that counts: the newest."""
        return self.attempts[-1] if self.attempts else None

    @property
    def failed_refunds(self) -> tuple[ShownRefund, ...]:
        """Give the refunds that failed for good: the house owes them."""
        return tuple(one for one in self.refunds if one.state == "failed")


def shown(line: OrderLine, state: LineState) -> ShownLine:
    """Give a line as it is shown."""
    return ShownLine(
        performance=line.performance,
        ordinal=line.ordinal,
        section=line.section,
        category=line.category,
        label=line.label,
        price=line.price.minor,
        price_type=line.price_type,
        state=state,
        discount=line.discount,
        price_list=line.price_list,
        parts=line.parts,
    )

"""Facts about orders. People appear by the id under which the vault knows them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from boxoffice.domain.message import Event
from boxoffice.domain.money import Money
from boxoffice.domain.pricing_parts import PriceParts

Channel = Literal["web", "window", "comp"]
CancelReason = Literal["buyer", "staff", "performance", "denied"]
RefundCause = Literal[
    "request", "void", "performance", "late", "exchange", "dispute", "unpaid"
]
"""`unpaid`: the provider did not pay what it had promised."""


class OrderLine(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One ticket of an order, with its frozen all-in price.

    `price` is what is paid for it, `discount` what a promotion took off; `parts` is
    what `price` is made of. A place at a performance is in an order at most once.
    What is given away costs nothing: `face` is what it would have cost, `tax_owed` the
    tax on that which the house owes, in minor units.
    """

    performance: str
    ordinal: int
    section: int
    category: int
    label: str
    price: Money
    price_type: str = "adult"
    price_list: int = 0
    discount: int = 0
    parts: PriceParts | None = None
    face: int = 0
    tax_owed: int = 0


class TicketRef(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A place at a performance."""

    performance: str
    ordinal: int


class OrderPlaced(Event, frozen=True, kw_only=True, tag="order-placed.v1"):
    """A buyer wants the places of a hold and may pay for them until `pay_by`.

    `rounding` is that of the price lists of its lines, or `mixed`: then the list that a
    line names says how it was rounded. `at` is when it was decided.
    """

    order: str
    performance: str
    buyer: str
    person: str
    customer: str
    hold: str
    lines: tuple[OrderLine, ...]
    total: Money
    rounding: str
    pay_by: datetime
    channel: Channel
    promotion: str | None = None
    at: datetime | None = None


class OrderConfirmed(Event, frozen=True, kw_only=True, tag="order-confirmed.v1"):
    """The places are the buyer's: paid for, promised by the provider, or free.

    `lines` differ from those placed when the buyer took others for late money, and
    `hold` when the places were taken anew for it. `at` is when it was decided.
    """

    order: str
    performance: str
    buyer: str
    hold: str
    lines: tuple[OrderLine, ...]
    total: Money
    at: datetime | None = None


class OrderExpired(Event, frozen=True, kw_only=True, tag="order-expired.v1"):
    """Nobody paid in time; the places are free again."""

    order: str
    performance: str
    hold: str


class OrderCancelled(Event, frozen=True, kw_only=True, tag="order-cancelled.v1"):
    """The order was ended before it was confirmed; the places are free again."""

    order: str
    performance: str
    hold: str
    reason: CancelReason
    by: str
    note: str = ""


class OrderVoided(Event, frozen=True, kw_only=True, tag="order-voided.v1"):
    """A confirmed order was undone as if it had never been.

    All money goes back, also what was kept before.
    """

    order: str
    tickets: tuple[TicketRef, ...]
    by: str
    note: str


class TicketsRefunded(Event, frozen=True, kw_only=True, tag="tickets-refunded.v1"):
    """Tickets were given back: `amount` is returned, `kept` stays with the house.

    `approver` is the second of four eyes, where the house asks for them. A negative
    `kept` gives up fees that were kept before.
    """

    order: str
    tickets: tuple[TicketRef, ...]
    amount: Money
    kept: Money
    cause: RefundCause
    by: str
    note: str
    approver: str | None = None


class CompsIssued(Event, frozen=True, kw_only=True, tag="comps-issued.v1"):
    """The tickets of this order are free: `host` invites, by authority of `by`.

    They would have cost `face`; the house owes `tax_owed` minor units of tax on that.
    """

    order: str
    host: str
    reason: str
    budget: str
    face: Money
    by: str
    approver: str | None = None
    tax_owed: int = 0


class ApprovalAsked(Event, frozen=True, kw_only=True, tag="approval-asked.v1"):
    """What `by` wants is above the limit for one person; another one must agree.

    For a refund `tickets`, `amount` and `kept` say what would be done, for comps
    `host`, the id of who invites, and `budget`.
    """

    order: str
    request: str
    kind: Literal["refund", "comps"]
    amount: Money
    by: str
    note: str
    tickets: tuple[TicketRef, ...] = ()
    kept: Money | None = None
    host: str = ""
    budget: str = ""


class ApprovalGiven(Event, frozen=True, kw_only=True, tag="approval-given.v1"):
    """A second person agreed; what was asked for happens in the same append."""

    order: str
    request: str
    by: str


class ApprovalDenied(Event, frozen=True, kw_only=True, tag="approval-denied.v1"):
    """A second person said no, or the first took it back."""

    order: str
    request: str
    by: str
    note: str


class ExchangePlaced(Event, frozen=True, kw_only=True, tag="exchange-placed.v1"):
    """Tickets shall be swapped for the places of a hold, once `due` is paid.

    `at` is when it was decided.
    """

    order: str
    exchange: str
    tickets: tuple[TicketRef, ...]
    performance: str
    buyer: str
    hold: str
    lines: tuple[OrderLine, ...]
    due: Money
    fee: Money
    pay_by: datetime
    by: str
    at: datetime | None = None


class TicketsExchanged(Event, frozen=True, kw_only=True, tag="tickets-exchanged.v1"):
    """The tickets are the house's again and `lines` are the buyer's.

    `lines` come from `hold` of `buyer`. `returned` goes back to the buyer; `fee` stays
    with the house. `at` is when it was decided.
    """

    order: str
    exchange: str
    tickets: tuple[TicketRef, ...]
    buyer: str
    hold: str
    lines: tuple[OrderLine, ...]
    returned: Money
    fee: Money
    by: str
    at: datetime | None = None


class ExchangeAbandoned(Event, frozen=True, kw_only=True, tag="exchange-abandoned.v1"):
    """The exchange was not paid for in time or given up; the old tickets stay valid."""

    order: str
    exchange: str
    reason: str


class AlternativeOffered(
    Event, frozen=True, kw_only=True, tag="alternative-offered.v1"
):
    """Money came late and the places are gone: these are kept instead until `until`."""

    order: str
    performance: str
    buyer: str
    hold: str
    lines: tuple[OrderLine, ...]
    until: datetime


class AlternativeDeclined(
    Event, frozen=True, kw_only=True, tag="alternative-declined.v1"
):
    """The buyer does not want other places, or did not say so in time."""

    order: str
    hold: str

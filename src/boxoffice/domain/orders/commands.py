"""Intentions about orders. `by` is the actor: `buyer:<id>`, `staff:<id>`, `system:…`.

A command of a buyer carries `buyer`, and another's order is not found; staff and the
house's own processes carry None. `performance` only tells what to load first.
"""

from __future__ import annotations

from typing import ClassVar

from boxoffice.domain.ids import (
    AttemptId,
    BuyerId,
    CustomerId,
    HoldId,
    OrderCode,
    PerformanceId,
    PersonId,
)
from boxoffice.domain.message import Command
from boxoffice.domain.orders.events import Channel, RefundCause, TicketRef


class PlaceOrder(Command, frozen=True, kw_only=True):
    """Order the places of a hold, to be paid within `pay_s` and the hold's cap.

    `method` is `card` or `pix`, `instrument` the provider's name for the card; without
    one the buyer gives it on the provider's own page and comes back to `home`.
    """

    performance: PerformanceId
    buyer: BuyerId
    hold: HoldId
    order: OrderCode
    person: PersonId
    customer: CustomerId
    attempt: AttemptId
    method: str = "card"
    instrument: str = ""
    home: str = ""
    promotion: str | None = None
    channel: Channel = "web"
    pay_s: int = 600


class PayOrder(Command, frozen=True, kw_only=True):
    """Try to pay again for an order or an exchange, after a try that failed."""

    performance: PerformanceId
    order: OrderCode
    buyer: BuyerId | None
    attempt: AttemptId
    method: str = "card"
    instrument: str = ""
    home: str = ""


class CancelOrder(Command, frozen=True, kw_only=True):
    """End an order that is not confirmed, or an exchange that is not paid."""

    free_text: ClassVar[tuple[str, ...]] = ("note",)

    performance: PerformanceId
    order: OrderCode
    buyer: BuyerId | None
    by: str
    note: str = ""


class ExpireOrder(Command, frozen=True, kw_only=True):
    """End an order, an exchange or an offer whose time ran out."""

    performance: PerformanceId
    order: OrderCode


class IssueComps(Command, frozen=True, kw_only=True):
    """Give the places of a hold away: `host` invites, by authority of `by`.

    More than `unapproved_max` places need a second person, counting what `by` gave away
    alone at this performance before.
    """

    free_text: ClassVar[tuple[str, ...]] = ("reason",)

    performance: PerformanceId
    buyer: BuyerId
    hold: HoldId
    order: OrderCode
    person: PersonId
    customer: CustomerId
    host: PersonId
    reason: str
    budget: str
    by: str
    request: str
    unapproved_max: int
    approval_s: int


class VoidOrder(Command, frozen=True, kw_only=True):
    """Undo a confirmed order within `window_s` of its confirmation, by staff.

    Above `unapproved_max` minor units, counting what staff returned alone before, the
    tickets are refunded instead, with a second person.
    """

    free_text: ClassVar[tuple[str, ...]] = ("note",)

    performance: PerformanceId
    order: OrderCode
    by: str
    note: str
    window_s: int
    unapproved_max: int


class RefundTickets(Command, frozen=True, kw_only=True):
    """Take tickets back and return money for them.

    `keep_outside` keeps the fees on top, `fee` minor units more are kept per ticket; a
    ticket never returns less than nothing. When the tickets cost more than
    `unapproved_max` minor units, whatever is kept of it, and counting what staff
    returned alone before, a second person must agree. `request` names the wish.
    """

    free_text: ClassVar[tuple[str, ...]] = ("note",)

    performance: PerformanceId
    order: OrderCode
    buyer: BuyerId | None
    tickets: tuple[TicketRef, ...]
    by: str
    note: str
    request: str
    keep_outside: bool = False
    fee: int = 0
    unapproved_max: int | None = None
    cause: RefundCause = "request"


class ApproveRequest(Command, frozen=True, kw_only=True):
    """Agree, as a second person, to what another one asked for."""

    performance: PerformanceId
    order: OrderCode
    request: str
    by: str


class DenyRequest(Command, frozen=True, kw_only=True):
    """Say no to what was asked for, or take one's own wish back."""

    free_text: ClassVar[tuple[str, ...]] = ("note",)

    performance: PerformanceId
    order: OrderCode
    request: str
    by: str
    note: str


class ExchangeTickets(Command, frozen=True, kw_only=True):
    """Swap tickets for the places of a hold of `holder`, at any performance.

    `fee` minor units are asked per ticket. A difference in the buyer's favour goes
    back; one in the house's favour is paid first, by `method`. Staff return at most
    `unapproved_max` minor units like this, counting what staff returned alone before;
    None, which is for buyers, sets no limit.
    """

    performance: PerformanceId
    order: OrderCode
    buyer: BuyerId | None
    tickets: tuple[TicketRef, ...]
    into: PerformanceId
    holder: BuyerId
    hold: HoldId
    exchange: str
    attempt: AttemptId
    by: str
    unapproved_max: int | None
    method: str = "card"
    instrument: str = ""
    home: str = ""
    fee: int = 0
    pay_s: int = 600


class AcceptAlternative(Command, frozen=True, kw_only=True):
    """Take the places that were offered for late money."""

    performance: PerformanceId
    order: OrderCode
    buyer: BuyerId | None


class DeclineAlternative(Command, frozen=True, kw_only=True):
    """Do without the places that were offered; the money goes back."""

    performance: PerformanceId
    order: OrderCode
    buyer: BuyerId | None


class EndForPerformance(Command, frozen=True, kw_only=True):
    """Bring an order of a cancelled performance to its end: all money goes back."""

    performance: PerformanceId
    order: OrderCode

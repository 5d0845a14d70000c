"""A judge of orders and money who reads nothing but the log.

The books kept here are dictionaries of plain values, written down from the events
alone; they know nothing of the states that decisions are made from.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from boxoffice.domain.catalogue import events as catalogue
from boxoffice.domain.ids import split
from boxoffice.domain.inventory import events as inventory
from boxoffice.domain.message import Event
from boxoffice.domain.orders import events as orders
from boxoffice.domain.payments import events as payments
from boxoffice.domain.promotions import events as promotions

Place = tuple[str, int]
GRACE = timedelta(seconds=1)


def _is_staff(by: str) -> bool:
    return by.startswith("staff:")


@dataclass
class Attempt:
    amount: int
    status: str = "requested"
    given_up: bool = False
    captured: int = 0
    back: int = 0


@dataclass
class Hold:
    places: dict[int, str]
    until: datetime
    standing: bool = True
    order: str = ""


@dataclass
class Order:
    status: str = "none"
    valid: dict[Place, orders.OrderLine] = field(default_factory=dict)
    kept: int = 0
    alone: int = 0
    offer: orders.AlternativeOffered | None = None
    exchange: orders.ExchangePlaced | None = None
    requests: dict[str, orders.ApprovalAsked] = field(default_factory=dict)
    promotion: str | None = None
    attempts: dict[str, Attempt] = field(default_factory=dict)
    refunds: dict[str, tuple[str, int, str]] = field(default_factory=dict)
    pay_by: datetime | None = None
    performance: str = ""
    buyer: str = ""
    channel: str = ""
    wanted: int = 0

    def worth(self) -> int:
        """Add up what the house should have of the buyer's money."""
        return sum(line.price.minor for line in self.valid.values()) + self.kept

    def free_places(self) -> int:
        """Count the comps that it has, or waits for."""
        if self.channel != "comp":
            return 0
        if self.status == "placed":
            return self.wanted
        return sum(not line.price.minor for line in self.valid.values())


class Judge:
    """Books of a house, and what must never be in them."""

    def __init__(
        self,
        *,
        budget: int,
        quota: dict[str, int],
        comps: int,
        alone: int,
        given_alone: int,
    ) -> None:
        self.budget, self.quota, self.comps_max = budget, quota, comps
        self.alone_max, self.given_alone_max = alone, given_alone
        self.starts: dict[str, datetime] = {}
        self.given_alone: Counter[tuple[str, str]] = Counter()
        self.sold: dict[Place, str] = {}
        self.held: dict[Place, tuple[str, datetime]] = {}
        self.holds: dict[tuple[str, str], Hold] = {}
        self.orders: defaultdict[str, Order] = defaultdict(Order)
        self.redeemed: dict[str, int] = {}
        self.users: dict[str, str] = {}
        self.comps = 0
        self.tags: Counter[str] = Counter()
        self.off: set[str] = set()

    def read(self, facts: Iterable[tuple[bytes, Event]], now: datetime) -> None:
        """Write down what one command did, and look whether the books are right."""
        touched = set()
        for stream, event in facts:
            self.tags[type(event).__name__] += 1
            self._ticket(split(stream), event, now)
            self._hold(split(stream)[0], event)
            self._begun(split(stream)[0], event, now)
            self._promotion(event)
            if isinstance(event, catalogue.PerformanceCancelled):
                self.off.add(split(stream)[0])
            if isinstance(code := getattr(event, "order", None), str):
                touched.add(code)
                self._four_eyes(self.orders[code], event)
                self._order(self.orders[code], event)
                self._money(self.orders[code], event)
        for code in touched:
            self._check_order(code)
        if touched:
            self._check_limits(now)

    def _ticket(self, where: Place, event: Event, now: datetime) -> None:
        match event:
            case inventory.TicketHeld():
                assert where not in self.sold, "held, but sold"
                assert where not in self.held, "held twice"
                self.held[where] = (event.hold, event.until)
            case inventory.TicketHoldRenewed():
                assert event.hold == self.held[where][0]
                assert event.until > self.held[where][1]
                self.held[where] = (event.hold, event.until)
            case inventory.TicketReleased():
                hold, until = self.held.pop(where)
                assert hold == event.hold
                assert event.reason != "expired" or now >= until + GRACE
            case inventory.TicketSold():
                assert where not in self.sold, "sold twice"
                assert self.held.pop(where)[0] == event.hold
                self.sold[where] = event.order
            case inventory.TicketReturned():
                assert self.sold.pop(where) == event.order, "returned by a stranger"
            case _:
                pass

    def _hold(self, family: str, event: Event) -> None:
        match event:
            case inventory.CartHoldPlaced() | inventory.CartHoldChanged():
                places = {p.ordinal: p.price_type for p in event.places}
                self.holds[family, event.hold] = Hold(places, event.until)
            case inventory.CartHoldRenewed():
                self.holds[family, event.hold].until = event.until
            case inventory.CartHoldOrdered():
                hold = self.holds[family, event.hold]
                assert not hold.order, "ordered twice"
                hold.until, hold.order = event.until, event.order
            case inventory.CartHoldReleased() | inventory.CartHoldConverted():
                hold = self.holds[family, event.hold]
                assert hold.standing, "a hold ended twice"
                hold.standing = False
            case _:
                pass

    def _promotion(self, event: Event) -> None:
        match event:
            case promotions.PromotionRedeemed():
                assert event.order not in self.redeemed, "redeemed twice"
                self.redeemed[event.order] = event.discount.minor
            case promotions.PromotionReturned():
                assert self.redeemed.pop(event.order) == event.discount.minor
            case promotions.PromotionUsed():
                self.users[event.order] = event.customer
            case promotions.PromotionUnused():
                assert self.users.pop(event.order) == event.customer
            case promotions.CompsDrawn():
                self.comps += event.places
            case promotions.CompsReturned():
                self.comps -= event.places
            case _:
                pass

    def _begun(self, family: str, event: Event, now: datetime) -> None:
        """See that late money buys nothing that has begun."""
        match event:
            case catalogue.PerformanceMoved():
                self.starts[family] = event.starts_at
            case orders.AlternativeOffered():
                assert event.until <= self.starts[event.performance]
            case orders.OrderConfirmed() if now >= self.starts[event.performance]:
                order = self.orders[event.order]
                assert order.pay_by is not None
                in_time = order.channel == "comp" or now <= order.pay_by
                assert in_time, "late money bought what had begun"
            case orders.OrderConfirmed():
                order = self.orders[event.order]
                is_anew = order.status == "expired" and order.offer is None
                self.tags["sold anew for late money"] += is_anew
            case orders.TicketsRefunded(cause="performance"):
                self.tags["returned because it was called off"] += 1
            case _:
                pass

    def _four_eyes(self, order: Order, event: Event) -> None:
        """Count what one person alone returned, and look whether it was too much."""
        before = order.alone
        match event:
            case orders.TicketsRefunded(approver=None, by=by) if _is_staff(by):
                order.alone += event.amount.minor + event.kept.minor
            case orders.TicketsExchanged(by=by) if _is_staff(by):
                order.alone += event.returned.minor
            case orders.TicketsExchanged() if event.returned.minor:
                self.tags["exchange that returns money to a buyer"] += 1
            case orders.OrderVoided():
                order.alone += order.worth()
            case orders.CompsIssued(approver=None, by=by):
                who = (order.performance, by)
                self.given_alone[who] += order.wanted
                assert self.given_alone[who] <= self.given_alone_max, "too many comps"
            case _:
                pass
        if order.alone > before:
            self.tags[f"{type(event).__name__} by one person"] += 1
        assert order.alone <= self.alone_max, "too much by one person alone"

    def _order(self, order: Order, event: Event) -> None:
        match event:
            case orders.OrderPlaced():
                assert order.status == "none"
                order.status, order.pay_by = "placed", event.pay_by
                order.promotion = event.promotion
                order.channel, order.wanted = event.channel, len(event.lines)
                order.performance, order.buyer = event.performance, event.buyer
            case orders.OrderConfirmed():
                assert order.status in ("placed", "expired"), order.status
                assert not order.valid
                order.status, order.offer = "confirmed", None
                self._sell(order, event.lines)
            case orders.OrderExpired() | orders.OrderCancelled():
                assert order.status == "placed"
                kind = isinstance(event, orders.OrderExpired)
                order.status = "expired" if kind else "cancelled"
                order.requests = {}
            case orders.OrderVoided():
                self._drop(order, event.tickets)
                order.status, order.kept, order.requests = "voided", 0, {}
            case orders.TicketsRefunded():
                self._drop(order, event.tickets)
                order.kept += event.kept.minor
            case _:
                self._open(order, event)

    def _open(self, order: Order, event: Event) -> None:
        match event:
            case orders.TicketsExchanged():
                self._drop(order, event.tickets)
                self._sell(order, event.lines)
                order.kept += event.fee.minor
                order.exchange = None
            case orders.ExchangePlaced():
                assert order.exchange is None
                order.exchange = event
            case orders.ExchangeAbandoned():
                order.exchange = None
            case orders.AlternativeOffered():
                order.offer = event
            case orders.AlternativeDeclined():
                order.offer = None
            case orders.ApprovalAsked():
                order.requests[event.request] = event
            case orders.ApprovalGiven() | orders.ApprovalDenied():
                del order.requests[event.request]
            case _:
                pass

    def _sell(self, order: Order, lines: Iterable[orders.OrderLine]) -> None:
        for line in lines:
            place = (line.performance, line.ordinal)
            assert place not in order.valid
            order.valid[place] = line
            parts = line.parts
            assert parts is not None
            made_of = parts.base + parts.outside + parts.tax_added
            assert line.price.minor == made_of, "a price is not the sum of its parts"

    def _drop(self, order: Order, tickets: Iterable[orders.TicketRef]) -> None:
        for ticket in tickets:
            del order.valid[ticket.performance, ticket.ordinal]
            for name, asked in list(order.requests.items()):
                if ticket in asked.tickets:
                    del order.requests[name]
                    self.tags["request closed"] += 1

    def _money(self, order: Order, event: Event) -> None:
        match event:
            case payments.PaymentRequested():
                assert event.attempt not in order.attempts
                order.attempts[event.attempt] = Attempt(event.amount.minor)
            case payments.PaymentAuthorised():
                order.attempts[event.attempt].status = "authorised"
            case payments.PaymentCaptured():
                attempt = order.attempts[event.attempt]
                assert attempt.status != "captured", "captured twice"
                attempt.status, attempt.captured = "captured", event.amount.minor
            case payments.PaymentFailed():
                assert order.attempts[event.attempt].status != "captured"
                order.attempts[event.attempt].status = "failed"
            case payments.PaymentGivenUp():
                order.attempts[event.attempt].given_up = True
            case _:
                self._back(order, event)

    def _back(self, order: Order, event: Event) -> None:
        match event:
            case payments.RefundRequested():
                attempt = order.attempts[event.attempt]
                if event.replaces:
                    of, minor, state = order.refunds[event.replaces]
                    assert state == "failed"
                    order.refunds[event.replaces] = (of, minor, "replaced")
                    attempt.back -= minor
                attempt.back += event.amount.minor
                assert attempt.back <= attempt.captured, "more back than was captured"
                refund = (event.attempt, event.amount.minor, "requested")
                order.refunds[event.refund] = refund
            case payments.RefundCompleted():
                name, minor, state = order.refunds[event.refund]
                assert state == "requested"
                order.refunds[event.refund] = (name, minor, "completed")
            case payments.RefundFailed():
                name, minor, _ = order.refunds[event.refund]
                after = "replaced" if event.retry else "failed"
                order.refunds[event.refund] = (name, minor, after)
                order.attempts[name].back -= minor if event.retry else 0
            case payments.RefundSettled():
                name, minor, state = order.refunds[event.refund]
                assert (state, minor) == ("failed", event.amount.minor)
                assert event.by != event.approver
                order.refunds[event.refund] = (name, minor, "settled")
            case _:
                pass

    def _check_order(self, code: str) -> None:
        """A place has its payer, a payer the place or the money."""
        order = self.orders[code]
        mine = {place for place, owner in self.sold.items() if owner == code}
        assert mine == order.valid.keys(), "valid lines and sold places differ"
        money = sum(a.captured - a.back for a in order.attempts.values())
        promised = sum(
            a.amount
            for a in order.attempts.values()
            if a.status == "authorised" and not a.given_up
        )
        worth = order.worth()
        if order.offer is not None:
            worth += sum(line.price.minor for line in order.offer.lines)
        assert money + promised == worth, (money, promised, worth)
        waits = order.status == "placed" or order.offer is not None
        redeemed = order.promotion is not None and (waits or bool(order.valid))
        assert redeemed == (code in self.redeemed), "a discount nobody has"

    def _check_limits(self, now: datetime) -> None:
        assert sum(self.redeemed.values()) <= self.budget
        assert all(n == 1 for n in Counter(self.users.values()).values())
        free = sum(order.free_places() for order in self.orders.values())
        assert free == self.comps <= self.comps_max, "comps nobody accounts for"
        taken: Counter[tuple[str, str]] = Counter()
        for order in self.orders.values():
            for line in order.valid.values():
                taken[line.performance, line.price_type] += 1
        for (family, _), hold in self.holds.items():
            if hold.standing and now < hold.until + GRACE:
                taken.update((family, kind) for kind in hold.places.values())
        for (_, kind), number in taken.items():
            assert number <= self.quota.get(kind, number), "more than the quota"

    def check_at_rest(self) -> None:
        """Nothing is open any more: nobody waits for money or for a place."""
        for order in self.orders.values():
            assert order.status != "placed"
            assert order.offer is None
            assert order.exchange is None
            for attempt in order.attempts.values():
                assert attempt.status in ("captured", "failed"), attempt
            assert all(r[2] != "requested" for r in order.refunds.values())
            assert not self.off & {performance for performance, _ in order.valid}
        left = [name for name, h in self.holds.items() if h.standing and h.order]
        assert not left, "a hold outlived its order"

"""An order in a simulated sale: its own facts and those of its payment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from boxoffice.domain.ids import (
    OrderCode,
    PerformanceId,
    StreamId,
    comp_budget_stream,
    comps_stream,
    order_stream,
    payment_stream,
)
from boxoffice.domain.inventory.events import HeldPlace
from boxoffice.domain.message import Event
from boxoffice.domain.money import Money
from boxoffice.domain.orders.events import (
    CompsIssued,
    OrderConfirmed,
    OrderExpired,
    OrderLine,
    OrderPlaced,
    OrderVoided,
    TicketRef,
    TicketsRefunded,
)
from boxoffice.domain.payments.events import (
    PaymentAuthorised,
    PaymentAwaited,
    PaymentCaptured,
    PaymentFailed,
    PaymentGivenUp,
    PaymentRequested,
    RefundCompleted,
    RefundFailed,
    RefundRequested,
)
from boxoffice.domain.pricing_parts import PriceParts
from boxoffice.domain.promotions.events import CompsDrawn, CompsGivenAlone

Facts = list[tuple[StreamId, Event]]
GRACE = timedelta(seconds=1)


class Hold(msgspec.Struct):
    """A hold and whether it still stands: open, ordered, or over."""

    hold: str
    buyer: str
    places: dict[int, HeldPlace]
    until: datetime
    cap: datetime
    state: str = "open"

    def is_overdue(self, now: datetime) -> bool:
        return now >= self.until + GRACE


def usd(minor: int) -> Money:
    """Give an amount."""
    return Money(minor, "USD")


def line_of(performance: str, place: HeldPlace) -> OrderLine:
    """Give the line of a place at its full price."""
    return OrderLine(
        performance=performance,
        ordinal=place.ordinal,
        section=place.section,
        category=place.category,
        label=place.label,
        price=place.price,
        price_type=place.price_type,
        parts=PriceParts(place.price.minor),
    )


class Order:
    """What may still happen to an order: everything is in one currency."""

    def __init__(
        self,
        code: OrderCode,
        performance: PerformanceId,
        hold: Hold,
        lines: Iterable[OrderLine],
        pay_by: datetime,
        *,
        is_comp: bool,
    ) -> None:
        self.code = code
        self.performance = performance
        self.hold = hold
        self.lines = tuple(_free(line) for line in lines) if is_comp else tuple(lines)
        self.pay_by = pay_by
        self.is_comp = is_comp
        self.valid: dict[int, OrderLine] = {}
        self._status = "new"
        self._payment = "none"
        self._captured = 0
        self._attempt = f"{code}-1"
        self._refunds: list[tuple[str, int]] = []
        self._number = 0
        self._kept = 0

    @property
    def _total(self) -> Money:
        return usd(sum(line.price.minor for line in self.lines))

    def next_step(self, choice: float, *, overdue: bool) -> str:
        """Say what the place of sale has to do next; money is the order's own."""
        if self._status == "placed":
            if overdue:
                return "expire"
            return "confirm" if choice < 0.7 and self._is_open() else "money"
        if self._status == "confirmed" and self._payment == "captured" and self.valid:
            if choice < 0.3:
                return "refund"
            return "void" if choice < 0.4 else "money"
        return "money"

    def placed(self) -> Facts:
        """Place it, and ask for its money."""
        self._status = "placed"
        event = OrderPlaced(
            order=self.code,
            performance=self.performance,
            buyer=self.hold.buyer,
            person="p" * 32,
            customer="c" * 32,
            hold=self.hold.hold,
            lines=self.lines,
            total=self._total,
            rounding="half-up",
            pay_by=self.pay_by,
            channel="comp" if self.is_comp else "web",
        )
        facts: Facts = [(order_stream(self.code), event)]
        return facts if self.is_comp else [*facts, *self._asked()]

    def _asked(self) -> Facts:
        self._payment = "requested"
        event = PaymentRequested(
            order=self.code,
            attempt=self._attempt,
            amount=self._total,
            method="card",
            instrument="pm_card",
        )
        return [(payment_stream(self.code), event)]

    def confirmed(self, now: datetime) -> Facts:
        """Confirm it: authorised, captured at once, or free."""
        self._status = "confirmed"
        self.valid = {line.ordinal: line for line in self.lines}
        event = OrderConfirmed(
            order=self.code,
            performance=self.performance,
            buyer=self.hold.buyer,
            hold=self.hold.hold,
            lines=self.lines,
            total=self._total,
            at=now,
        )
        facts: Facts = [(order_stream(self.code), event)]
        if self.is_comp:
            return [*facts, *self._issued()]
        if self._payment == "money":
            return [*self._taken(), *facts]
        self._payment = "authorised"
        authorised = PaymentAuthorised(
            order=self.code,
            attempt=self._attempt,
            provider="sandbox",
            reference="r",
            amount=self._total,
        )
        return [(payment_stream(self.code), authorised), *facts]

    def _issued(self) -> Facts:
        face = usd(sum(p.price.minor for p in self.hold.places.values()))
        issued = CompsIssued(
            order=self.code,
            host="h1",
            reason="press",
            budget="press",
            face=face,
            by="staff:mia",
        )
        drawn = CompsDrawn(
            budget="press", order=self.code, places=len(self.lines), face=face
        )
        alone = CompsGivenAlone(order=self.code, by=issued.by, places=len(self.lines))
        return [
            (order_stream(self.code), issued),
            (comp_budget_stream("press"), drawn),
            (comps_stream(self.performance), alone),
        ]

    def expired(self) -> Facts:
        """End it unpaid; a provider that was asked shall cancel."""
        self._status = "expired"
        gone = OrderExpired(
            order=self.code, performance=self.performance, hold=self.hold.hold
        )
        facts: Facts = [(order_stream(self.code), gone)]
        if self._is_open():
            self._payment = "given up"
            given_up = PaymentGivenUp(order=self.code, attempt=self._attempt)
            facts.append((payment_stream(self.code), given_up))
        return facts

    def refunded(self, ordinals: list[int], *, fee: int) -> Facts:
        """Give money back for tickets, less a fee."""
        prices = [self.valid.pop(ordinal).price.minor for ordinal in ordinals]
        kept = sum(min(fee, price) for price in prices)
        self._kept += kept
        event = TicketsRefunded(
            order=self.code,
            tickets=self._refs(ordinals),
            amount=usd(sum(prices) - kept),
            kept=usd(kept),
            cause="request",
            by="staff:mia",
            note="ill",
        )
        back = self._sent_back(sum(prices) - kept)
        return [(order_stream(self.code), event), *back]

    def voided(self, ordinals: list[int]) -> Facts:
        """Undo it; what is left of its money goes back, fees that were kept too."""
        prices = [self.valid.pop(ordinal).price.minor for ordinal in ordinals]
        self._status = "voided"
        event = OrderVoided(
            order=self.code, tickets=self._refs(ordinals), by="staff:mia", note="typo"
        )
        back = self._sent_back(sum(prices) + self._kept)
        return [(order_stream(self.code), event), *back]

    def money(self, choice: float) -> Facts:
        """Let the provider say something."""
        if self._payment == "authorised":
            return self._taken()
        if self._payment == "given up" and choice < 0.3:
            taken = self._taken()
            return [*taken, *self._sent_back(self._total.minor)]
        if self._payment == "given up":
            self._payment = "failed"
            return [self._failed("cancelled")]
        if self._status == "placed" and self._is_open():
            if choice < 0.3:
                return self._try_again()
            return self._awaited()
        if self._refunds:
            return self._settled(choice)
        return []

    def _is_open(self) -> bool:
        return self._payment in ("requested", "money")

    def _awaited(self) -> Facts:
        if self._payment == "money":
            return []
        self._payment = "money"
        event = PaymentAwaited(
            order=self.code,
            attempt=self._attempt,
            provider="sandbox",
            reference="r",
            waits_for="money",
        )
        return [(payment_stream(self.code), event)]

    def _try_again(self) -> Facts:
        failed = self._failed("declined")
        self._attempt += "1"
        return [failed, *self._asked()]

    def _failed(self, reason: str) -> tuple[StreamId, Event]:
        event = PaymentFailed(
            order=self.code, attempt=self._attempt, reference="r", reason=reason
        )
        return payment_stream(self.code), event

    def _taken(self) -> Facts:
        self._payment = "captured"
        self._captured += self._total.minor
        event = PaymentCaptured(
            order=self.code,
            provider="sandbox",
            attempt=self._attempt,
            reference="r",
            amount=self._total,
        )
        return [(payment_stream(self.code), event)]

    def _sent_back(self, minor: int) -> Facts:
        if not minor:
            return []
        self._number += 1
        return self._requested(f"{self._attempt}.r{self._number}", minor)

    def _requested(self, refund: str, minor: int) -> Facts:
        self._refunds.append((refund, minor))
        event = RefundRequested(
            order=self.code,
            refund=refund,
            attempt=self._attempt,
            reference="r",
            amount=usd(minor),
        )
        return [(payment_stream(self.code), event)]

    def _settled(self, choice: float) -> Facts:
        refund, minor = self._refunds.pop(0)
        where = payment_stream(self.code)
        if choice < 0.7:
            done = RefundCompleted(
                order=self.code, refund=refund, reference="r", amount=usd(minor)
            )
            return [(where, done)]
        retry = f"{refund}+"
        failed = RefundFailed(
            order=self.code, refund=refund, reference="r", reason="later", retry=retry
        )
        return [(where, failed), *self._requested(retry, minor)]

    def _refs(self, ordinals: Iterable[int]) -> tuple[TicketRef, ...]:
        return tuple(TicketRef(self.performance, ordinal) for ordinal in ordinals)


def _free(line: OrderLine) -> OrderLine:
    """Give a line away."""
    return OrderLine(
        performance=line.performance,
        ordinal=line.ordinal,
        section=line.section,
        category=line.category,
        label=line.label,
        price=usd(0),
        price_type="comp",
        parts=PriceParts(base=0),
        face=line.price.minor,
    )

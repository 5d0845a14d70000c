"""Whether every order's money is where it belongs, from the log alone.

Per order and currency: what was captured, less what goes back, is what its valid
tickets cost plus what the house kept. An order whose payment or offer is still open is
under way: it is counted, and judged when it has settled.
"""

from __future__ import annotations

from boxoffice.application.audit.deed import Deed, Deeds, Told
from boxoffice.application.audit.finding import Check, Findings
from boxoffice.application.audit.ledger import Ledger, Refund, place
from boxoffice.application.ports.log import LogRecord
from boxoffice.domain.ids import OrderCode, StreamId, order_family
from boxoffice.domain.inventory.events import TicketReturned, TicketSold
from boxoffice.domain.message import Event
from boxoffice.domain.money import Money
from boxoffice.domain.orders.events import (
    AlternativeDeclined,
    AlternativeOffered,
    CompsIssued,
    OrderConfirmed,
    OrderLine,
    OrderPlaced,
    OrderVoided,
    TicketsExchanged,
    TicketsRefunded,
)
from boxoffice.domain.payments.events import (
    PaymentAuthorised,
    PaymentCaptured,
    PaymentFailed,
    PaymentRequested,
    RefundCompleted,
    RefundFailed,
    RefundRequested,
    RefundSettled,
)
from boxoffice.domain.pricing.calculation import COMP_TYPE

_Payment = PaymentRequested | PaymentAuthorised | PaymentCaptured | PaymentFailed
_Refund = RefundRequested | RefundCompleted | RefundFailed | RefundSettled
_NOBODYS = "was given away by nobody's authority"


class Accounts:
    """An order's tickets, lines, payments and refunds agree."""

    def __init__(self) -> None:
        self._findings = Findings("money")
        self._orders: dict[str, Ledger] = {}
        self._deeds = Deeds(self._judge)

    def read(self, record: LogRecord, event: Event | None) -> None:
        self._deeds.read(record, event)
        match event:
            case TicketSold() | TicketReturned():
                self._ticket(record.stream, event, record.position)
            case OrderPlaced():
                self._place(record, event)
            case OrderConfirmed() | TicketsExchanged():
                self._add(record, event)
            case TicketsRefunded() | OrderVoided():
                self._take_back(record, event)
            case AlternativeOffered() | AlternativeDeclined():
                offered = isinstance(event, AlternativeOffered)
                self._of(record, event.order).offered = offered
            case PaymentRequested() | PaymentAuthorised():
                self._pay(record, event)
            case PaymentCaptured() | PaymentFailed():
                self._pay(record, event)
            case RefundRequested() | RefundCompleted():
                self._refund(record, event)
            case RefundFailed() | RefundSettled():
                self._refund(record, event)
            case _:
                pass

    def check(self) -> Check:
        self._deeds.end()
        for code, order in self._orders.items():
            problem = order.problem()
            if problem:
                self._findings.add(order.position, f"Order {code} {problem}.")
        return self._findings.check(self._report())

    def _report(self) -> str:
        """Count: what was taken and given back, and what has not settled yet."""
        taken, back = self._sums("captured"), self._sums("refunded")
        orders = self._orders.values()
        under_way = sum(order.under_way for order in orders)
        returning = sum(bool(order.refunds) for order in orders)
        failed = sum(len(order.failed) for order in orders)
        parts = [f"{len(orders):,} orders agree: {taken or 'no money'} taken"]
        if back:
            parts.append(f"{back} given back")
        parts.append(f"{under_way:,} with payments under way")
        parts.append(f"{returning:,} with refunds under way")
        if failed:
            refunds = "refund" if failed == 1 else "refunds"
            parts.append(f"{failed:,} {refunds} for staff to settle")
        return ", ".join(parts)

    def _sums(self, what: str) -> str:
        sums: dict[str, int] = {}
        for order in self._orders.values():
            minor: int = getattr(order, what)
            sums[order.currency] = sums.get(order.currency, 0) + minor
        return " and ".join(str(Money(m, c)) for c, m in sums.items() if m)

    def _wrong(self, position: int, code: str, problem: str) -> None:
        self._findings.add(position, f"At {position} order {code} {problem}.")

    # -------------------------------------------------------------- the tickets

    def _ticket(
        self, stream: StreamId, event: TicketSold | TicketReturned, position: int
    ) -> None:
        known = Ledger(position, event.price.currency)
        order = self._orders.setdefault(event.order, known)
        if isinstance(event, TicketSold):
            order.sold[stream] = event.price
        elif order.sold.pop(stream, None) != event.price:
            self._wrong(position, event.order, "gave back what it did not have so")

    def _place(self, record: LogRecord, event: OrderPlaced) -> None:
        order = self._of(record, event.order)
        order.is_placed = True
        order.is_free = event.channel == "comp"
        order.currency = event.total.currency
        self._check_total(record, event.order, event.lines, event.total)

    def _add(self, record: LogRecord, event: OrderConfirmed | TicketsExchanged) -> None:
        order = self._of(record, event.order)
        if isinstance(event, OrderConfirmed):
            self._check_total(record, event.order, event.lines, event.total)
            order.valid.clear()
            order.offered = False
        else:
            self._take(record, order, event)
            order.kept += event.fee.minor
        order.add(event.lines)

    def _take_back(
        self, record: LogRecord, event: TicketsRefunded | OrderVoided
    ) -> None:
        order = self._of(record, event.order)
        self._take(record, order, event)
        if isinstance(event, TicketsRefunded):
            order.kept += event.kept.minor
        else:
            order.kept = 0

    def _take(
        self,
        record: LogRecord,
        order: Ledger,
        event: TicketsRefunded | OrderVoided | TicketsExchanged,
    ) -> None:
        for ticket in order.take(event.tickets):
            where = place(ticket.performance, ticket.ordinal).hex()
            problem = f"gave back place {where}, which was not valid"
            self._wrong(record.position, event.order, problem)

    def _check_total(
        self, record: LogRecord, code: str, lines: tuple[OrderLine, ...], total: Money
    ) -> None:
        minor = sum(line.price.minor for line in lines)
        if {line.price.currency for line in lines} != {total.currency}:
            self._wrong(record.position, code, "mixes currencies")
        elif minor != total.minor:
            cost = Money(minor, total.currency)
            problem = f"has lines of {cost} but a total of {total}"
            self._wrong(record.position, code, problem)

    # ---------------------------------------------------------------- the money

    def _pay(self, record: LogRecord, event: _Payment) -> None:
        order = self._of(record, event.order)
        attempt = order.attempt(event.attempt)
        match event:
            case PaymentRequested():
                attempt.open = True
            case PaymentAuthorised():
                attempt.promised = event.amount.minor
            case PaymentCaptured():
                if event.reference in attempt.payments:
                    self._wrong(record.position, event.order, "was paid twice at once")
                attempt.payments.add(event.reference)
                attempt.captured += event.amount.minor
                attempt.open = False
            case PaymentFailed():
                attempt.open = False
        amount = None if isinstance(event, PaymentFailed) else event.amount
        if amount is not None and amount.currency != order.currency:
            self._wrong(record.position, event.order, "mixes currencies")

    def _refund(self, record: LogRecord, event: _Refund) -> None:
        order = self._of(record, event.order)
        match event:
            case RefundRequested():
                self._ask_back(record, order, event)
            case RefundCompleted():
                asked = order.give_back(event.refund)
                if asked is None or asked.minor != event.amount.minor:
                    problem = f"was given back {event.amount}, which nobody asked for"
                    self._wrong(record.position, event.order, problem)
            case RefundSettled():
                owed = order.failed.pop(event.refund, None)
                if owed is None or owed.minor != event.amount.minor:
                    problem = f"was paid {event.amount} by hand, which nobody owed"
                    self._wrong(record.position, event.order, problem)
            case RefundFailed():
                is_undone = event.undone is not None
                order.fail(event.refund, event.retry, is_undone=is_undone)

    def _ask_back(
        self, record: LogRecord, order: Ledger, event: RefundRequested
    ) -> None:
        if event.replaces:
            order.replace(event.replaces)
        order.refunds[event.refund] = Refund(event.attempt, event.amount.minor)
        attempt = order.attempt(event.attempt)
        attempt.refunded += event.amount.minor
        if event.amount.currency != order.currency:
            self._wrong(record.position, event.order, "mixes currencies")
        if attempt.refunded > attempt.captured:
            problem = f"gives more back than {event.attempt} has taken"
            self._wrong(record.position, event.order, problem)

    def _of(self, record: LogRecord, code: str) -> Ledger:
        """Give the ledger of an order whose own streams tell of it."""
        known = order_family(OrderCode(code))
        if record.stream[: len(known)] != known:
            self._wrong(record.position, code, "is told of in another order's stream")
        return self._orders.setdefault(code, Ledger(record.position, ""))

    # ------------------------------------------------------------- the commands

    def _judge(self, deed: Deed) -> None:
        for told in deed.of(OrderConfirmed):
            self._confirmed(told, deed)
        for sold in deed.of(TicketSold):
            self._sold(sold, deed)

    def _confirmed(self, told: Told[OrderConfirmed], deed: Deed) -> None:
        """Demand that what was confirmed is paid for, promised, or free."""
        event = told.event
        order = self._orders[event.order]
        if not order.is_placed:
            self._wrong(told.position, event.order, "was confirmed but never placed")
        if order.is_free:
            if not deed.find(CompsIssued, order=event.order):
                self._wrong(told.position, event.order, _NOBODYS)
            return
        if order.covered < event.total.minor:
            self._wrong(told.position, event.order, "was confirmed but never paid")

    def _sold(self, told: Told[TicketSold], deed: Deed) -> None:
        """Demand that somebody stands for every comp, however it came to be one."""
        code = told.event.order
        is_comp = told.event.price_type == COMP_TYPE
        if is_comp and not deed.find(CompsIssued, order=code):
            self._wrong(told.position, code, _NOBODYS)

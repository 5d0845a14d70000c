"""Whether what needed four eyes was seen by four."""

from __future__ import annotations

from boxoffice.application.audit.deed import Deed, Deeds, Told
from boxoffice.application.audit.finding import Check, Findings
from boxoffice.application.ports.log import LogRecord
from boxoffice.domain.message import Event
from boxoffice.domain.orders.events import (
    ApprovalAsked,
    ApprovalDenied,
    ApprovalGiven,
    CompsIssued,
    OrderCancelled,
    OrderExpired,
    OrderVoided,
    TicketRef,
    TicketsExchanged,
    TicketsRefunded,
)
from boxoffice.domain.payments.events import (
    RefundPaidOut,
    RefundRequested,
    RefundSettled,
)
from boxoffice.domain.promotions.events import CompsGivenAlone


class Approvals:
    """Every approval answers a request that was open, by somebody else.

    A refund or comps that name a second person happen with that person's approval, and
    as they were asked for; comps that name none count for the one who gave them. Money
    that was given back by hand is settled by somebody else than who gave it.
    """

    def __init__(self) -> None:
        self._findings = Findings("four-eyes")
        self._open: dict[tuple[str, str], ApprovalAsked] = {}
        self._payers: dict[tuple[str, str], str] = {}
        """Who says to have given a refund back by hand, until a second person does."""
        self._given = 0
        self._deeds = Deeds(self._judge)

    def read(self, record: LogRecord, event: Event | None) -> None:
        self._deeds.read(record, event)

    def check(self) -> Check:
        self._deeds.end()
        return self._findings.check(
            f"{self._given:,} approvals by a second person, {len(self._open):,} open"
        )

    def _wrong(self, told: Told[Event], problem: str) -> None:
        self._findings.add(told.position, f"At {told.position} {problem}.")

    def _judge(self, deed: Deed) -> None:
        for asked in deed.of(ApprovalAsked):
            self._open[asked.event.order, asked.event.request] = asked.event
        agreed = [self._give(told, deed) for told in deed.of(ApprovalGiven)]
        self._end(deed)
        for denied in deed.of(ApprovalDenied):
            self._open.pop((denied.event.order, denied.event.request), None)
        kinds: tuple[type[TicketsRefunded | CompsIssued], ...] = (
            TicketsRefunded,
            CompsIssued,
        )
        for told in (one for kind in kinds for one in deed.of(kind)):
            approver = told.event.approver
            if approver is not None and (told.event.order, approver) not in agreed:
                self._wrong(told, f"{approver} is named, but did not agree")
        for issued in deed.of(CompsIssued):
            self._count(issued, deed)
        self._by_hand(deed)

    def _count(self, told: Told[CompsIssued], deed: Deed) -> None:
        """Demand that what a person gives away alone counts for that person."""
        event = told.event
        counted = deed.find(CompsGivenAlone, order=event.order, by=event.by)
        if event.approver is None and counted is None:
            self._wrong(told, f"{event.by} gave comps alone, which nobody counted")

    def _by_hand(self, deed: Deed) -> None:
        """Follow refunds that are paid out; one that is tried again was not."""
        for paid in deed.of(RefundPaidOut):
            self._payers[paid.event.order, paid.event.refund] = paid.event.by
        for asked in deed.of(RefundRequested):
            self._payers.pop((asked.event.order, asked.event.replaces), None)
        for settled in deed.of(RefundSettled):
            self._settle(settled)

    def _settle(self, told: Told[RefundSettled]) -> None:
        event = told.event
        payer = self._payers.pop((event.order, event.refund), None)
        if payer is None or payer != event.by:
            self._wrong(told, f"{event.by} did not say to have paid a refund out")
        elif payer == event.approver:
            self._wrong(told, f"{payer} settled a refund of their own")

    def _end(self, deed: Deed) -> None:
        """Forget what was asked about orders that ended and tickets that are gone."""
        for refunded in deed.of(TicketsRefunded):
            self._close(refunded.event.order, refunded.event.tickets)
        for exchanged in deed.of(TicketsExchanged):
            self._close(exchanged.event.order, exchanged.event.tickets)
        over = {told.event.order for told in deed.of(OrderExpired)}
        over |= {told.event.order for told in deed.of(OrderCancelled)}
        over |= {told.event.order for told in deed.of(OrderVoided)}
        for order, request in list(self._open) if over else ():
            if order in over:
                del self._open[order, request]

    def _close(self, code: str, gone: tuple[TicketRef, ...]) -> None:
        for (order, request), asked in list(self._open.items()):
            if order == code and not set(gone).isdisjoint(asked.tickets):
                del self._open[order, request]

    def _give(self, told: Told[ApprovalGiven], deed: Deed) -> tuple[str, str]:
        event = told.event
        asked = self._open.pop((event.order, event.request), None)
        self._given += 1
        if asked is None:
            self._wrong(told, f"request {event.request} was agreed to, but not open")
        elif asked.by == event.by:
            self._wrong(told, f"{event.by} agreed to a request of their own")
        elif not _is_done(asked, deed):
            self._wrong(told, f"request {event.request} was done otherwise than asked")
        return event.order, event.by


def _is_done(asked: ApprovalAsked, deed: Deed) -> bool:
    """Tell whether what was asked for happened, exactly so."""
    if asked.kind == "comps":
        issued = deed.find(CompsIssued, order=asked.order)
        return issued is not None and issued.face == asked.amount
    refunded = deed.find(TicketsRefunded, order=asked.order)
    return (
        refunded is not None
        and refunded.amount == asked.amount
        and refunded.tickets == asked.tickets
    )

"""Whether places were only held while their performance was on sale.

Places that the house keeps or sells anew for money that came late are held whenever
the money comes, but never for a performance that was cancelled.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from boxoffice.application.audit.deed import Deed, Deeds, Told, family_of
from boxoffice.application.audit.finding import Check, Findings
from boxoffice.application.ports.log import LogRecord
from boxoffice.domain.catalogue.events import (
    PerformanceCancelled,
    PerformanceMoved,
    PerformanceScheduled,
    SaleClosed,
    SaleOpened,
)
from boxoffice.domain.ids import FAMILY_BYTES
from boxoffice.domain.inventory.events import (
    CartHoldConverted,
    CartHoldOrdered,
    CartHoldPlaced,
    TicketHeld,
)
from boxoffice.domain.message import Event
from boxoffice.domain.payments.events import PaymentCaptured

CLOCKS_APART = timedelta(seconds=1)
"""How far a writer's clock may be ahead of the log's. Source: design, decision 1."""
UNDER_WAY = timedelta(minutes=1)
"""From when a request came in until it was recorded, queue and conflicts included."""


class _Window(msgspec.Struct):
    """When a performance is on sale, by its own facts."""

    sale_from: datetime | None = None
    sale_until: datetime | None = None
    is_open: bool = False
    is_off: bool = False


class SaleWindow:
    """No place is held before its sale opened, after it closed or outside its window.

    Nothing is ordered or sold once its performance was cancelled. Opening and closing
    are facts of the log, so their order is exact; the window is compared with clocks.
    """

    def __init__(self) -> None:
        self._findings = Findings("sale-window")
        self._windows: dict[bytes, _Window] = {}
        self._held = 0
        self._deeds = Deeds(self._judge)

    def read(self, record: LogRecord, event: Event | None) -> None:
        self._deeds.read(record, event)
        match event:
            case PerformanceScheduled():
                window = self._of(record)
                window.sale_from = event.sale_from
                window.sale_until = event.sale_until
            case SaleOpened():
                self._of(record).is_open = True
            case SaleClosed():
                self._of(record).is_open = False
            case PerformanceCancelled():
                self._of(record).is_off = True
            case PerformanceMoved():
                self._of(record).sale_until = event.sale_until
            case _:
                pass

    def check(self) -> Check:
        self._deeds.end()
        return self._findings.check(f"{self._held:,} places held, all while on sale")

    def _of(self, record: LogRecord) -> _Window:
        return self._windows.setdefault(record.stream[:FAMILY_BYTES], _Window())

    def _judge(self, deed: Deed) -> None:
        self._held += len(deed.of(TicketHeld))
        anew = _made_for_late_money(deed)
        for held in _of_all(deed, TicketHeld, CartHoldPlaced):
            window = self._windows.get(family_of(held), _Window())
            late = held.event.hold in anew
            problem = _problem(window, deed.at) if not late else _off(window)
            if problem:
                detail = f"Places were held at {held.position}, {problem}."
                self._findings.add(held.position, detail)
        for told in _of_all(deed, CartHoldOrdered, CartHoldConverted):
            problem = _off(self._windows.get(family_of(told), _Window()))
            if problem:
                detail = f"Places were ordered at {told.position}, {problem}."
                self._findings.add(told.position, detail)


def _made_for_late_money(deed: Deed) -> set[str]:
    """Give the holds that a command made and left to an order that was just paid."""
    if not deed.of(PaymentCaptured):
        return set()
    left = _of_all(deed, CartHoldOrdered, CartHoldConverted)
    return {told.event.hold for told in left}


_OfHold = TicketHeld | CartHoldPlaced | CartHoldOrdered | CartHoldConverted


def _of_all(deed: Deed, *kinds: type[_OfHold]) -> list[Told[_OfHold]]:
    return [told for kind in kinds for told in deed.of(kind)]


def _off(window: _Window) -> str:
    return "of a performance that was cancelled" if window.is_off else ""


def _problem(window: _Window, at: datetime) -> str:
    """Say why nothing could be held; "" when it could."""
    if window.sale_from is None or window.sale_until is None:
        return "of a performance that nobody scheduled"
    if not (window.sale_from.tzinfo and window.sale_until.tzinfo):
        return "of a performance whose sale has times without a zone"
    if window.is_off:
        return _off(window)
    if not window.is_open:
        return "when the sale was not open"
    if at < window.sale_from - CLOCKS_APART:
        return f"before the sale's first moment, {window.sale_from}"
    if at >= window.sale_until + UNDER_WAY:
        return f"after the sale's last moment, {window.sale_until}"
    return ""

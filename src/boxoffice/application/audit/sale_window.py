"""Whether places were only held while their performance was on sale."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from boxoffice.application.audit.finding import Check, Findings
from boxoffice.application.ports.log import LogRecord
from boxoffice.domain.catalogue.events import (
    PerformanceScheduled,
    SaleClosed,
    SaleOpened,
)
from boxoffice.domain.ids import FAMILY_BYTES
from boxoffice.domain.inventory.events import CartHoldPlaced, TicketHeld
from boxoffice.domain.message import Event

CLOCKS_APART = timedelta(seconds=1)
"""How far a writer's clock may be ahead of the log's. Source: design, decision 1."""
UNDER_WAY = timedelta(minutes=1)
"""From when a request came in until it was recorded, queue and conflicts included."""


class _Window(msgspec.Struct):
    """When a performance is on sale, by its own facts."""

    sale_from: datetime | None = None
    sale_until: datetime | None = None
    is_open: bool = False


class SaleWindow:
    """No place is held before its sale opened, after it closed or outside its window.

    Opening and closing are facts of the log, so their order is exact; the window is
    compared with clocks.
    """

    def __init__(self) -> None:
        self._findings = Findings("sale-window")
        self._windows: dict[bytes, _Window] = {}
        self._held = 0

    def read(self, record: LogRecord, event: Event | None) -> None:
        match event:
            case TicketHeld() | CartHoldPlaced():
                self._held += isinstance(event, TicketHeld)
                self._check(record)
            case PerformanceScheduled():
                window = self._of(record)
                window.sale_from = event.sale_from
                window.sale_until = event.sale_until
            case SaleOpened():
                self._of(record).is_open = True
            case SaleClosed():
                self._of(record).is_open = False
            case _:
                pass

    def check(self) -> Check:
        return self._findings.check(f"{self._held:,} places held, all while on sale")

    def _of(self, record: LogRecord) -> _Window:
        return self._windows.setdefault(record.stream[:FAMILY_BYTES], _Window())

    def _check(self, record: LogRecord) -> None:
        problem = _problem(self._of(record), record.recorded_at)
        if problem:
            detail = f"Places were held at {record.position}, {problem}."
            self._findings.add(record.position, detail)


def _problem(window: _Window, at: datetime) -> str:
    """Say why nothing could be held; "" when it could."""
    if window.sale_from is None or window.sale_until is None:
        return "of a performance that nobody scheduled"
    if not (window.sale_from.tzinfo and window.sale_until.tzinfo):
        return "of a performance whose sale has times without a zone"
    if not window.is_open:
        return "when the sale was not open"
    if at < window.sale_from - CLOCKS_APART:
        return f"before the sale's first moment, {window.sale_from}"
    if at >= window.sale_until + UNDER_WAY:
        return f"after the sale's last moment, {window.sale_until}"
    return ""

"""Whether every command in the log has its receipt, and every receipt its events.

A receipt is what answers a retry: without it a buyer who asks again would buy again,
and one that points elsewhere would tell him of somebody else's places. The receipts
that outlive a log cut off at its end tell that it was longer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from boxoffice.application.audit.finding import Check, Findings
from boxoffice.application.codec import decode_meta
from boxoffice.application.forgetting import forgettable_before, of_a_person
from boxoffice.application.ports.log import LogRecord, Receipt
from boxoffice.domain.message import Event
from boxoffice.errors import Corrupt

KEPT_DAYS = 7
"""How long the receipts of requests live, unless the settings differ."""
MARGIN = timedelta(hours=1)
"""So that whoever sweeps receipts out meanwhile is not blamed."""
COMMAND_ID = re.compile("[0-9a-f]{32}")


class Span(msgspec.Struct):
    """The events of one command: neighbours, from `first` to `last`."""

    command_id: bytes
    first: int
    last: int
    recorded_at: datetime
    of_a_person: bool


class Receipts:
    """Every command's receipt covers exactly its events, and none reaches further.

    `furthest` is noted before the log is read: a running house adds to both.
    """

    def __init__(
        self, furthest: Receipt | None, *, now: datetime, kept_days: int = KEPT_DAYS
    ) -> None:
        self._findings = Findings("receipts")
        self._furthest = furthest
        self._demanded_from = forgettable_before(now, days=kept_days) + MARGIN
        self._meta = b""
        self._span: Span | None = None
        self._ended: list[Span] = []
        self._last = 0
        self._found = 0

    def read(self, record: LogRecord, _event: Event | None) -> None:
        self._last = record.position
        span = self._span
        if span is not None and record.meta == self._meta:
            span.last = record.position
            return
        self._meta = record.meta
        command_id = self._command_id(record)
        if span is not None and span.command_id == command_id:
            span.last = record.position
            return
        self.end()
        if command_id:
            at = record.recorded_at
            here, person = record.position, of_a_person(record.meta)
            self._span = Span(command_id, here, here, at, person)

    def _command_id(self, record: LogRecord) -> bytes:
        """Give the command's id; b"" where there is no command, or no telling."""
        try:
            name = decode_meta(record.meta, position=record.position).command
        except Corrupt:
            return b""
        if not name:
            return b""
        if not COMMAND_ID.fullmatch(name):
            detail = f"Record {record.position} names no command but {name!r:.40}."
            self._findings.add(record.position, detail)
            return b""
        return bytes.fromhex(name)

    def end(self) -> None:
        """Take the command that was read last for complete."""
        if self._span is not None:
            self._ended.append(self._span)
            self._span = None

    def take(self) -> list[Span]:
        """Give the commands whose receipts must be looked up now."""
        ended, self._ended = self._ended, []
        return ended

    def compare(self, spans: Sequence[Span], receipts: Sequence[Receipt]) -> None:
        """Compare commands with the receipts that were found for them."""
        found = {receipt.command_id: receipt for receipt in receipts}
        for span in spans:
            problem = self._problem(span, found.get(span.command_id))
            if problem:
                detail = f"Command {span.command_id.hex()} at {span.first} {problem}."
                self._findings.add(span.first, detail)
        self._found += len(found)

    def _problem(self, span: Span, receipt: Receipt | None) -> str:
        if receipt is None:
            demanded = not span.of_a_person or span.recorded_at > self._demanded_from
            return "has no receipt" if demanded else ""
        if (receipt.first, receipt.last) == (span.first, span.last):
            return ""
        return (
            f"has events up to {span.last},"
            f" but a receipt for {receipt.first} to {receipt.last}"
        )

    def check(self) -> Check:
        furthest = self._furthest
        if furthest is not None and furthest.last > self._last:
            detail = f"Receipts reach to {furthest.last}, the log ends at {self._last}."
            self._findings.add(self._last + 1, detail)
        return self._findings.check(f"{self._found:,} receipts, each of its own events")

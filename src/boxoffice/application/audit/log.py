"""Whether the log is whole: chain, positions, versions, and every byte readable."""

from __future__ import annotations

from datetime import datetime

from boxoffice.application.audit.finding import Check, Findings
from boxoffice.application.chain import ChainCheck
from boxoffice.application.ports.checkpoints import Checkpoint
from boxoffice.application.ports.log import LogRecord
from boxoffice.domain.ids import StreamId
from boxoffice.domain.message import Event


class Chain:
    """Every record's hash follows from its own bytes and from everything before it."""

    def __init__(self) -> None:
        self._findings = Findings("chain")
        self._check = ChainCheck()
        self._records = 0
        self._broken = False

    def read(self, record: LogRecord, _event: Event | None) -> None:
        self._records += 1
        if not self._broken:
            self._note(self._check.feed((record,)))

    def check(self) -> Check:
        if not self._broken:
            self._note(self._check.finish())
        return self._findings.check(f"{self._records:,} records, none altered")

    def _note(self, wrong: int | None) -> None:
        """Nothing can be said of what comes after the first break."""
        if wrong is not None:
            self._broken = True
            self._findings.add(wrong, f"Record {wrong} is not what was appended.")


class Positions:
    """Positions count from 1 without gaps; time never goes back.

    A record with a time that is none says nothing of the time of others.
    """

    def __init__(self) -> None:
        self._findings = Findings("positions")
        self._last = 0
        self._at: datetime | None = None

    def read(self, record: LogRecord, _event: Event | None) -> None:
        expected = self._last + 1
        if record.position != expected:
            detail = f"Position {expected} is missing: {record.position} follows."
            self._findings.add(expected, detail)
        self._last = record.position
        at = record.recorded_at
        if type(at) is not datetime or at.tzinfo is None:
            return
        if self._at is not None and at < self._at:
            detail = f"Record {record.position} is older than the one before it."
            self._findings.add(record.position, detail)
        self._at = at

    def check(self) -> Check:
        return self._findings.check(f"1 to {self._last:,} without a gap")


class Versions:
    """Within every stream, versions count from 0 without gaps.

    A stream or version of the wrong kind breaks the chain, which says so.
    """

    def __init__(self) -> None:
        self._findings = Findings("versions")
        self._last: dict[StreamId, int] = {}

    def read(self, record: LogRecord, _event: Event | None) -> None:
        if type(record.stream) is not bytes or type(record.version) is not int:
            return
        expected = self._last.get(record.stream, -1) + 1
        if record.version != expected:
            detail = (
                f"Stream {record.stream.hex()} has version {record.version}"
                f" where {expected} belongs."
            )
            self._findings.add(record.position, detail)
        self._last[record.stream] = record.version

    def check(self) -> Check:
        return self._findings.check(f"{len(self._last):,} streams without a gap")


class Readable:
    """Every tag is known, every event and every origin can be read."""

    def __init__(self) -> None:
        self._findings = Findings("events")
        self._tags: set[str] = set()

    def read(self, record: LogRecord, event: Event | None) -> None:
        if event is None:
            self.refuse(record.position, f"it is stored as {record.tag!r:.40}")
        else:
            self._tags.add(record.tag)

    def refuse(self, position: int, why: str) -> None:
        """Note a record that some reader could make nothing of."""
        self._findings.add(position, f"Event {position} cannot be read: {why}.")

    def check(self) -> Check:
        return self._findings.check(f"all readable, of {len(self._tags)} kinds")


class Anchor:
    """The log still is what the relay sent: nothing was cut off its end or rewritten.

    A shorter chain is a valid chain, so the end is compared with a link that was noted
    elsewhere.
    """

    def __init__(self, noted: Checkpoint | None, *, epoch: int) -> None:
        self._noted = noted if noted is not None and noted.epoch == epoch else None
        self._found = b""

    def read(self, record: LogRecord, _event: Event | None) -> None:
        if self._noted is not None and record.position == self._noted.position:
            self._found = record.hash

    def check(self) -> Check:
        noted = self._noted
        findings = Findings("anchor")
        if noted is None or not noted.position:
            return findings.check("nothing was sent in this epoch")
        if self._found != noted.hash:
            detail = f"Up to {noted.position} the log is not what the relay has sent."
            findings.add(noted.position, detail)
        return findings.check(f"what was sent up to {noted.position:,} stands")

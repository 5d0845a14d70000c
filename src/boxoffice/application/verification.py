"""`verify`: one pass over the log by a reader that trusts nobody.

It asks whether the log is whole, whether the facts of the sale add up, and whether the
live read models are what the log says. It works on a running house. Whatever lies in
a record is at worst a finding, which names the record's position.
"""

from __future__ import annotations

import asyncio

import msgspec

from boxoffice.application.audit.approvals import Approvals
from boxoffice.application.audit.budgets import Budgets, Quotas
from boxoffice.application.audit.finding import Auditor, Check
from boxoffice.application.audit.holds import Holds
from boxoffice.application.audit.log import Anchor, Chain, Positions, Readable, Versions
from boxoffice.application.audit.money import Accounts
from boxoffice.application.audit.receipts import KEPT_DAYS, Receipts
from boxoffice.application.audit.sale_window import SaleWindow
from boxoffice.application.audit.sales import Claims, Limits
from boxoffice.application.audit.salvage import Unreadable, readable_pages
from boxoffice.application.chain import is_sound
from boxoffice.application.codec import decode, decode_meta
from boxoffice.application.comparison import Replica
from boxoffice.application.ports.checkpoints import Checkpoints
from boxoffice.application.ports.documents import Documents
from boxoffice.application.ports.log import EventStore, LogRecord
from boxoffice.application.relay import NAME as RELAY
from boxoffice.application.replay import Progress
from boxoffice.application.topics import ROUTED
from boxoffice.domain.message import Event, Fact
from boxoffice.errors import Corrupt, Unavailable
from boxoffice.readmodels.registry import MODELS

WAIT_S = 10.0
"""How long the read side may take to show what the log has."""
LOOKUPS_MAX = 5
"""Receipts are looked up under the append lock, which others may hold for a while."""


class Verdict(msgspec.Struct, frozen=True):
    """The answers, and what they are about."""

    ok: bool
    log: str
    epoch: int
    position: int
    hash: str
    checks: tuple[Check, ...]

    @property
    def exit_code(self) -> int:
        """0: everything is in order; 1: something is not."""
        return 0 if self.ok else 1

    def json(self) -> bytes:
        """Give the verdict for machines."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2)


async def verify(
    store: EventStore,
    checkpoints: Checkpoints,
    *,
    documents: Documents | None,
    cache: Documents | None,
    progress: Progress | None = None,
    wait_s: float = WAIT_S,
    receipts_days: int = KEPT_DAYS,
) -> Verdict:
    """Check the log and everything that is derived from it.

    Receipts of people's commands older than `receipts_days` may be gone. Without
    `documents` or `cache` only the log is checked, where they live in the memory of
    another process.

    Raises:
        Unavailable: the log or a store does not answer.
    """
    head = await asyncio.to_thread(store.head)
    stores = {"documents": documents, "cache": cache}
    replicas = [
        Replica(model, sink)
        for model in MODELS
        if (sink := stores[model.sink]) is not None
    ]
    noted = await asyncio.to_thread(checkpoints.load, RELAY)
    receipts = Receipts(
        await asyncio.to_thread(store.last_receipt),
        now=await asyncio.to_thread(store.now),
        kept_days=receipts_days,
    )
    reading = _Reading(replicas, Anchor(noted, epoch=head.epoch), receipts)
    await _read(store, reading, length=head.position, progress=progress)
    checks = reading.checks()
    for replica in replicas:
        position = reading.position
        checks.append(
            await replica.compare(
                store, epoch=head.epoch, after=position, timeout_s=wait_s
            )
        )
    return Verdict(
        ok=all(check.ok for check in checks),
        log=head.log,
        epoch=head.epoch,
        position=reading.position,
        hash=reading.hash.hex(),
        checks=tuple(checks),
    )


async def _read(
    store: EventStore, reading: _Reading, *, length: int, progress: Progress | None
) -> None:
    """Have the whole log read, page by page."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    async for page in readable_pages(store):
        if isinstance(page, Unreadable):
            reading.pass_over(page)
            continue
        reading.read(page)
        await _look_up(store, reading.receipts)
        if progress is not None:
            done = page[-1].position
            rate = done / max(loop.time() - started, 1e-6)
            progress(done, max(done, length), rate)
    reading.receipts.end()
    await _look_up(store, reading.receipts)


async def _look_up(store: EventStore, auditor: Receipts) -> None:
    """Compare the commands that were read with their receipts."""
    spans = auditor.take()
    if not spans:
        return
    command_ids = list({span.command_id for span in spans})
    for left in reversed(range(LOOKUPS_MAX)):
        try:
            found = await asyncio.to_thread(store.receipts, command_ids)
        except Unavailable:
            if not left:
                raise
        else:
            auditor.compare(spans, found)
            return


class _Reading:
    """One pass over the log, for all auditors and replicas together."""

    def __init__(
        self, replicas: list[Replica], anchor: Anchor, receipts: Receipts
    ) -> None:
        self.position = 0
        self.hash = b""
        self.receipts = receipts
        self._readable = Readable()
        self._replicas = replicas
        self._auditors: list[Auditor] = [
            Chain(),
            anchor,
            receipts,
            Positions(),
            Versions(),
            self._readable,
            Claims(),
            Limits(),
            Holds(),
            SaleWindow(),
            Accounts(),
            Budgets(),
            Quotas(),
            Approvals(),
        ]

    def read(self, page: list[LogRecord]) -> None:
        facts: list[Fact] = []
        for record in page:
            event = _event(record)
            self._audit(record, event)
            if event is not None and record.tag in ROUTED:
                facts.append(
                    Fact(
                        record.position,
                        record.stream,
                        record.version,
                        record.recorded_at,
                        event,
                    )
                )
        for replica in self._replicas:
            self._fold(replica, facts)
        last = page[-1]
        self.position, self.hash = last.position, last.hash if is_sound(last) else b""

    def _audit(self, record: LogRecord, event: Event | None) -> None:
        for auditor in self._auditors:
            try:
                auditor.read(record, event)
            except Exception as error:  # noqa: BLE001 - what a record holds may raise anything
                self._readable.refuse(record.position, repr(error))

    def _fold(self, replica: Replica, facts: list[Fact]) -> None:
        try:
            replica.fold(facts)
        except Exception as error:  # noqa: BLE001 - as above
            why = f"{replica.model.name} of it or what follows fails, {error!r}"
            self._readable.refuse(facts[0].position, why)

    def pass_over(self, gap: Unreadable) -> None:
        """Note a record that the log itself could not give."""
        self._readable.refuse(gap.position, gap.why)
        self.position, self.hash = gap.position, b""

    def checks(self) -> list[Check]:
        return [self._checked(auditor) for auditor in self._auditors]

    def _checked(self, auditor: Auditor) -> Check:
        try:
            return auditor.check()
        except Exception as error:  # noqa: BLE001 - as above
            name, detail = type(auditor).__name__, f"cannot be judged: {error!r}"
            return Check(name, ok=False, detail=detail, position=self.position)


def _event(record: LogRecord) -> Event | None:
    if not is_sound(record):
        return None
    try:
        decode_meta(record.meta, position=record.position)
        return decode(record.tag, record.data, position=record.position)
    except Corrupt:
        return None

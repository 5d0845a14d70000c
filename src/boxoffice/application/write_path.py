"""The one write path: a single writer per process with group commit.

What queued while the last commit ran is decided in order; each decision sees the ones
before it; one call to append stores all of it or nothing. When the log answers that
something read has moved on, the whole batch is decided again on the news; after
`CONFLICTS_MAX` conflicts under the append lock, so progress is certain. A batch that
fails for its data is halved until the culprit is alone.

`step` is a plain function of (jobs, log): a thread drives it live, a loop in tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from time import perf_counter
from typing import Protocol

import structlog

from boxoffice.application.codec import decode, encode, tag_of
from boxoffice.application.crash_points import reached
from boxoffice.application.memory import Memory, Overlay
from boxoffice.application.ports.log import (
    Append,
    EventStore,
    LogWriter,
    Receipt,
    Repeated,
    Stale,
    Stored,
)
from boxoffice.application.reach import Reach
from boxoffice.application.requests import RENDERER, Accepted, Answer, Request
from boxoffice.application.routing import decide, families, orders
from boxoffice.domain.decider import Decision
from boxoffice.domain.message import Fact
from boxoffice.errors import (
    BoxOfficeError,
    Conflict,
    Corrupt,
    KeyReused,
    NotFound,
    OutcomeUnknown,
    Refused,
    Unavailable,
    Unstorable,
)

CONFLICTS_MAX = 2
"""Then the batch is decided under the append lock. Source: design, decision 5."""
ATTEMPTS_MAX = 20
"""Bound of one batch's attempts, repeats and reconnections included."""
ORDERS_MAX = 10_000
"""Families of orders and promotions in memory, unless somebody says otherwise."""
Outcome = Stored | Stale | Repeated

log = structlog.get_logger()


class Observer(Protocol):
    """Whoever counts what the writer does."""

    def batch(self, *, commands: int, commit_s: float) -> None:
        """Note an append that was stored, and how long it took to become durable."""

    def conflict(self) -> None:
        """Note that a batch was decided again."""

    def halving(self) -> None:
        """Note that a batch was split for data that could not be stored."""


class NullObserver:
    """Counts nothing."""

    def batch(self, *, commands: int, commit_s: float) -> None:
        """Ignore it."""

    def conflict(self) -> None:
        """Ignore it."""

    def halving(self) -> None:
        """Ignore it."""


class _Batch:
    """Decisions of one attempt, ready to append."""

    def __init__(self, memory: Memory) -> None:
        self.overlay = Overlay(memory)
        self.append = Append(guards=self.overlay.guards, renderer=RENDERER)
        self.decided: list[tuple[Request, Decision, list[int]]] = []
        self.refused: dict[bytes, Exception] = {}
        self.supposed: dict[bytes, Decision] = {}

    def decide(self, request: Request) -> None:
        try:
            decision = decide(self.overlay, request.command)
            if request.is_question:
                self.supposed[request.command_id] = decision
                return
            versions = self.overlay.apply(decision)
        except (Refused, NotFound, Conflict) as refusal:
            # Its traceback keeps this batch, which keeps it.
            self.refused[request.command_id] = refusal.with_traceback(None)
            self.append.asked_ids.append(request.command_id)
        except Exception as error:
            log.exception("command_failed", command=type(request.command).__name__)
            self.refused[request.command_id] = Corrupt(f"The command failed: {error!r}")
            self.append.asked_ids.append(request.command_id)
        else:
            self.decided.append((request, decision, versions))
            self._add(request, decision, versions)

    def _add(self, request: Request, decision: Decision, versions: list[int]) -> None:
        append = self.append
        if not decision:
            append.asked_ids.append(request.command_id)
            return
        index = len(append.command_ids)
        append.command_ids.append(request.command_id)
        append.request_hashes.append(request.request_hash)
        meta = encode(request.meta)
        for (stream, event), version in zip(decision, versions, strict=True):
            append.event_commands.append(index)
            append.event_streams.append(stream)
            append.event_versions.append(version)
            append.event_tags.append(tag_of(event))
            append.event_datas.append(encode(event))
            append.event_metas.append(meta)

    def answers(self, stored: Stored) -> dict[bytes, Answer]:
        found: dict[bytes, Answer] = dict(self.refused)
        position = stored.first
        for request, decision, versions in self.decided:
            facts = []
            for (stream, event), version in zip(decision, versions, strict=True):
                facts.append(Fact(position, stream, version, stored.recorded_at, event))
                position += 1
            found[request.command_id] = Accepted(
                tuple(facts), renderer=self.append.renderer
            )
        for command_id, decision in self.supposed.items():
            found[command_id] = Accepted(
                tuple(Fact(0, s, 0, stored.recorded_at, e) for s, e in decision)
            )
        return found


class WritePath:
    """Decides and appends batches of requests; owned by one thread."""

    def __init__(
        self,
        store: EventStore,
        *,
        families_max: int,
        orders_max: int = ORDERS_MAX,
        observer: Observer | None = None,
        reach: Reach | None = None,
    ) -> None:
        self._store = store
        self._memory = Memory(
            families_max=families_max,
            orders_max=orders_max,
            seen=store.head().position,
        )
        self._observer = observer or NullObserver()
        self._reach = reach or Reach()

    def step(self, requests: Sequence[Request]) -> dict[bytes, Answer]:
        """Answer requests with distinct command ids, in order.

        Never raises: whatever goes wrong is somebody's answer.
        """
        try:
            return self._answered(list(requests))
        except (Unstorable, Corrupt) as error:
            if len(requests) == 1:
                return {requests[0].command_id: error}
            self._observer.halving()
            middle = len(requests) // 2
            return self.step(requests[:middle]) | self.step(requests[middle:])
        except Exception as error:
            if not isinstance(error, BoxOfficeError):
                log.exception("writer_failed")
                self._memory.forget_all()
            return dict.fromkeys((r.command_id for r in requests), error)

    def _answered(self, pending: list[Request]) -> dict[bytes, Answer]:
        answers: dict[bytes, Answer] = {}
        stale: list[Stale] = []
        for _ in range(ATTEMPTS_MAX):
            try:
                batch, outcome = self._attempt(pending, stale)
            except OutcomeUnknown as unknown:
                batch, outcome = None, self._settled(pending, unknown)
            match outcome:
                case Stored() if batch is not None:
                    self._memory.keep(batch.overlay.entries, batch.overlay.guards)
                    self._memory.accepted(first=outcome.first, head=outcome.head)
                    self._reach.note(outcome.head)
                    return answers | batch.answers(outcome)
                case Stale():
                    stale.append(outcome)
                    self._observer.conflict()
                case Repeated():
                    answers |= self._repeats(pending, outcome.command_ids)
                    pending = [r for r in pending if r.command_id not in answers]
                    if not pending:
                        return answers
        raise Unavailable

    def _attempt(
        self, pending: Sequence[Request], stale: Sequence[Stale]
    ) -> tuple[_Batch, Outcome]:
        is_alone = len(stale) >= CONFLICTS_MAX
        lock = self._store.exclusive() if is_alone else nullcontext(self._store)
        with lock as log_:
            batch = self._decided(log_, pending, stale)
            started = perf_counter()
            reached("append.before")
            outcome = log_.append(batch.append)
        reached("append.after")
        if isinstance(outcome, Stored):
            took = perf_counter() - started
            self._observer.batch(commands=len(pending), commit_s=took)
        return batch, outcome

    def _decided(
        self, log_: LogWriter, pending: Sequence[Request], stale: Sequence[Stale]
    ) -> _Batch:
        needed = {f for r in pending for f in families(r.command)}
        needed.update(f for r in pending for f in orders(r.command))
        if stale:
            self._memory.catch_up(log_, head=stale[-1].head)
            needed |= self._memory.missing(stale[-1].streams)
        self._memory.load(log_, needed)
        self._reach.note(self._memory.newest)
        batch = _Batch(self._memory)
        for request in pending:
            batch.decide(request)
        return batch

    def _settled(self, pending: Sequence[Request], unknown: OutcomeUnknown) -> Repeated:
        """After a broken connection: what has a receipt is done, the rest is not."""
        try:
            found = self._store.receipts([r.command_id for r in pending])
        except Unavailable:
            raise unknown from None
        return Repeated(tuple(r.command_id for r in found), head=0)

    def _repeats(
        self, pending: Sequence[Request], repeated: Sequence[bytes]
    ) -> dict[bytes, Answer]:
        receipts = {r.command_id: r for r in self._store.receipts(repeated)}
        return {
            request.command_id: self._repeat(request, receipts[request.command_id])
            for request in pending
            if request.command_id in receipts
        }

    def _repeat(self, request: Request, receipt: Receipt) -> Answer:
        if receipt.request_hash != request.request_hash:
            return KeyReused()
        records = self._store.read(
            after=receipt.first - 1, limit=receipt.last - receipt.first + 1
        )
        facts = tuple(
            Fact(
                r.position,
                r.stream,
                r.version,
                r.recorded_at,
                decode(r.tag, r.data, position=r.position),
            )
            for r in records
        )
        return Accepted(facts, repeated=True, renderer=receipt.renderer)

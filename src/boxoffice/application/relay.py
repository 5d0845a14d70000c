"""Sending the log to the bus: at least once, in order, nothing left out.

The log is the outbox. One relay is active, by lease. It reads in order of position,
publishes page by page, and its checkpoint moves only over what the bus acknowledged;
after a failure a new publisher sends the same page again. `prev` links every message
to the one before it in its partition, so a reader sees that something is missing. When
a release brings a new topic, everything is sent again, so that the topic has it all.

Marks tell partitions without news how far the log has been sent: at once to those
that just got messages, within `MARK_S` to idle ones. Without them nobody could tell a
quiet partition from a slow one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import msgspec
import structlog
from msgspec.structs import replace

from boxoffice.application.lease import Leadership, contender, leading
from boxoffice.application.partitioning import partition_of
from boxoffice.application.ports.bus import Bus, Message, Outgoing, Publisher
from boxoffice.application.ports.checkpoints import Checkpoint, Checkpoints
from boxoffice.application.ports.log import EventStore, LogRecord
from boxoffice.application.topics import FAMILIES, route
from boxoffice.errors import BoxOfficeError, Conflict, Corrupt, Unavailable

NAME = "relay"
REQUEST = "relay-republish"
"""Checkpoint whose position is the number of the newest request to send all again."""
MARK_S = 0.25
SAVE_S = 0.1
"""A checkpoint may be this late: what it does not know is sent twice, harmlessly."""
RETRY_S = 0.5

log = structlog.get_logger()


class Report(msgspec.Struct, frozen=True):
    """How the relay is doing. `problem` is empty while it is."""

    position: int = 0
    head: int = 0
    messages: int = 0
    active: bool = False
    problem: str = ""


@dataclass(frozen=True)
class Relay:
    """What a relay works with."""

    store: EventStore
    checkpoints: Checkpoints
    bus: Bus
    batch_max: int
    lease_s: float
    report: Callable[[Report], None] = lambda _report: None
    owner: str = field(default_factory=contender)


class Plan(msgspec.Struct, frozen=True):
    """Messages to send, and the checkpoint once all of them are acknowledged."""

    outgoing: list[Outgoing]
    checkpoint: Checkpoint


def plan(
    records: Sequence[LogRecord], after: Checkpoint, partitions: Mapping[str, int]
) -> Plan:
    """Route records that follow a checkpoint; mark the partitions that they reach.

    Raises:
        Corrupt: a tag is unknown, or a position is missing.
    """
    sent = dict(after.sent)
    outgoing: list[Outgoing] = []
    touched: dict[str, tuple[str, int]] = {}
    expected = after.position
    for record in records:
        expected += 1
        if record.position != expected:
            raise Corrupt(f"The log has no event {expected}.", position=expected)
        routed = route(record)
        if routed is None:
            continue
        family, key = routed
        partition = partition_of(key, partitions[family])
        name = topic_partition(family, partition)
        message = _message(record, key, epoch=after.epoch, prev=sent.get(name, 0))
        outgoing.append(Outgoing(family, partition, message))
        sent[name] = record.position
        touched[name] = (family, partition)
    last = records[-1]
    checkpoint = Checkpoint(after.epoch, last.position, last.hash, sent)
    marks = marked(checkpoint, touched.values())
    return Plan([*outgoing, *marks.outgoing], marks.checkpoint)


def marked(checkpoint: Checkpoint, partitions: Iterable[tuple[str, int]]) -> Plan:
    """Tell partitions that are behind the checkpoint that nothing is missing."""
    sent = dict(checkpoint.sent)
    outgoing: list[Outgoing] = []
    for family, partition in partitions:
        name = topic_partition(family, partition)
        prev = sent.get(name, 0)
        if prev < checkpoint.position:
            mark = Message(
                "",
                checkpoint.epoch,
                checkpoint.position,
                prev,
                hash=checkpoint.hash,
            )
            outgoing.append(Outgoing(family, partition, mark))
            sent[name] = checkpoint.position
    return Plan(outgoing, replace(checkpoint, sent=sent))


def topic_partition(family: str, partition: int) -> str:
    """Name a partition in `Checkpoint.sent`."""
    return f"{family}/{partition}"


def _message(record: LogRecord, key: str, *, epoch: int, prev: int) -> Message:
    return Message(
        key,
        epoch,
        record.position,
        prev,
        record.tag,
        record.stream,
        record.version,
        record.recorded_at,
        record.hash,
        record.meta,
        record.data,
    )


async def run(relay: Relay) -> None:
    """Relay until cancelled, whenever this process holds the lease."""
    while True:
        try:
            async with leading(
                relay.checkpoints,
                NAME,
                owner=relay.owner,
                ttl_s=relay.lease_s,
                waiting=lambda: relay.report(Report()),
            ) as leadership:
                await _Session(relay, leadership).run()
        except Conflict:
            relay.report(Report())
        except BoxOfficeError as error:
            log.warning("relay_paused", code=error.code, detail=error.detail)
            relay.report(Report(problem=error.detail))
            await asyncio.sleep(RETRY_S)


async def republish(relay: Relay) -> int:
    """Have the whole log sent again, by the active relay or here; give its length.

    Raises:
        Unavailable: the log or the bus does not answer.
        Corrupt: the log was set back.
    """
    number = await _request(relay)
    head = await asyncio.to_thread(relay.store.head)
    while not await _is_served(relay, number, head.position):
        lease = await asyncio.to_thread(
            relay.checkpoints.acquire, NAME, relay.owner, ttl_s=relay.lease_s
        )
        if lease is None:
            await asyncio.sleep(RETRY_S)
            continue
        async with leading(
            relay.checkpoints, NAME, owner=relay.owner, ttl_s=relay.lease_s
        ) as leadership:
            await _Session(relay, leadership).run(until=head.position)
    return head.position


async def _request(relay: Relay) -> int:
    last = await asyncio.to_thread(relay.checkpoints.load, REQUEST)
    head = await asyncio.to_thread(relay.store.head)
    number = (last.position if last is not None else 0) + 1
    async with leading(
        relay.checkpoints, REQUEST, owner=relay.owner, ttl_s=relay.lease_s
    ) as leadership:
        request = Checkpoint(head.epoch, number, b"")
        await asyncio.to_thread(relay.checkpoints.save, leadership.lease, request)
    return number


async def _is_served(relay: Relay, number: int, position: int) -> bool:
    checkpoint = await asyncio.to_thread(relay.checkpoints.load, NAME)
    if checkpoint is None or checkpoint.sent.get(REQUEST, 0) < number:
        return False
    return checkpoint.position >= position


class _Session:
    """One spell of being the active relay."""

    def __init__(self, relay: Relay, leadership: Leadership) -> None:
        self._relay = relay
        self._leadership = leadership
        self._checkpoint = Checkpoint(0, 0, b"")
        self._saved = self._checkpoint
        self._saved_at = self._marked_at = self._looked_at = 0.0
        self._messages = 0
        self._head = 0

    async def run(self, *, until: int | None = None) -> None:
        """Send what is new; return once `until` is sent, or never.

        Raises:
            Unavailable: try again with a new session.
            Conflict: the lease went to somebody else.
            Corrupt: the log is not the one that was sent before.
        """
        self._checkpoint = await self._resumed()
        publisher = await self._relay.bus.publisher()
        try:
            while until is None or self._checkpoint.position < until:
                self._leadership.check()
                await self._look_up()
                if not await self._advance(publisher):
                    await self._idle(publisher)
                await self._save_now_and_then()
            await self._publish(publisher, self._marks(publisher))
        finally:
            with suppress(BoxOfficeError):
                await publisher.close()
            with suppress(BoxOfficeError):
                await self._save()

    async def _resumed(self) -> Checkpoint:
        """Give the checkpoint, if the log still is what it was taken from."""
        store = self._relay.store
        head = await asyncio.to_thread(store.head)
        last = await asyncio.to_thread(self._relay.checkpoints.load, NAME)
        if last is None or last.epoch < head.epoch:
            return Checkpoint(head.epoch, 0, b"", _requests(last))
        if last.position:
            page = await asyncio.to_thread(store.read, after=last.position - 1, limit=1)
            if last.epoch > head.epoch or not page or page[0].hash != last.hash:
                raise _set_back(last.position)
        if last.position and not _knows_every_family(last):
            log.info("relay_sends_all_again", reason="there is a new topic")
            return Checkpoint(head.epoch, 0, b"", _requests(last))
        return last

    async def _look_up(self) -> None:
        """Learn now and then how long the log is and whether all is wanted again."""
        if not self._is_due(self._looked_at, RETRY_S):
            return
        self._looked_at = asyncio.get_running_loop().time()
        head = await asyncio.to_thread(self._relay.store.head)
        if head.epoch != self._checkpoint.epoch:
            raise Unavailable("The log has a new epoch; the relay starts again.")
        self._head = head.position
        request = await asyncio.to_thread(self._relay.checkpoints.load, REQUEST)
        served = self._checkpoint.sent.get(REQUEST, 0)
        if request is not None and request.position > served:
            log.info("relay_sends_all_again", request=request.position)
            sent = {REQUEST: request.position}
            self._checkpoint = Checkpoint(self._checkpoint.epoch, 0, b"", sent)

    async def _advance(self, publisher: Publisher) -> bool:
        """Send the next page; False when there is none."""
        records = await asyncio.to_thread(
            self._relay.store.read,
            after=self._checkpoint.position,
            limit=self._relay.batch_max,
        )
        if not records:
            return False
        partitions = {family: publisher.partitions(family) for family in FAMILIES}
        await self._publish(publisher, plan(records, self._checkpoint, partitions))
        if self._is_due(self._marked_at, MARK_S):
            await self._publish(publisher, self._marks(publisher))
        return True

    async def _idle(self, publisher: Publisher) -> None:
        if self._is_due(self._marked_at, MARK_S):
            await self._publish(publisher, self._marks(publisher))
        await asyncio.to_thread(
            self._relay.store.wait, after=self._checkpoint.position, timeout_s=MARK_S
        )

    def _marks(self, publisher: Publisher) -> Plan:
        self._marked_at = asyncio.get_running_loop().time()
        every = [
            (family, partition)
            for family in FAMILIES
            for partition in range(publisher.partitions(family))
        ]
        return marked(self._checkpoint, every)

    async def _publish(self, publisher: Publisher, planned: Plan) -> None:
        if planned.outgoing:
            await publisher.publish(planned.outgoing)
        self._checkpoint = planned.checkpoint
        self._messages += len(planned.outgoing)
        position = self._checkpoint.position
        head = max(position, self._head)
        self._relay.report(Report(position, head, self._messages, active=True))

    async def _save_now_and_then(self) -> None:
        if self._is_due(self._saved_at, SAVE_S):
            await self._save()

    async def _save(self) -> None:
        if self._checkpoint == self._saved or not self._checkpoint.epoch:
            return
        checkpoint = self._checkpoint
        await asyncio.to_thread(
            self._relay.checkpoints.save, self._leadership.lease, checkpoint
        )
        self._saved = checkpoint
        self._saved_at = asyncio.get_running_loop().time()

    def _is_due(self, last: float, interval_s: float) -> bool:
        return asyncio.get_running_loop().time() - last >= interval_s


def _knows_every_family(last: Checkpoint) -> bool:
    """Tell whether something went to every topic: a new one must have it all."""
    known = {name.partition("/")[0] for name in last.sent}
    return known.issuperset(FAMILIES)


def _requests(last: Checkpoint | None) -> dict[str, int]:
    """Keep only what was asked and served, not what was sent in an older epoch."""
    if last is None or REQUEST not in last.sent:
        return {}
    return {REQUEST: last.sent[REQUEST]}


def _set_back(position: int) -> Corrupt:
    detail = (
        f"The log differs from what was sent up to position {position}: it was set"
        " back. Run `boxoffice new-epoch`, then `boxoffice replay --all`."
    )
    return Corrupt(detail, position=position)

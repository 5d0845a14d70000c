"""The receiving side: raw records, partition by partition, nothing lost on the way.

What a poll did not return was not read: whatever goes wrong, also a cancelled call,
every partition goes back to the position after the last message that was returned.
Records are read from one partition at a time, because the driver drops the good
records of one partition when it raises for another.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import suppress
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import (
    CommitFailedError,
    IllegalStateError,
    KafkaError,
    RebalanceInProgressError,
)

from boxoffice.application.ports.bus import Message
from boxoffice.errors import Corrupt, Unavailable
from boxoffice.infrastructure.kafka.connection import (
    MESSAGE_BYTES_MAX,
    METADATA_AGE_MAX_MS,
    REQUEST_TIMEOUT_MS,
    translated,
    within,
)
from boxoffice.infrastructure.kafka.envelope import to_message
from boxoffice.infrastructure.kafka.watch import Watch

OPEN_TIMEOUT_S = 30.0
"""Joining a group waits for its other members to notice."""
CALL_TIMEOUT_S = 10.0
WATCH_S = 2.0
"""How often the ends of the partitions are looked at."""
SESSION_TIMEOUT_MS = 6_000
HEARTBEAT_MS = 1_000
FETCH_WAIT_MAX_MS = 100
"""How long the broker may sit on a fetch; other partitions wait for its answer."""
FETCH_BYTES_MAX = 16 * 1024 * 1024

NOT_OURS_ANY_MORE = (CommitFailedError, IllegalStateError, RebalanceInProgressError)
"""What a commit may meet during a rebalance; it was only a hint."""


class KafkaSubscription(ConsumerRebalanceListener):  # type: ignore[misc]  # untyped
    """One member of a group on one topic; see `open`."""

    def __init__(self, url: str, *, topic: str, group: str) -> None:
        self._topic = topic
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=url,
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=SESSION_TIMEOUT_MS,
            heartbeat_interval_ms=HEARTBEAT_MS,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
            metadata_max_age_ms=METADATA_AGE_MAX_MS,
            fetch_max_wait_ms=FETCH_WAIT_MAX_MS,
            fetch_max_bytes=FETCH_BYTES_MAX,
            max_partition_fetch_bytes=MESSAGE_BYTES_MAX,
        )
        self._returned: dict[TopicPartition, int] = {}
        self._committed: dict[TopicPartition, int] = {}
        self._rewinds: set[int] = set()
        self._assigned = asyncio.Event()
        self._turn = 0
        self._watch = Watch()
        self._watch_at = 0.0
        self._closed = False

    async def open(self) -> KafkaSubscription:
        """Join the group and wait for the first assignment."""
        self._consumer.subscribe([self._topic], listener=self)
        try:
            async with within(OPEN_TIMEOUT_S):
                await self._consumer.start()
        except BaseException:
            await self.close()
            raise
        return self

    async def poll(
        self, *, messages_max: int, timeout_s: float
    ) -> dict[int, list[Message]]:
        """Give new messages.

        Raises:
            Unavailable: close this subscription and open another; nothing was lost.
            Corrupt: a record is none of ours, and no partition has anything else.
        """
        if self._closed:
            raise Unavailable("This subscription is closed.")
        try:
            with translated():
                batch = await self._poll(messages_max, _now_s() + timeout_s)
        except BaseException:
            self._seek_back()
            raise
        return self._give(batch)

    async def rewind(self, partition: int) -> None:
        """Start again with the next poll that finds the partition owned."""
        self._rewinds.add(partition)
        self._returned.pop(TopicPartition(self._topic, partition), None)

    async def commit(self) -> None:
        owned = self._consumer.assignment()
        offsets = {tp: at for tp, at in self._returned.items() if tp in owned}
        if not offsets or offsets == self._committed:
            return
        async with within(CALL_TIMEOUT_S):
            with suppress(*NOT_OURS_ANY_MORE):
                await self._consumer.commit(offsets)
                self._committed = offsets

    async def close(self) -> None:
        self._closed = True
        with suppress(KafkaError, OSError):
            async with asyncio.timeout(CALL_TIMEOUT_S):
                await self._consumer.stop()

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Part with everything; what was not committed will be delivered again."""
        del revoked
        self._returned.clear()
        self._committed.clear()

    async def on_partitions_assigned(
        self, assigned: Collection[TopicPartition]
    ) -> None:
        """Wake a poll that waits for work."""
        del assigned
        self._assigned.set()

    async def _poll(self, messages_max: int, deadline_s: float) -> _Batch:
        while True:
            left_s = deadline_s - _now_s()
            await self._start_over()
            batch = await self._fetch(messages_max, min(left_s, WATCH_S))
            await self._look(batch)
            if batch.messages or left_s <= 0:
                return batch

    async def _fetch(self, messages_max: int, wait_s: float) -> _Batch:
        batch = _Batch()
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._locate()
                await self._drain(batch, messages_max)
                if not batch.messages:
                    await self._wait_for_one(batch, wait_s)
                    await self._drain(batch, messages_max)
        return batch

    async def _locate(self) -> None:
        """Find out where newly assigned partitions start."""
        while not (owned := self._consumer.assignment()):
            self._assigned.clear()
            await self._assigned.wait()
        for tp in owned - self._returned.keys():
            self._returned[tp] = await self._consumer.position(tp)

    async def _start_over(self) -> None:
        """Rewind what is owned; committed, so that it holds after a rebalance too."""
        owned = self._consumer.assignment()
        tps = [tp for tp in owned if tp.partition in self._rewinds]
        if not tps:
            return
        async with asyncio.timeout(CALL_TIMEOUT_S):
            first = await self._consumer.beginning_offsets(tps)
            with suppress(*NOT_OURS_ANY_MORE):
                await self._consumer.commit(first)
                self._committed = {}
                for tp, offset in first.items():
                    self._consumer.seek(tp, offset)
                    self._returned[tp] = offset
                    self._rewinds.discard(tp.partition)

    async def _drain(self, batch: _Batch, messages_max: int) -> None:
        """Take what was fetched already, beginning with another partition each time."""
        failures = []
        self._turn += 1
        for tp in _rotated(sorted(self._returned), self._turn):
            if (left := messages_max - batch.count) <= 0:
                break
            try:
                found = await self._consumer.getmany(tp, max_records=left)
                self._take(batch, tp, found.get(tp, []))
            except (KafkaError, Corrupt) as error:
                self._seek(tp, batch.ends.get(tp, self._returned.get(tp)))
                failures.append(error)
        if failures and not batch.messages:
            raise failures[0]

    async def _wait_for_one(self, batch: _Batch, wait_s: float) -> None:
        if not self._returned:
            return  # A rebalance came in between.
        found = await self._consumer.getmany(
            *self._returned, timeout_ms=max(0, int(wait_s * 1000)), max_records=1
        )
        for tp, records in found.items():
            self._take(batch, tp, records)

    def _take(self, batch: _Batch, tp: TopicPartition, records: list[Any]) -> None:
        if not records:
            batch.idle.add(tp)
            return
        batch.idle.discard(tp)
        for record in records:
            message = to_message(record)
            batch.messages.setdefault(tp, []).append(message)
            batch.ends[tp] = record.offset + 1
            batch.count += 1

    async def _look(self, batch: _Batch) -> None:
        """Ask the broker now and then whether this subscription can still be right."""
        if _now_s() < self._watch_at:
            return
        self._watch_at = _now_s() + WATCH_S
        if not self._consumer.partitions_for_topic(self._topic):
            raise Unavailable(f"Topic {self._topic} was deleted.")
        async with asyncio.timeout(CALL_TIMEOUT_S):
            ends = await self._consumer.end_offsets(list(self._returned))
        idle = {tp.partition: self._returned.get(tp, 0) for tp in batch.idle}
        positions = {tp.partition: end for tp, end in ends.items()}
        self._watch.check(positions, idle, now_s=_now_s())

    def _give(self, batch: _Batch) -> dict[int, list[Message]]:
        for tp, end in batch.ends.items():
            self._watch.read_to(tp.partition, end)
            if tp in self._returned:
                self._returned[tp] = end
        return {tp.partition: messages for tp, messages in batch.messages.items()}

    def _seek_back(self) -> None:
        """Forget what was read since the last poll that returned."""
        for tp, offset in self._returned.items():
            self._seek(tp, offset)

    def _seek(self, tp: TopicPartition, offset: int | None) -> None:
        if offset is not None and tp in self._consumer.assignment():
            self._consumer.seek(tp, offset)


def _rotated(tps: list[TopicPartition], turn: int) -> list[TopicPartition]:
    first = turn % len(tps) if tps else 0
    return tps[first:] + tps[:first]


class _Batch:
    """What one poll has read so far; `idle` was asked and had nothing."""

    def __init__(self) -> None:
        self.messages: dict[TopicPartition, list[Message]] = {}
        self.ends: dict[TopicPartition, int] = {}
        self.idle: set[TopicPartition] = set()
        self.count = 0


def _now_s() -> float:
    return asyncio.get_running_loop().time()

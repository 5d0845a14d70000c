"""The sending side: our own batches, all partitions at once, each in order.

Per partition one batch is under way at a time, and after a failure nothing follows
it, so that what arrived is a prefix. A producer that failed is never used again: its
sequence numbers may have moved past what the broker has. At least once, in order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from boxoffice.application.ports.bus import Message, Outgoing
from boxoffice.errors import Unavailable, Unstorable
from boxoffice.infrastructure.kafka.connection import (
    MESSAGE_BYTES_MAX,
    METADATA_AGE_MAX_MS,
    REQUEST_TIMEOUT_MS,
    settled,
    within,
)
from boxoffice.infrastructure.kafka.envelope import Envelope
from boxoffice.infrastructure.kafka.topics import (
    ensure_topics,
    partition_counts,
    topic_name,
)

PUBLISH_TIMEOUT_S = 10.0
"""Until when a call has to be acknowledged; an idempotent producer never gives up."""
CLOSE_TIMEOUT_S = 2 * REQUEST_TIMEOUT_MS / 1000
BATCH_BYTES_MAX = 512 * 1024
HEADROOM_BYTES = 64 * 1024
"""Left for headers and the batch around a message."""

_Address = tuple[str, int]
"""Family and partition."""


class KafkaPublisher:
    """Sends to the topics of one epoch; see `opened`."""

    def __init__(
        self, url: str, *, prefix: str, log: str, epoch: int, partitions: int
    ) -> None:
        self._url = url
        self._prefix = prefix
        self._log = log
        self._epoch = epoch
        self._partitions = partitions
        self._counts: dict[str, int] = {}
        self._ensured: set[str] = set()
        self._envelopes: dict[_Address, Envelope] = {}
        self._producer: AIOKafkaProducer | None = None
        self._failed: AIOKafkaProducer | None = None
        self._turn = asyncio.Lock()

    async def open(self) -> KafkaPublisher:
        """Learn which topics there are."""
        beginning = self._topic("")
        there = await partition_counts(self._url, beginning=beginning)
        self._counts = {
            topic.removeprefix(beginning): count for topic, count in there.items()
        }
        return self

    def partitions(self, family: str) -> int:
        return self._counts.get(family, self._partitions)

    async def publish(self, batch: Sequence[Outgoing]) -> None:
        by_address: dict[_Address, list[Message]] = {}
        for outgoing in batch:
            self._check(outgoing.message)
            address = (outgoing.family, outgoing.partition)
            by_address.setdefault(address, []).append(outgoing.message)
        async with self._turn:
            try:
                async with within(PUBLISH_TIMEOUT_S):
                    await self._send_all(by_address)
            except BaseException:
                self._distrust()
                raise

    async def close(self) -> None:
        async with self._turn:
            for producer in (self._failed, self._producer):
                if producer is not None:
                    await _abandon(producer)
            self._failed = self._producer = None

    async def _send_all(self, by_address: dict[_Address, list[Message]]) -> None:
        if self._failed is not None:  # First of all: it may still be sending.
            await _abandon(self._failed)
            self._failed = None
        await self._ensure({family for family, _ in by_address})
        producer = await self._started()
        sending = [
            asyncio.create_task(self._send(producer, address, messages))
            for address, messages in by_address.items()
        ]
        try:
            answers = await asyncio.gather(*sending, return_exceptions=True)
        finally:
            for task in sending:
                task.cancel()
        for answer in answers:
            if answer is not None:
                raise answer

    async def _send(
        self, producer: AIOKafkaProducer, address: _Address, messages: list[Message]
    ) -> None:
        family, partition = address
        topic = self._topic(family)
        envelope = self._envelopes.setdefault(
            address, Envelope(self._log, family, partition)
        )
        builder = producer.create_batch()
        for message in messages:
            if not _appended(builder, envelope, message):
                await (await producer.send_batch(builder, topic, partition=partition))
                builder = producer.create_batch()
                _appended(builder, envelope, message)
        await (await producer.send_batch(builder, topic, partition=partition))

    async def _ensure(self, families: set[str]) -> None:
        """Make missing topics.

        Raises:
            Unavailable: somebody made one with another number of partitions, so that
                these messages are routed wrongly.
        """
        missing = {family: self._topic(family) for family in families - self._ensured}
        if not missing:
            return
        there = await ensure_topics(
            self._url, missing.values(), partitions=self._partitions
        )
        for family, topic in missing.items():
            expected, count = self.partitions(family), there[topic]
            self._counts[family] = count
            if count != expected:
                detail = f"{topic} has {count} partitions, not {expected}; route again."
                raise Unavailable(detail, topic=topic)
        self._ensured |= families

    async def _started(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                bootstrap_servers=self._url,
                acks="all",
                enable_idempotence=True,
                max_batch_size=BATCH_BYTES_MAX,
                request_timeout_ms=REQUEST_TIMEOUT_MS,
                metadata_max_age_ms=METADATA_AGE_MAX_MS,
            )
            self._producer = producer
            await settled(producer.start())
        return self._producer

    def _distrust(self) -> None:
        """Start anew next time: another producer, and a look at the topics."""
        self._failed, self._producer = self._producer or self._failed, None
        self._ensured.clear()

    def _check(self, message: Message) -> None:
        if message.epoch != self._epoch:
            detail = f"This publisher is of epoch {self._epoch}, not {message.epoch}."
            raise Unavailable(detail)
        size = len(message.data) + len(message.meta)
        if size > MESSAGE_BYTES_MAX - HEADROOM_BYTES:
            detail = f"Event {message.position} has {size} bytes; Kafka takes no more "
            detail += f"than {MESSAGE_BYTES_MAX}."
            raise Unstorable(detail, position=message.position)

    def _topic(self, family: str) -> str:
        return topic_name(self._prefix, self._log, self._epoch, family)


def _appended(builder: Any, envelope: Envelope, message: Message) -> bool:
    """Add a message to a batch; False when the batch is full."""
    added = builder.append(
        timestamp=None,
        key=message.key.encode(),
        value=message.data,
        headers=envelope.headers(message),
    )
    return added is not None


async def _abandon(producer: AIOKafkaProducer) -> None:
    """End a producer with whatever it still wants to send.

    Its own `stop` first waits for every delivery, which an idempotent producer retries
    for ever; so its sender is ended before.
    """
    with suppress(KafkaError, OSError):
        async with asyncio.timeout(CLOSE_TIMEOUT_S):
            await producer._sender.close()  # noqa: SLF001  (see above)
    with suppress(KafkaError, OSError):
        async with asyncio.timeout(CLOSE_TIMEOUT_S):
            await producer.stop()

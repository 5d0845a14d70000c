"""Kafka as the bus.

Kafka holds a copy of the log that can be deleted and sent again. No promise rests on
its transactions, its offsets or its retention: messages carry positions, and whoever
reads them compares.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from boxoffice.infrastructure.kafka.connection import administration
from boxoffice.infrastructure.kafka.publisher import KafkaPublisher
from boxoffice.infrastructure.kafka.subscription import KafkaSubscription
from boxoffice.infrastructure.kafka.topics import ensure_topics, topic_name


class KafkaBus:
    """The topics of one log; every sending or receiving side has its own connections.

    `epoch` is asked, in a thread, whenever a side is opened: after `new-epoch` sides
    have to be opened again. `partitions` is for topics that are made by this process.
    """

    def __init__(
        self,
        url: str,
        *,
        prefix: str,
        log: str,
        epoch: int | Callable[[], int],
        partitions: int,
    ) -> None:
        self._url = url
        self._prefix = prefix
        self._log = log
        self._epoch = epoch
        self._partitions = partitions

    async def publisher(self) -> KafkaPublisher:
        publisher = KafkaPublisher(
            self._url,
            prefix=self._prefix,
            log=self._log,
            epoch=await self._current_epoch(),
            partitions=self._partitions,
        )
        return await publisher.open()

    async def subscribe(self, family: str, group: str) -> KafkaSubscription:
        epoch = await self._current_epoch()
        topic = topic_name(self._prefix, self._log, epoch, family)
        await ensure_topics(self._url, [topic], partitions=self._partitions)
        subscription = KafkaSubscription(
            self._url, topic=topic, group=f"{topic}.{group}"
        )
        return await subscription.open()

    async def ping(self) -> None:
        async with administration(self._url):
            """Connecting asks for the cluster's metadata."""

    async def _current_epoch(self) -> int:
        if isinstance(self._epoch, int):
            return self._epoch
        return await asyncio.to_thread(self._epoch)

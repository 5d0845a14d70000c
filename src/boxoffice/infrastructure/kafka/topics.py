"""Topics: their names, and how they come and go.

A topic is `<prefix>.<log>.e<epoch>.<family>`. Its first user makes it. The epoch is
in the name because offsets, and order, start anew after a restore. Nothing expires:
a topic is a copy of the log that can be made again, but a reader that comes late must
not find a hole. The number of partitions stays for the life of a topic.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from boxoffice.errors import Unavailable
from boxoffice.infrastructure.kafka.connection import MESSAGE_BYTES_MAX, administration

REPLICAS_MAX = 3


def topic_name(prefix: str, log: str, epoch: int, family: str) -> str:
    """Give the name of a family's topic."""
    return f"{prefix}.{log}.e{epoch}.{family}"


async def partition_counts(url: str, *, beginning: str) -> dict[str, int]:
    """Give the topics whose names begin so, with their numbers of partitions."""
    async with administration(url) as admin:
        return await _counts(admin, beginning)


async def ensure_topics(
    url: str, names: Iterable[str], *, partitions: int
) -> dict[str, int]:
    """Make the topics that are missing; give the partitions that each one has.

    Raises:
        Unavailable: Kafka did not answer, or refused to make a topic.
    """
    async with administration(url) as admin:
        there = await _counts(admin, "")
        missing = [name for name in names if name not in there]
        if missing:
            await _create(admin, missing, partitions)
        made = dict.fromkeys(missing, partitions)
        return {name: there.get(name, made.get(name, partitions)) for name in names}


async def delete_topics(url: str, *, prefix: str) -> list[str]:
    """Delete every topic below a prefix; give their names."""
    async with administration(url) as admin:
        names = sorted(await _counts(admin, f"{prefix}."))
        if names:
            await admin.delete_topics(names)
        return names


async def _counts(admin: AIOKafkaAdminClient, beginning: str) -> dict[str, int]:
    described: list[dict[str, Any]] = await admin.describe_topics()
    return {
        topic["topic"]: len(topic["partitions"])
        for topic in described
        if topic["topic"].startswith(beginning)
    }


async def _create(
    admin: AIOKafkaAdminClient, names: Iterable[str], partitions: int
) -> None:
    brokers = (await admin.describe_cluster())["brokers"]
    replicas = min(REPLICAS_MAX, len(brokers))
    configuration = {
        "cleanup.policy": "delete",
        "retention.ms": "-1",
        "retention.bytes": "-1",
        "max.message.bytes": str(MESSAGE_BYTES_MAX),
        "min.insync.replicas": str(max(1, replicas - 1)),
    }
    topics = [
        NewTopic(name, partitions, replicas, topic_configs=configuration)
        for name in names
    ]
    answer = await admin.create_topics(topics)
    for name, code, *_ in answer.topic_errors:
        if code not in {0, TopicAlreadyExistsError.errno}:
            raise Unavailable(f"Topic {name} cannot be made: {for_code(code)()!r}")

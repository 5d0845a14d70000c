"""What only a real Kafka can do to us: topics that vanish, strangers, big messages."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from boxoffice.application.ports.bus import Message, Outgoing
from boxoffice.errors import Corrupt, Unavailable, Unstorable
from boxoffice.infrastructure.kafka import publisher as publishing
from boxoffice.infrastructure.kafka.bus import KafkaBus
from boxoffice.infrastructure.kafka.connection import MESSAGE_BYTES_MAX
from boxoffice.infrastructure.kafka.subscription import KafkaSubscription
from boxoffice.infrastructure.kafka.topics import (
    delete_topics,
    ensure_topics,
    partition_counts,
)
from boxoffice.infrastructure.kafka.watch import Watch

SOON_S = 40.0
"""A bound, not a wait: what is asserted happens long before."""
EPOCH = 3


@pytest.fixture
async def prefix(kafka_url: str) -> AsyncIterator[str]:
    name = f"t{uuid.uuid4().hex[:12]}"
    yield name
    await delete_topics(kafka_url, prefix=name)


@pytest.fixture
def topic(prefix: str) -> str:
    return f"{prefix}.main.e{EPOCH}.perf"


@pytest.fixture
def bus(kafka_url: str, prefix: str) -> KafkaBus:
    return a_bus(kafka_url, prefix)


def a_bus(url: str, prefix: str, *, partitions: int = 2) -> KafkaBus:
    return KafkaBus(
        url, prefix=prefix, log="main", epoch=lambda: EPOCH, partitions=partitions
    )


def outgoing(positions: Iterable[int], *, partition: int = 0) -> list[Outgoing]:
    return [
        Outgoing(
            family="perf",
            partition=partition,
            message=Message(
                key="p", epoch=EPOCH, position=at, prev=at - 1, tag="t.v1", data=b"{}"
            ),
        )
        for at in positions
    ]


async def publish(bus: KafkaBus, batch: list[Outgoing]) -> None:
    publisher = await bus.publisher()
    await publisher.publish(batch)
    await publisher.close()


@asynccontextmanager
async def subscribed(bus: KafkaBus) -> AsyncIterator[KafkaSubscription]:
    subscription = await bus.subscribe("perf", "g")
    try:
        yield subscription
    finally:
        await subscription.close()


async def collect(subscription: KafkaSubscription, count: int) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    async with asyncio.timeout(SOON_S):
        while sum(map(len, found.values())) < count:
            polled = await subscription.poll(messages_max=100, timeout_s=SOON_S)
            for partition, messages in polled.items():
                positions = [message.position for message in messages]
                found.setdefault(partition, []).extend(positions)
    return found


async def poll_until_it_fails(subscription: KafkaSubscription) -> None:
    async with asyncio.timeout(SOON_S):
        while True:
            await subscription.poll(messages_max=100, timeout_s=0.5)


async def test_topics_carry_prefix_log_epoch_and_family(
    kafka_url: str, bus: KafkaBus, topic: str
) -> None:
    await publish(bus, outgoing([1]))
    assert await partition_counts(kafka_url, beginning=topic) == {topic: 2}


async def test_nothing_expires(kafka_url: str, bus: KafkaBus, topic: str) -> None:
    await publish(bus, outgoing([1]))
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_url)
    await admin.start()
    resource = ConfigResource(ConfigResourceType.TOPIC, topic)
    [answer] = await admin.describe_configs([resource])
    await admin.close()
    found = {entry[0]: entry[1] for entry in answer.resources[0][4]}
    assert found["retention.ms"] == found["retention.bytes"] == "-1"
    assert found["cleanup.policy"] == "delete"
    assert found["max.message.bytes"] == str(MESSAGE_BYTES_MAX)


async def test_the_unsafe_defaults_of_the_driver_are_off(bus: KafkaBus) -> None:
    publisher = await bus.publisher()
    await publisher.publish(outgoing([1]))
    producer = publisher._producer
    assert producer is not None
    assert producer._sender._acks == -1
    assert producer._txn_manager is not None
    await publisher.close()
    async with subscribed(bus) as subscription:
        assert subscription._consumer._enable_auto_commit is False
        assert subscription._consumer._auto_offset_reset == "earliest"


async def test_a_topic_that_was_deleted_is_noticed(
    kafka_url: str, bus: KafkaBus, prefix: str
) -> None:
    await publish(bus, outgoing([1, 2]))
    async with subscribed(bus) as subscription:
        await collect(subscription, 2)
        await delete_topics(kafka_url, prefix=prefix)
        with pytest.raises(Unavailable):
            await poll_until_it_fails(subscription)


async def test_a_topic_that_was_made_again_is_noticed_and_read_from_its_start(
    kafka_url: str, bus: KafkaBus, prefix: str, topic: str
) -> None:
    await publish(bus, outgoing([1, 2, 3]))
    async with subscribed(bus) as subscription:
        assert await collect(subscription, 3) == {0: [1, 2, 3]}
        await subscription.commit()
        await delete_topics(kafka_url, prefix=prefix)
        await made_again(kafka_url, topic)
        with pytest.raises(Unavailable):
            await poll_until_it_fails(subscription)
    await publish(bus, outgoing([1, 2]))
    async with subscribed(bus) as subscription:
        assert await collect(subscription, 2) == {0: [1, 2]}


async def made_again(url: str, topic: str) -> None:
    async with asyncio.timeout(SOON_S):
        await gone(url, topic)
        await ensure_topics(url, [topic], partitions=2)


async def gone(url: str, beginning: str) -> None:
    """Deleting takes a moment, during which the name is taken and can be written to."""
    while await partition_counts(url, beginning=beginning):
        pass


async def test_publishing_makes_a_deleted_topic_again(
    kafka_url: str,
    bus: KafkaBus,
    prefix: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(publishing, "PUBLISH_TIMEOUT_S", 2.0)
    publisher = await bus.publisher()
    await publisher.publish(outgoing([1]))
    producer = publisher._producer
    await delete_topics(kafka_url, prefix=prefix)
    async with asyncio.timeout(SOON_S):
        await gone(kafka_url, prefix)
        while not await sent(publisher, outgoing([2])):
            pass
    assert publisher._producer is not producer
    await publisher.close()
    async with subscribed(bus) as subscription:
        found = await collect(subscription, 1)
    assert set(found[0]) == {2}


async def sent(publisher: publishing.KafkaPublisher, batch: list[Outgoing]) -> bool:
    try:
        await publisher.publish(batch)
    except Unavailable:
        return False
    return True


async def test_what_a_failed_poll_had_read_comes_again(
    bus: KafkaBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    await publish(bus, [*outgoing([1, 2]), *outgoing([3], partition=1)])
    async with subscribed(bus) as subscription:
        with monkeypatch.context() as broken:
            broken.setattr(subscription, "_watch", AlarmedWatch())
            with pytest.raises(Unavailable, match="alarm"):
                await subscription.poll(messages_max=100, timeout_s=SOON_S)
        assert await collect(subscription, 3) == {0: [1, 2], 1: [3]}


class AlarmedWatch(Watch):
    def check(
        self, ends: Mapping[int, int], idle: Mapping[int, int], *, now_s: float
    ) -> None:
        raise Unavailable(f"alarm at {now_s} for {ends} and {idle}")


async def test_a_strangers_record_stops_only_its_partition(
    kafka_url: str, bus: KafkaBus, topic: str
) -> None:
    await publish(bus, [*outgoing([1, 2]), *outgoing([3], partition=1)])
    stranger = AIOKafkaProducer(bootstrap_servers=kafka_url)
    await stranger.start()
    await stranger.send_and_wait(topic, b"hello", partition=0)
    await stranger.stop()
    await publish(bus, [*outgoing([4]), *outgoing([5], partition=1)])
    async with subscribed(bus) as subscription:
        assert await collect(subscription, 4) == {0: [1, 2], 1: [3, 5]}
        with pytest.raises(Corrupt, match=f"{topic}/0@2"):
            await poll_until_it_fails(subscription)
        await publish(bus, outgoing([6], partition=1))
        async with asyncio.timeout(SOON_S):
            assert await next_of_the_others(subscription) == {1: [6]}


async def next_of_the_others(subscription: KafkaSubscription) -> dict[int, list[int]]:
    while True:
        with suppress(Corrupt):
            polled = await subscription.poll(messages_max=9, timeout_s=SOON_S)
            return {p: [m.position for m in polled[p]] for p in polled}


async def test_a_message_that_no_topic_takes_is_refused_at_once(bus: KafkaBus) -> None:
    data = b"x" * MESSAGE_BYTES_MAX
    message = Message(key="p", epoch=EPOCH, position=9, prev=0, tag="t.v1", data=data)
    publisher = await bus.publisher()
    with pytest.raises(Unstorable, match="Event 9"):
        await publisher.publish([Outgoing("perf", 0, message)])
    await publisher.publish(outgoing([10]))
    await publisher.close()


async def test_the_largest_message_arrives(bus: KafkaBus) -> None:
    data = b"x" * (MESSAGE_BYTES_MAX - publishing.HEADROOM_BYTES)
    message = Message(key="p", epoch=EPOCH, position=9, prev=0, tag="t.v1", data=data)
    await publish(bus, [Outgoing("perf", 0, message)])
    async with subscribed(bus) as subscription:
        assert await collect(subscription, 1) == {0: [9]}


async def test_another_number_of_partitions_means_to_route_again(
    kafka_url: str, bus: KafkaBus, prefix: str
) -> None:
    publisher = await bus.publisher()
    assert publisher.partitions("perf") == 2
    await publish(a_bus(kafka_url, prefix, partitions=5), outgoing([1]))
    with pytest.raises(Unavailable, match="5 partitions"):
        await publisher.publish(outgoing([2]))
    assert publisher.partitions("perf") == 5
    await publisher.publish(outgoing([2]))
    await publisher.close()
    assert (await bus.publisher()).partitions("perf") == 5


async def test_a_publisher_belongs_to_its_epoch(bus: KafkaBus) -> None:
    publisher = await bus.publisher()
    later = Message(key="p", epoch=EPOCH + 1, position=1, prev=0)
    with pytest.raises(Unavailable, match="epoch"):
        await publisher.publish([Outgoing("perf", 0, later)])
    await publisher.close()


async def test_a_cancelled_publish_can_be_sent_again(bus: KafkaBus) -> None:
    publisher = await bus.publisher()
    for turn in range(5):
        sending = asyncio.create_task(publisher.publish(outgoing(range(1, 2_000))))
        for _ in range(turn * 3):
            await asyncio.sleep(0)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
    await publisher.publish(outgoing(range(1, 2_000)))
    await publisher.close()
    async with subscribed(bus) as subscription:
        found = await collect(subscription, 1_999)
    assert list(dict.fromkeys(found[0]))[:5] == [1, 2, 3, 4, 5]


async def test_an_unreachable_broker_is_unavailable() -> None:
    bus = a_bus("127.0.0.1:1", "nowhere")
    with pytest.raises(Unavailable):
        await bus.ping()
    with pytest.raises(Unavailable):
        await bus.publisher()
    with pytest.raises(Unavailable):
        await bus.subscribe("perf", "g")

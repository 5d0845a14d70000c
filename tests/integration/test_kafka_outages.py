"""A broker that is killed, or freezes, loses nothing that was acknowledged."""

import asyncio
import os
import signal
import uuid
from collections.abc import Iterator
from contextlib import suppress

import pytest

from boxoffice.application.ports.bus import Message, Outgoing
from boxoffice.errors import Unavailable
from boxoffice.infrastructure.kafka import publisher as publishing
from boxoffice.infrastructure.kafka.bus import KafkaBus
from boxoffice.infrastructure.kafka.publisher import KafkaPublisher
from boxoffice.infrastructure.kafka.subscription import KafkaSubscription
from boxoffice.stack.server import Server
from tests.services import own_stack

pytestmark = [pytest.mark.service, pytest.mark.slow]

PARTITIONS = 3
MESSAGES = 9_000
BATCH = 60
SOON_S = 100.0
"""A bound, not a wait: what is asserted happens long before."""


@pytest.fixture(scope="module")
def broker() -> Iterator[Server]:
    with own_stack("kafka") as stack:
        yield stack.servers["kafka"]


@pytest.fixture
def bus(broker: Server) -> KafkaBus:
    prefix = f"t{uuid.uuid4().hex[:12]}"
    return KafkaBus(
        broker.url, prefix=prefix, log="main", epoch=1, partitions=PARTITIONS
    )


def outgoing(position: int) -> Outgoing:
    """One message of a chain: each partition gets every third position."""
    message = Message(
        key="p",
        epoch=1,
        position=position,
        prev=max(0, position - PARTITIONS),
        tag="t.v1",
        data=b"{}" * 100,
    )
    return Outgoing("perf", position % PARTITIONS, message)


class Relay:
    """Sends the chain in batches, each again until it is acknowledged."""

    def __init__(self, publisher: KafkaPublisher) -> None:
        self.publisher = publisher
        self.acknowledged = 0
        self.reached = asyncio.Event()
        self.failed = asyncio.Event()

    async def run(self) -> None:
        while self.acknowledged < MESSAGES:
            first = self.acknowledged + 1
            batch = [outgoing(at) for at in range(first, first + BATCH)]
            try:
                await self.publisher.publish(batch)
            except Unavailable:
                self.failed.set()
            else:
                self.acknowledged += BATCH
            if self.acknowledged >= MESSAGES // 3:
                self.reached.set()


class Reader:
    """Keeps what it saw, and opens another subscription when one fails."""

    def __init__(self, bus: KafkaBus) -> None:
        self.bus = bus
        self.seen: dict[int, list[Message]] = {p: [] for p in range(PARTITIONS)}
        self.subscription: KafkaSubscription | None = None

    async def run(self) -> None:
        while not all(
            messages and messages[-1].position > MESSAGES - PARTITIONS
            for messages in self.seen.values()
        ):
            with suppress(Unavailable):
                await self.read()
        await self.close()

    async def read(self) -> None:
        if self.subscription is None:
            self.subscription = await self.bus.subscribe("perf", "g")
        try:
            polled = await self.subscription.poll(messages_max=500, timeout_s=1)
        except Unavailable:
            await self.close()
            raise
        for partition, messages in polled.items():
            self.seen[partition] += messages
        await self.subscription.commit()

    async def close(self) -> None:
        if self.subscription is not None:
            await self.subscription.close()
            self.subscription = None

    def assert_complete(self) -> None:
        """Everything arrived; nothing came before what it follows."""
        for partition, messages in self.seen.items():
            last = 0
            for message in messages:
                assert message.prev <= last, f"a gap in partition {partition}"
                last = max(last, message.position)
        positions = {m.position for messages in self.seen.values() for m in messages}
        assert positions == set(range(1, MESSAGES + 1))


async def assert_nothing_is_lost(
    bus: KafkaBus, fault: asyncio.Task[None], relay: Relay
) -> None:
    reader = Reader(bus)
    try:
        async with asyncio.timeout(SOON_S):
            await asyncio.gather(relay.run(), reader.run(), fault)
    finally:
        fault.cancel()
        await reader.close()
        await relay.publisher.close()
    reader.assert_complete()


async def test_a_broker_killed_while_publishing_loses_nothing_acknowledged(
    broker: Server, bus: KafkaBus
) -> None:
    relay = Relay(await bus.publisher())

    async def kill() -> None:
        await relay.reached.wait()
        broker.stop(hard=True)
        broker.start()
        await broker.ready()

    await assert_nothing_is_lost(bus, asyncio.create_task(kill()), relay)


async def test_deadlines_shorter_than_the_outage_lose_nothing_either(
    broker: Server, bus: KafkaBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "PUBLISH_TIMEOUT_S", 0.3)
    relay = Relay(await bus.publisher())

    async def kill() -> None:
        await relay.reached.wait()
        broker.stop(hard=True)
        await relay.failed.wait()
        broker.start()
        await broker.ready()

    await assert_nothing_is_lost(bus, asyncio.create_task(kill()), relay)
    assert relay.failed.is_set()


async def test_a_frozen_broker_is_unavailable_and_loses_nothing(
    broker: Server, bus: KafkaBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "PUBLISH_TIMEOUT_S", 0.5)
    relay = Relay(await bus.publisher())

    async def freeze() -> None:
        await relay.reached.wait()
        os.kill(broker.pid, signal.SIGSTOP)
        try:
            await relay.failed.wait()
        finally:
            os.kill(broker.pid, signal.SIGCONT)

    await assert_nothing_is_lost(bus, asyncio.create_task(freeze()), relay)
    assert relay.failed.is_set()

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace

from msgspec.structs import replace as replace_struct

from boxoffice.application.ports.bus import (
    Bus,
    Message,
    Outgoing,
    Publisher,
    Subscription,
)
from boxoffice.application.rebuild import rebuild
from boxoffice.application.relay import NAME
from boxoffice.application.topics import FAMILIES, ROUTED
from boxoffice.errors import Unavailable
from boxoffice.infrastructure.memory.bus import MemoryBus
from boxoffice.infrastructure.memory.event_store import MemoryEventStore
from boxoffice_projectors.registry import rows
from tests.histories import history
from tests.ordering import Facts
from tests.read_side import House, memory_house, projecting, relaying, until


class FlakyBus:
    """A bus whose publishers send a part of a batch and then fail, a few times."""

    def __init__(self, bus: Bus, *, failures: int) -> None:
        self._bus = bus
        self.failures = failures
        self.publishers = 0

    async def publisher(self) -> Publisher:
        self.publishers += 1
        return FlakyPublisher(self, await self._bus.publisher())

    async def subscribe(self, family: str, group: str) -> Subscription:
        return await self._bus.subscribe(family, group)

    async def ping(self) -> None:
        await self._bus.ping()


class FlakyPublisher:
    """Broken for good after its first failure, as a real one may be."""

    def __init__(self, bus: FlakyBus, publisher: Publisher) -> None:
        self._bus = bus
        self._publisher = publisher
        self._broken = False

    def partitions(self, family: str) -> int:
        return self._publisher.partitions(family)

    async def publish(self, batch: Sequence[Outgoing]) -> None:
        if self._bus.failures or self._broken:
            self._bus.failures -= not self._broken
            self._broken = True
            await self._publisher.publish(batch[: len(batch) // 2])
            raise Unavailable
        await self._publisher.publish(batch)

    async def close(self) -> None:
        await self._publisher.close()


async def received(
    house: House, *, upto: int, family: str = "performance"
) -> list[Message]:
    """Read the only partition of a topic until a position came."""
    subscription = await house.bus.subscribe(family, "reader")
    found: list[Message] = []

    async def came() -> bool:
        polled = await subscription.poll(messages_max=1_000, timeout_s=0.1)
        found.extend(polled.get(0, []))
        return bool(found) and found[-1].position >= upto

    try:
        await until(came, f"position {upto} was sent")
    finally:
        await subscription.close()
    return found


def assert_chained(messages: Sequence[Message]) -> None:
    """Demand that a reader who passes over what it knows meets no gap."""
    watermark = 0
    for message in messages:
        assert message.prev <= watermark, message
        watermark = max(watermark, message.position)


async def test_a_failed_page_is_sent_again_by_a_new_publisher() -> None:
    house = memory_house(partitions=1)
    flaky = FlakyBus(house.bus, failures=2)
    house = replace(house, bus=flaky)
    head = house.recorder.play(history(1))
    async with relaying(house):
        topics = [await received(house, upto=head, family=f) for f in FAMILIES]
    assert flaky.publishers == 3
    for messages in topics:
        assert_chained(messages)
    log = house.store.read(after=0, limit=10_000)
    routed = {record.position for record in log if record.tag in ROUTED}
    sent = [{message.position for message in topic if message.tag} for topic in topics]
    assert set().union(*sent) == routed
    assert not set.intersection(*sent)
    async with relaying(house), projecting(house):
        assert (await house.verify()).ok


async def test_nothing_is_lost_or_out_of_order_however_often_it_starts() -> None:
    house = memory_house(partitions=1)
    head = 0
    for seed in range(5):
        head = house.recorder.play(history(seed, commands=10))
        async with relaying(house):

            async def some() -> bool:
                checkpoint = house.checkpoints.load(NAME)
                return checkpoint is not None and checkpoint.position > 0

            await until(some, "it was working")
    async with relaying(house):
        assert_chained(await received(house, upto=head))


async def test_a_second_relay_stands_by_and_takes_over() -> None:
    house = memory_house(partitions=1)
    async with AsyncExitStack() as second:
        async with relaying(house):
            standby = await second.enter_async_context(relaying(house))
            head = house.recorder.play(history(1))
            assert_chained(await received(house, upto=head))
            assert standby.ready
        head = house.recorder.play(history(2))
        assert_chained(await received(house, upto=head))


def set_back(house: House, to: int) -> None:
    """Cut the log off as a restored backup would."""
    assert isinstance(house.store, MemoryEventStore)
    house.store._cut(to)


async def test_a_log_that_was_set_back_stops_everything_until_a_new_epoch() -> None:
    house = memory_house(partitions=1)
    told: list[Facts] = [facts for _, facts in history(1)]
    house.recorder.play(history(1))
    async with relaying(house), projecting(house):
        assert (await house.verify()).ok
    whole = house.store.head().position
    kept = whole - sum(len(facts) for facts in told[-5:])
    set_back(house, kept)
    async with relaying(house) as relay, projecting(house) as projectors:

        async def stopped() -> bool:
            return not relay.ready and len(projectors.problems) == len(rows())

        await until(stopped, "relay and projectors refuse to go on")
        assert "boxoffice new-epoch" in relay.problems["relay"]
        house.store.new_epoch()
        await rebuild(house.side, grace_s=0.0)

        async def going() -> bool:
            return relay.ready and projectors.ready

        await until(going, "both go on in the new epoch")
        verdict = await house.verify()
    assert verdict.ok, verdict.checks
    assert verdict.epoch == 2
    assert verdict.position == kept


async def test_checkpoints_keep_the_hash_of_their_position() -> None:
    house = memory_house(partitions=1)
    head = house.recorder.play(history(1))
    async with relaying(house):
        await received(house, upto=head)
    checkpoint = house.checkpoints.load(NAME)
    assert checkpoint is not None
    assert (checkpoint.position, checkpoint.hash) == (head, house.store.head().hash)
    assert checkpoint.sent == {"performance/0": head, "order/0": head}


async def test_a_topic_that_is_new_in_a_release_gets_the_log_from_its_start() -> None:
    house = memory_house(partitions=1)
    head = house.recorder.play(history(3))
    async with relaying(house):
        await received(house, upto=head, family="order")
    known = house.checkpoints.load(NAME)
    assert known is not None
    older = {name: at for name, at in known.sent.items() if "order" not in name}
    lease = house.checkpoints.acquire(NAME, "the release before", ttl_s=0.01)
    assert lease is not None
    house.checkpoints.save(lease, replace_struct(known, sent=older))
    house.checkpoints.release(lease)
    house = replace(house, bus=MemoryBus(partitions=1))
    head = house.recorder.play(history(4))
    async with relaying(house), projecting(house):
        assert_chained(await received(house, upto=head, family="order"))
        assert (await house.verify()).ok

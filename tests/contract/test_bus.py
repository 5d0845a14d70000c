"""Every bus keeps the promises of the `Bus` port."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from boxoffice.application.partitioning import partition_of
from boxoffice.application.ports.bus import Bus, Message, Outgoing, Subscription
from boxoffice.domain.ids import StreamId
from boxoffice.errors import Unavailable
from boxoffice.infrastructure.kafka.bus import KafkaBus
from boxoffice.infrastructure.kafka.topics import delete_topics
from boxoffice.infrastructure.memory.bus import MemoryBus

PARTITIONS = 3
SOON_S = 30.0
"""A bound, not a wait: what is asserted arrives long before."""

Polled = dict[int, list[Message]]


@pytest.fixture(params=["memory", pytest.param("kafka", marks=pytest.mark.service)])
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    if request.param == "memory":
        yield MemoryBus(partitions=PARTITIONS)
        return
    url = request.getfixturevalue("kafka_url")
    prefix = f"t{uuid.uuid4().hex[:12]}"
    yield KafkaBus(url, prefix=prefix, log="main", epoch=1, partitions=PARTITIONS)
    await delete_topics(url, prefix=prefix)


def a_message(position: int, *, prev: int = 0, key: str = "p1") -> Message:
    """A record with every field set, each position with its own bytes."""
    return Message(
        key=key,
        epoch=1,
        position=position,
        prev=prev,
        tag="ticket-held.v1",
        stream=StreamId(position.to_bytes(16, "big")),
        version=position % 7,
        recorded_at=datetime(2026, 11, 23, 20, tzinfo=UTC)
        + timedelta(microseconds=position),
        hash=position.to_bytes(32, "little"),
        meta=f'{{"command":"c{position}","correlation":"ü","actor":"buyer:1"}}'.encode(),
        data=f'{{"type":"ticket-held.v1","at":{position}}}'.encode(),
    )


def chained(positions: Iterable[int], *, partition: int = 0) -> list[Outgoing]:
    """Messages of one partition, each naming the one before it."""
    sent, prev = [], 0
    for position in positions:
        message = a_message(position, prev=prev)
        sent.append(Outgoing(family="perf", partition=partition, message=message))
        prev = position
    return sent


def everywhere(at: list[int]) -> list[Outgoing]:
    """The same positions in every partition."""
    return [
        out for number in range(PARTITIONS) for out in chained(at, partition=number)
    ]


async def publish(bus: Bus, batch: list[Outgoing]) -> None:
    publisher = await bus.publisher()
    await publisher.publish(batch)
    await publisher.close()


@asynccontextmanager
async def subscribed(bus: Bus, group: str = "g") -> AsyncIterator[Subscription]:
    subscription = await bus.subscribe("perf", group)
    try:
        yield subscription
    finally:
        await subscription.close()


async def collect(subscription: Subscription, count: int) -> Polled:
    """Poll until at least `count` messages came."""
    found: Polled = {}
    async with asyncio.timeout(SOON_S):
        while sum(map(len, found.values())) < count:
            polled = await subscription.poll(messages_max=500, timeout_s=SOON_S)
            for partition, messages in polled.items():
                found.setdefault(partition, []).extend(messages)
    return found


async def read_everywhere(
    *members: Subscription, wanted: list[int]
) -> dict[int, list[int]]:
    """Poll until every partition gave what is wanted; a rebalance may repeat some."""
    found: dict[int, list[int]] = {}
    async with asyncio.timeout(SOON_S):
        while sorted(found.values()) != [wanted] * PARTITIONS:
            for member in members:
                await read_on(member, found)
    return found


async def read_on(member: Subscription, found: dict[int, list[int]]) -> None:
    polled = await member.poll(messages_max=99, timeout_s=0.1)
    for partition in polled:
        seen = [*found.get(partition, []), *positions(polled, partition)]
        found[partition] = list(dict.fromkeys(seen))


async def nothing_more(subscription: Subscription) -> None:
    assert await subscription.poll(messages_max=10, timeout_s=0.3) == {}


def positions(polled: Polled, partition: int = 0) -> list[int]:
    return [message.position for message in polled.get(partition, [])]


async def test_messages_arrive_exactly_as_sent(bus: Bus) -> None:
    batch = chained([3, 4, 9])
    await publish(bus, batch)
    async with subscribed(bus) as subscription:
        expected = {0: [outgoing.message for outgoing in batch]}
        assert await collect(subscription, 3) == expected


async def test_marks_arrive_exactly_as_sent(bus: Bus) -> None:
    mark = Message(key="", epoch=1, position=12, prev=9)
    await publish(bus, [Outgoing(family="perf", partition=2, message=mark)])
    async with subscribed(bus) as subscription:
        assert await collect(subscription, 1) == {2: [mark]}


async def test_large_messages_arrive(bus: Bus) -> None:
    data = b'"' + b"x" * 1_500_000 + b'"'
    large = Message(key="plan", epoch=1, position=1, prev=0, tag="t.v1", data=data)
    batch = [Outgoing(family="perf", partition=0, message=large)] * 5
    await publish(bus, batch)
    async with subscribed(bus) as subscription:
        assert await collect(subscription, 5) == {0: [large] * 5}


async def test_partitions_have_no_gaps_and_their_order(bus: Bus) -> None:
    publisher = await bus.publisher()
    chains = [chained(range(p + 1, 3_000, 3), partition=p) for p in range(PARTITIONS)]
    mixed = [outgoing for row in zip(*chains, strict=False) for outgoing in row]
    for start in range(0, len(mixed), 700):
        await publisher.publish(mixed[start : start + 700])
    await publisher.close()
    async with subscribed(bus) as subscription:
        found = await collect(subscription, len(mixed))
    for messages in found.values():
        before = [0] + [message.position for message in messages]
        assert [message.prev for message in messages] == before[:-1]
    assert sorted(found) == list(range(PARTITIONS))


async def test_families_are_apart(bus: Bus) -> None:
    order = Outgoing(family="order", partition=1, message=a_message(2))
    await publish(bus, [*chained([1, 3]), order])
    async with subscribed(bus) as subscription:
        assert positions(await collect(subscription, 2)) == [1, 3]
        await nothing_more(subscription)


async def test_a_family_has_its_partitions(bus: Bus) -> None:
    publisher = await bus.publisher()
    assert publisher.partitions("perf") == PARTITIONS
    await publisher.publish(chained([1]))
    assert publisher.partitions("perf") == PARTITIONS
    await publisher.close()


async def test_every_group_gets_everything(bus: Bus) -> None:
    await publish(bus, chained([1, 2]))
    async with subscribed(bus, "a") as first, subscribed(bus, "b") as second:
        assert positions(await collect(first, 2)) == [1, 2]
        assert positions(await collect(second, 2)) == [1, 2]


async def test_a_poll_gives_at_most_what_was_asked(bus: Bus) -> None:
    await publish(bus, chained(range(1, 26)))
    async with subscribed(bus) as subscription:
        seen: list[int] = []
        async with asyncio.timeout(SOON_S):
            while len(seen) < 25:
                polled = await subscription.poll(messages_max=4, timeout_s=SOON_S)
                assert sum(map(len, polled.values())) <= 4
                seen += positions(polled)
    assert seen == list(range(1, 26))


async def test_no_partition_starves(bus: Bus) -> None:
    await publish(bus, [*chained(range(1, 400)), *chained([500], partition=1)])
    async with subscribed(bus) as subscription:
        served: set[int] = set()
        for _ in range(20):
            served |= set(await subscription.poll(messages_max=5, timeout_s=SOON_S))
    assert served == {0, 1}


async def test_a_poll_ends_empty_when_time_runs_out(bus: Bus) -> None:
    await publish(bus, chained([1]))
    async with subscribed(bus) as subscription:
        await collect(subscription, 1)
        assert await subscription.poll(messages_max=5, timeout_s=0) == {}
        assert await subscription.poll(messages_max=5, timeout_s=0.05) == {}


async def test_a_waiting_poll_is_woken(bus: Bus) -> None:
    async with subscribed(bus) as subscription:
        await publish(bus, chained([1]))
        await collect(subscription, 1)
        waiting = asyncio.create_task(
            subscription.poll(messages_max=5, timeout_s=10 * SOON_S)
        )
        await publish(bus, chained([2]))
        async with asyncio.timeout(SOON_S):
            assert positions(await waiting) == [2]


async def test_a_cancelled_poll_loses_nothing(bus: Bus) -> None:
    async with subscribed(bus) as subscription:
        await publish(bus, chained([1]))
        await collect(subscription, 1)
        for position in range(2, 12):
            polling = asyncio.create_task(
                subscription.poll(messages_max=5, timeout_s=SOON_S)
            )
            await asyncio.sleep(0)
            polling.cancel()
            await asyncio.gather(polling, return_exceptions=True)
            await publish(bus, chained([position]))
            assert positions(await collect(subscription, 1)) == [position]


async def test_what_was_not_committed_is_delivered_again(bus: Bus) -> None:
    await publish(bus, chained([1, 2, 3]))
    async with subscribed(bus) as subscription:
        await collect(subscription, 3)
    async with subscribed(bus) as subscription:
        assert positions(await collect(subscription, 3)) == [1, 2, 3]


async def test_what_was_committed_is_not_delivered_again(bus: Bus) -> None:
    await publish(bus, chained([1, 2]))
    async with subscribed(bus) as subscription:
        await collect(subscription, 2)
        await subscription.commit()
    await publish(bus, chained([3]))
    async with subscribed(bus) as subscription:
        assert positions(await collect(subscription, 1)) == [3]


async def test_rewind_starts_a_partition_again(bus: Bus) -> None:
    await publish(bus, [*chained([1, 2]), *chained([3], partition=1)])
    async with subscribed(bus) as subscription:
        await collect(subscription, 3)
        await subscription.rewind(0)
        again = await collect(subscription, 2)
        assert {p: positions(again, p) for p in again} == {0: [1, 2]}
        await nothing_more(subscription)


async def test_rewind_holds_for_whoever_owns_the_partition_next(bus: Bus) -> None:
    """So a member may rewind before it knows which partitions it will get."""
    async with subscribed(bus, "keeps all"), subscribed(bus) as stayer:
        leaver = await bus.subscribe("perf", "g")
        await publish(bus, everywhere([1, 2]))
        await read_everywhere(stayer, leaver, wanted=[1, 2])
        for member in (stayer, leaver):
            await member.commit()
        for partition in range(PARTITIONS):
            await stayer.rewind(partition)
        await leaver.close()
        again = await read_everywhere(stayer, wanted=[1, 2])
    assert again == {0: [1, 2], 1: [1, 2], 2: [1, 2]}


async def test_a_rewind_outlives_the_member_that_asked_for_it(bus: Bus) -> None:
    async with subscribed(bus, "keeps all"):
        await publish(bus, everywhere([1, 2]))
        async with subscribed(bus) as subscription:
            await read_everywhere(subscription, wanted=[1, 2])
            await subscription.commit()
            for partition in range(PARTITIONS):
                await subscription.rewind(partition)
            await read_everywhere(subscription, wanted=[1, 2])
        async with subscribed(bus) as subscription:
            again = await read_everywhere(subscription, wanted=[1, 2])
            await subscription.commit()
    assert again == {0: [1, 2], 1: [1, 2], 2: [1, 2]}


async def test_what_a_rewind_brought_can_be_committed_again(bus: Bus) -> None:
    async with subscribed(bus, "keeps all"):
        await publish(bus, everywhere([1, 2]))
        async with subscribed(bus) as subscription:
            await read_everywhere(subscription, wanted=[1, 2])
            await subscription.commit()
            for partition in range(PARTITIONS):
                await subscription.rewind(partition)
            await read_everywhere(subscription, wanted=[1, 2])
            await subscription.commit()
        async with subscribed(bus) as subscription:
            await nothing_more(subscription)
        await publish(bus, everywhere([3]))
        async with subscribed(bus) as subscription:
            found = await read_everywhere(subscription, wanted=[3])
    assert found == {0: [3], 1: [3], 2: [3]}


async def test_a_batch_that_was_sent_twice_arrives_twice_in_order(bus: Bus) -> None:
    batch = chained([1, 2])
    await publish(bus, batch)
    await publish(bus, batch)
    async with subscribed(bus) as subscription:
        assert positions(await collect(subscription, 4)) == [1, 2, 1, 2]


async def test_members_of_a_group_share_the_partitions(bus: Bus) -> None:
    owned: list[set[int]] = []
    async with subscribed(bus) as first, subscribed(bus) as second:
        async with asyncio.timeout(SOON_S):
            while not is_a_partition_of(range(PARTITIONS), owned):
                await publish(bus, everywhere([1]))
                polls = [
                    await member.poll(messages_max=99, timeout_s=0.2)
                    for member in (first, second)
                ]
                owned = [set(polled) for polled in polls]
    assert all(owned)


def is_a_partition_of(whole: Iterable[int], parts: list[set[int]]) -> bool:
    return sorted(n for part in parts for n in part) == list(whole) and all(parts)


async def test_who_stays_takes_over_from_who_leaves(bus: Bus) -> None:
    leaver = await bus.subscribe("perf", "g")
    async with subscribed(bus) as stayer:
        await leaver.close()
        await publish(bus, everywhere([1, 2]))
        found = await read_everywhere(stayer, wanted=[1, 2])
    assert found == {0: [1, 2], 1: [1, 2], 2: [1, 2]}


async def test_a_closed_subscription_says_so(bus: Bus) -> None:
    subscription = await bus.subscribe("perf", "g")
    await subscription.close()
    await subscription.close()
    with pytest.raises(Unavailable):
        await subscription.poll(messages_max=1, timeout_s=0.1)


async def test_the_bus_answers(bus: Bus) -> None:
    await bus.ping()  # Raises when it does not.
    assert (await bus.publisher()).partitions("perf") == PARTITIONS


def test_keys_are_dealt_out_for_ever_in_the_same_way() -> None:
    """Frozen: moving a key to another partition needs a new epoch."""
    keys = ["", "p1", "p2", "5f0c1de2a4b3c2d1e0f9a8b7", "Ünïcode"]
    assert [partition_of(key, 4) for key in keys] == [0, 3, 1, 2, 0]


class TestMemoryIsBounded:
    """What only the bus inside a process has to promise."""

    async def test_the_older_half_goes_when_all_groups_are_done_with_it(self) -> None:
        bus = MemoryBus(partitions=1, retained_max=10)
        async with subscribed(bus, "a") as first, subscribed(bus, "b") as second:
            await publish(bus, chained(range(1, 11)))
            for subscription in (first, second):
                await collect(subscription, 10)
            await first.commit()
            assert len(bus.topic("perf").partitions[0].messages) == 10
            await second.commit()
            assert len(bus.topic("perf").partitions[0].messages) == 5

    async def test_a_group_that_comes_a_moment_later_misses_nothing(self) -> None:
        bus = MemoryBus(partitions=1)
        async with subscribed(bus, "a") as first:
            await publish(bus, chained([1, 2, 3]))
            await collect(first, 3)
            await first.commit()
            async with subscribed(bus, "b") as second:
                assert positions(await collect(second, 3)) == [1, 2, 3]

    async def test_rewind_starts_at_the_first_message_that_is_kept(self) -> None:
        bus = MemoryBus(partitions=1, retained_max=2)
        async with subscribed(bus) as subscription:
            await publish(bus, chained([1, 2]))
            await collect(subscription, 2)
            await subscription.commit()
            await publish(bus, chained([3]))
            await collect(subscription, 1)
            await subscription.rewind(0)
            assert positions(await collect(subscription, 2)) == [2, 3]

    async def test_without_readers_the_oldest_are_dropped(self) -> None:
        bus = MemoryBus(partitions=1, retained_max=10)
        await publish(bus, chained(range(1, 101)))
        kept = bus.topic("perf").partitions[0].messages
        assert len(kept) <= 10
        assert kept[-1].position == 100

    async def test_an_absent_group_finds_a_gap(self) -> None:
        bus = MemoryBus(partitions=1, retained_max=10)
        async with subscribed(bus):
            pass
        await publish(bus, chained(range(1, 101)))
        async with subscribed(bus) as subscription:
            found = await collect(subscription, 1)
        assert found[0][0].prev > 0

    async def test_a_slow_reader_holds_the_publisher_back(self) -> None:
        bus = MemoryBus(partitions=1, retained_max=10)
        async with subscribed(bus) as subscription:
            sending = asyncio.create_task(publish(bus, chained(range(1, 101))))
            seen: list[int] = []
            async with asyncio.timeout(SOON_S):
                while len(seen) < 100:
                    polled = await subscription.poll(messages_max=3, timeout_s=SOON_S)
                    assert len(bus.topic("perf").partitions[0].messages) <= 10
                    seen += positions(polled)
                    await subscription.commit()
            await sending
        assert seen == list(range(1, 101))

    async def test_a_reader_that_never_commits_stops_the_publisher(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("boxoffice.infrastructure.memory.bus.ROOM_WAIT_S", 0.01)
        bus = MemoryBus(partitions=1, retained_max=10)
        async with subscribed(bus):
            with pytest.raises(Unavailable):
                await publish(bus, chained(range(1, 101)))

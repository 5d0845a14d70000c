"""The bus inside one process: the twin that an embedded box office runs on.

All calls come from one event loop. A topic appears with its first use. Delivery is as
on the real bus: per partition in order, to every group, at least once; what a member
polled and did not commit is delivered again after a rebalance.

Memory is bounded. What every group has committed is dropped, so `rewind` starts at
the first message that is still kept. A partition keeps at most `retained_max`
messages: a group with members holds the publisher back, a group without members
loses the older half, which its next reader sees as a gap in `prev`.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence

from boxoffice.application.ports.bus import Message, Outgoing
from boxoffice.errors import Unavailable

RETAINED_MAX = 10_000
"""Messages that a partition keeps at most; the newer half of them always."""
ROOM_WAIT_S = 5.0
"""How long a publisher waits for slow groups."""


class _Partition:
    """Kept messages in order; `first` is the offset of the oldest."""

    def __init__(self) -> None:
        self.first = 0
        self.messages: list[Message] = []

    @property
    def end(self) -> int:
        return self.first + len(self.messages)

    def read(self, offset: int, limit: int) -> list[Message]:
        start = max(0, offset - self.first)
        return self.messages[start : start + limit]

    def drop_before(self, offset: int) -> None:
        dropped = min(max(0, offset - self.first), len(self.messages))
        del self.messages[:dropped]
        self.first += dropped


class _Group:
    """Offsets up to which a group is done, and who reads for it now."""

    def __init__(self, partitions: int) -> None:
        self.committed = [0] * partitions
        self.members: list[MemorySubscription] = []


class _Topic:
    """The partitions of one family and the groups that read them."""

    def __init__(self, partitions: int, retained_max: int) -> None:
        self.partitions = [_Partition() for _ in range(partitions)]
        self.groups: defaultdict[str, _Group] = defaultdict(lambda: _Group(partitions))
        self.room = asyncio.Event()
        self._retained_max = retained_max

    def has_room(self, number: int) -> bool:
        if len(self.partitions[number].messages) >= self._retained_max:
            self.drop(number)
        return len(self.partitions[number].messages) < self._retained_max

    def append(self, number: int, message: Message) -> None:
        self.partitions[number].messages.append(message)
        for group in self.groups.values():
            for member in group.members:
                member.wake(number)

    def drop(self, number: int) -> None:
        """Forget the older half, as far as no group that is present still lacks it.

        The newer half stays, committed or not: a group that subscribes a moment after
        the others must find what was published in between.
        """
        partition, groups = self.partitions[number], self.groups.values()
        present = [group.committed[number] for group in groups if group.members]
        overdue = partition.end - self._retained_max // 2
        partition.drop_before(min([overdue, *present]))
        self.room.set()

    def share(self, group: _Group) -> None:
        """Deal the partitions out to the members of a group."""
        count = len(group.members)
        for index, member in enumerate(group.members):
            member.assign(range(index, len(self.partitions), count))


class MemoryBus:
    """A bus that lives and dies with its process."""

    def __init__(
        self, *, partitions: int = 4, retained_max: int = RETAINED_MAX
    ) -> None:
        self._partitions = partitions
        self._retained_max = retained_max
        self._topics: dict[str, _Topic] = {}

    async def publisher(self) -> MemoryPublisher:
        return MemoryPublisher(self, self._partitions)

    async def subscribe(self, family: str, group: str) -> MemorySubscription:
        topic = self.topic(family)
        return MemorySubscription(topic, topic.groups[group])

    async def ping(self) -> None:
        """Memory always answers."""

    def topic(self, family: str) -> _Topic:
        if family not in self._topics:
            self._topics[family] = _Topic(self._partitions, self._retained_max)
        return self._topics[family]


class MemoryPublisher:
    """Appends to the topics of its bus."""

    def __init__(self, bus: MemoryBus, partitions: int) -> None:
        self._bus = bus
        self._partitions = partitions

    def partitions(self, family: str) -> int:  # noqa: ARG002  (the port's signature)
        return self._partitions

    async def publish(self, batch: Sequence[Outgoing]) -> None:
        for outgoing in batch:
            topic = self._bus.topic(outgoing.family)
            if not topic.has_room(outgoing.partition):
                await self._wait_for_room(topic, outgoing)
            topic.append(outgoing.partition, outgoing.message)

    async def close(self) -> None:
        """There is no connection to give back."""

    async def _wait_for_room(self, topic: _Topic, outgoing: Outgoing) -> None:
        try:
            async with asyncio.timeout(ROOM_WAIT_S):
                while not topic.has_room(outgoing.partition):
                    topic.room.clear()
                    await topic.room.wait()
        except TimeoutError as error:
            detail = f"A reader of {outgoing.family} is too far behind."
            raise Unavailable(detail, family=outgoing.family) from error


class MemorySubscription:
    """One member of a group; it owns some partitions of the topic."""

    def __init__(self, topic: _Topic, group: _Group) -> None:
        self._topic = topic
        self._group = group
        self._offsets: dict[int, int] = {}
        self._rewinds: set[int] = set()
        self._turn = 0
        self._news = asyncio.Event()
        self._closed = False
        group.members.append(self)
        topic.share(group)

    async def poll(
        self, *, messages_max: int, timeout_s: float
    ) -> dict[int, list[Message]]:
        await asyncio.sleep(0)  # A long backlog must not hold up the other roles.
        found = self._take(messages_max)
        try:
            async with asyncio.timeout(timeout_s):
                while not found:
                    self._news.clear()
                    await self._news.wait()
                    found = self._take(messages_max)
        except TimeoutError:
            return {}
        return found

    async def rewind(self, partition: int) -> None:
        if partition in self._offsets:
            first = self._topic.partitions[partition].first
            self._offsets[partition] = first
            self._group.committed[partition] = first
        else:
            self._rewinds.add(partition)

    async def commit(self) -> None:
        for number, offset in self._offsets.items():
            self._group.committed[number] = offset
            self._topic.drop(number)

    async def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._offsets.clear()
            self._group.members.remove(self)
            self._topic.share(self._group)
            self._news.set()

    def assign(self, numbers: Sequence[int]) -> None:
        """Own exactly these partitions; new ones start where the group is done."""
        committed, kept = self._group.committed, self._offsets
        for number in self._rewinds.intersection(numbers):
            committed[number] = self._topic.partitions[number].first
        self._rewinds.difference_update(numbers)
        self._offsets = {n: kept.get(n, committed[n]) for n in numbers}
        self._news.set()

    def wake(self, number: int) -> None:
        """There is something new in a partition."""
        if number in self._offsets:
            self._news.set()

    def _take(self, messages_max: int) -> dict[int, list[Message]]:
        if self._closed:
            raise Unavailable("This subscription is closed.")
        found: dict[int, list[Message]] = {}
        numbers = list(self._offsets)
        for step in range(len(numbers)):
            number = numbers[(self._turn + step) % len(numbers)]
            partition = self._topic.partitions[number]
            offset = max(self._offsets[number], partition.first)
            if messages := partition.read(offset, messages_max):
                found[number] = messages
                self._offsets[number] = offset + len(messages)
                messages_max -= len(messages)
        self._turn += 1
        return found

"""Where messages travel from the log to the read side."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from boxoffice.domain.ids import StreamId


class Message(msgspec.Struct, frozen=True):
    """A record of the log on its way to a partition, or a mark when `tag` is "".

    A mark says that everything up to `position` that concerns this partition was
    sent; its hash is that of the record at `position`. `prev` is the position of the
    message before it in this partition (marks included): a `prev` above the last one
    seen means that something is missing.
    """

    key: str
    epoch: int
    position: int
    prev: int
    tag: str = ""
    stream: StreamId = StreamId(b"")
    version: int = 0
    recorded_at: datetime | None = None
    hash: bytes = b""
    meta: bytes = b""
    data: bytes = b""


class Outgoing(msgspec.Struct, frozen=True):
    """A message and where it goes."""

    family: str
    partition: int
    message: Message


class Publisher(Protocol):
    """The sending side of the bus."""

    def partitions(self, family: str) -> int:
        """Give the number of partitions of a family's topic."""

    async def publish(self, batch: Sequence[Outgoing]) -> None:
        """Send in order; return when everything is acknowledged.

        Raises:
            Unavailable: a prefix of unknown length was sent; send all of it again.
        """

    async def close(self) -> None:
        """Give back every connection."""


class Subscription(Protocol):
    """The receiving side of one family's topic, shared by the group's members."""

    async def poll(
        self, *, messages_max: int, timeout_s: float
    ) -> dict[int, list[Message]]:
        """Give new messages by partition, in order; empty when time ran out."""

    async def rewind(self, partition: int) -> None:
        """Start the partition again from its first message."""

    async def commit(self) -> None:
        """Note what was polled as done. Only a hint: watermarks decide."""

    async def close(self) -> None:
        """Leave the group."""


class Bus(Protocol):
    """Where messages travel."""

    async def publisher(self) -> Publisher:
        """Open a sending side."""

    async def subscribe(self, family: str, group: str) -> Subscription:
        """Open a receiving side."""

    async def ping(self) -> None:
        """Raise Unavailable unless the bus answers."""

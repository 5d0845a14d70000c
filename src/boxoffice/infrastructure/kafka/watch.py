"""Is a subscription still getting what its topic holds?

The driver does not say when a topic was deleted and made again, or when it stopped
fetching. Both show in the ends of the partitions; pure, so that time is a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from boxoffice.errors import Unavailable

STALL_S = 10.0
"""How long messages may wait in a partition that is asked for them in vain."""


class _Lag(NamedTuple):
    position: int
    since: float


class Watch:
    """Remembers how far each partition was read and since when it stands."""

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}
        self._lagging: dict[int, _Lag] = {}

    @property
    def lagging(self) -> set[int]:
        """Partitions that hold more than was delivered so far."""
        return set(self._lagging)

    def read_to(self, partition: int, position: int) -> None:
        """Messages came; `position` is the offset after the last."""
        self._seen[partition] = max(position, self._seen.get(partition, 0))
        self._lagging.pop(partition, None)

    def check(
        self, ends: Mapping[int, int], idle: Mapping[int, int], *, now_s: float
    ) -> None:
        """Compare the ends of partitions with the positions of those that gave nothing.

        Raises:
            Unavailable: this subscription is of no more use; open another.
        """
        for partition, end in ends.items():
            if end < self._seen.get(partition, 0):
                detail = f"Partition {partition} was deleted and made again."
                raise Unavailable(detail, partition=partition)
        for partition, position in idle.items():
            if ends.get(partition, position) <= position:
                self._lagging.pop(partition, None)
                continue
            lag = self._lagging.get(partition)
            if lag is None or lag.position != position:
                self._lagging[partition] = _Lag(position, now_s)
            elif now_s - lag.since >= STALL_S:
                detail = f"Partition {partition} stands still at offset {position}."
                raise Unavailable(detail, partition=partition)

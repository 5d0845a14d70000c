"""Which partition of a topic a message key belongs to.

Relay and bus adapters agree through this one function. Changing it, or the number of
partitions of a topic that already holds messages, moves keys to other partitions and
so needs a new epoch, which has topics of its own.
"""

from __future__ import annotations

import zlib


def partition_of(key: str, partitions: int) -> int:
    """Give the partition, from 0 to `partitions` - 1, of a key."""
    return zlib.crc32(key.encode()) % partitions

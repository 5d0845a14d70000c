"""Leases and checkpoints, in the log's own database."""

from __future__ import annotations

from typing import Protocol

import msgspec


class Lease(msgspec.Struct, frozen=True):
    """The right to be the one active `name`; `fence` grows with every owner."""

    name: str
    owner: str
    fence: int


class Checkpoint(msgspec.Struct, frozen=True):
    """How far a relay or a process manager has come in the log.

    `hash` is that of the record at `position`, to notice a log that was set back.
    `sent` is the last position published to each "topic/partition".
    """

    epoch: int
    position: int
    hash: bytes
    sent: dict[str, int] = {}


class Checkpoints(Protocol):
    """Leases and checkpoints, in the log's own database."""

    def acquire(self, name: str, owner: str, *, ttl_s: float) -> Lease | None:
        """Take or renew the lease; None while another owner's lease is fresh."""

    def load(self, name: str) -> Checkpoint | None:
        """Give the checkpoint, if there is one."""

    def save(self, lease: Lease, checkpoint: Checkpoint) -> None:
        """Store the checkpoint and renew nothing.

        Raises:
            Conflict: the lease went to somebody else; stop at once.
        """

    def release(self, lease: Lease) -> None:
        """Let the next owner start without waiting for the lease to lapse."""

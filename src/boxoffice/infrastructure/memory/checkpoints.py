"""Leases and checkpoints in memory, with the rules of the durable ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock

import msgspec

from boxoffice.application.ports.checkpoints import Checkpoint, Lease
from boxoffice.errors import Conflict


class _Held(msgspec.Struct):
    lease: Lease
    until: datetime


class MemoryCheckpoints:
    """Checkpoints that live and die with their process."""

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lock = Lock()
        self._leases: dict[str, _Held] = {}
        self._checkpoints: dict[str, Checkpoint] = {}

    def acquire(self, name: str, owner: str, *, ttl_s: float) -> Lease | None:
        with self._lock:
            now = self._now()
            held = self._leases.get(name)
            fresh = held is not None and held.until > now
            if held is not None and fresh and held.lease.owner != owner:
                return None
            lease = held.lease if held is not None else Lease(name, owner, 0)
            if not fresh:
                lease = Lease(name, owner, lease.fence + 1)
            self._leases[name] = _Held(lease, now + timedelta(seconds=ttl_s))
            return lease

    def load(self, name: str) -> Checkpoint | None:
        with self._lock:
            return self._checkpoints.get(name)

    def save(self, lease: Lease, checkpoint: Checkpoint) -> None:
        with self._lock:
            held = self._leases.get(lease.name)
            if held is None or held.lease != lease:
                raise Conflict(f"{lease.name} is owned by somebody else now.")
            self._checkpoints[lease.name] = checkpoint

    def release(self, lease: Lease) -> None:
        with self._lock:
            held = self._leases.get(lease.name)
            if held is not None and held.lease == lease:
                held.until = self._now()

"""What becomes of whoever holds a lease that cannot be renewed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest

from boxoffice.application.lease import Leadership, leading
from boxoffice.application.ports.checkpoints import Lease
from boxoffice.errors import Conflict, Unavailable
from boxoffice.infrastructure.memory.checkpoints import MemoryCheckpoints
from tests.read_side import until

TTL_S = 0.06


class Failing(MemoryCheckpoints):
    """Gives a lease once, and then fails."""

    def __init__(self, error: Exception) -> None:
        super().__init__(now=lambda: datetime.now(UTC))
        self.error = error
        self.asked = 0

    def acquire(self, name: str, owner: str, *, ttl_s: float) -> Lease | None:
        self.asked += 1
        if self.asked > 1:
            raise self.error
        return super().acquire(name, owner, ttl_s=ttl_s)


def _lost(leadership: Leadership) -> Callable[[], Awaitable[bool]]:
    async def lost() -> bool:
        return leadership.lost

    return lost


async def test_a_lease_that_fails_for_no_known_reason_is_lost_at_once() -> None:
    checkpoints = Failing(ValueError("a bug"))
    async with leading(checkpoints, "job", owner="me", ttl_s=TTL_S) as leadership:
        await until(_lost(leadership), "the lease is lost")
        with pytest.raises(Unavailable) as caught:
            leadership.check()
    assert caught.value.__cause__ is checkpoints.error


async def test_a_log_that_is_away_for_a_moment_costs_nobody_the_lease() -> None:
    checkpoints = Failing(Unavailable())
    async with leading(checkpoints, "job", owner="me", ttl_s=TTL_S) as leadership:

        async def asked() -> bool:
            return checkpoints.asked >= 4

        await until(asked, "the lease was asked for")
        leadership.check()


async def test_a_lease_that_somebody_else_has_is_lost() -> None:
    checkpoints = MemoryCheckpoints(now=lambda: datetime.now(UTC))
    async with leading(checkpoints, "job", owner="me", ttl_s=TTL_S) as leadership:
        checkpoints.release(leadership.lease)
        assert checkpoints.acquire("job", "you", ttl_s=60)
        await until(_lost(leadership), "the lease is lost")
        with pytest.raises(Conflict):
            leadership.check()

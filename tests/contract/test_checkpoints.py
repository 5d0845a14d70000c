"""What leases and checkpoints answer, wherever they are kept."""

from __future__ import annotations

import pytest

from boxoffice.application.ports.checkpoints import Checkpoint, Checkpoints, Lease
from boxoffice.errors import Conflict
from tests.contract.event_log import Log

FOR_LONG_S = 60.0
AT_ONCE_S = 0.0


@pytest.fixture
def checkpoints(log: Log) -> Checkpoints:
    return log.checkpoints()


def taken(checkpoints: Checkpoints, owner: str, ttl_s: float = FOR_LONG_S) -> Lease:
    lease = checkpoints.acquire("relay", owner, ttl_s=ttl_s)
    assert lease is not None
    return lease


def at(position: int) -> Checkpoint:
    return Checkpoint(1, position, bytes([position]) * 32, {"topic/0": position})


def test_fresh_lease_keeps_others_out(log: Log) -> None:
    lease = taken(log.checkpoints(), "one")

    assert (lease.name, lease.owner) == ("relay", "one")
    assert log.checkpoints().acquire("relay", "two", ttl_s=FOR_LONG_S) is None
    assert log.checkpoints().acquire("other", "two", ttl_s=FOR_LONG_S) is not None


def test_owner_renews_its_lease_without_a_new_fence(checkpoints: Checkpoints) -> None:
    lease = taken(checkpoints, "one")

    assert taken(checkpoints, "one") == lease


def test_lapsed_lease_is_taken_over_with_a_higher_fence(
    checkpoints: Checkpoints,
) -> None:
    old = taken(checkpoints, "one", AT_ONCE_S)
    new = taken(checkpoints, "two")

    assert new.fence > old.fence


def test_released_lease_is_free_at_once(checkpoints: Checkpoints) -> None:
    lease = taken(checkpoints, "one")
    checkpoints.release(lease)

    assert taken(checkpoints, "two").fence > lease.fence


def test_old_owner_cannot_release_the_lease_of_the_new_one(
    checkpoints: Checkpoints,
) -> None:
    old = taken(checkpoints, "one", AT_ONCE_S)
    taken(checkpoints, "two")
    checkpoints.release(old)

    assert checkpoints.acquire("relay", "three", ttl_s=FOR_LONG_S) is None


def test_checkpoint_is_read_as_it_was_saved(log: Log) -> None:
    assert log.checkpoints().load("relay") is None
    lease = taken(log.checkpoints(), "one")
    log.checkpoints().save(lease, at(3))
    log.checkpoints().save(lease, at(5))

    assert log.checkpoints().load("relay") == at(5)
    assert log.checkpoints().load("other") is None


def test_fenced_owner_cannot_save(checkpoints: Checkpoints) -> None:
    old = taken(checkpoints, "one", AT_ONCE_S)
    checkpoints.save(old, at(3))
    new = taken(checkpoints, "two")
    checkpoints.save(new, at(4))

    with pytest.raises(Conflict):
        checkpoints.save(old, at(9))

    assert checkpoints.load("relay") == at(4)


def test_owner_that_comes_back_after_another_is_fenced_too(
    checkpoints: Checkpoints,
) -> None:
    old = taken(checkpoints, "one", AT_ONCE_S)
    checkpoints.release(taken(checkpoints, "two"))
    again = taken(checkpoints, "one")

    assert again.fence > old.fence
    with pytest.raises(Conflict):
        checkpoints.save(old, at(9))


def test_lease_that_was_never_given_cannot_save(checkpoints: Checkpoints) -> None:
    with pytest.raises(Conflict):
        checkpoints.save(Lease("relay", "one", 1), at(1))

"""When a subscription is of no more use, by the ends of its partitions alone."""

import pytest

from boxoffice.errors import Unavailable
from boxoffice.infrastructure.kafka.watch import STALL_S, Watch


def test_a_partition_that_ends_before_what_was_read_was_made_again() -> None:
    watch = Watch()
    watch.read_to(0, 10)
    with pytest.raises(Unavailable, match="made again"):
        watch.check({0: 9}, {}, now_s=0)


def test_a_partition_read_to_its_end_is_fine_for_ever() -> None:
    watch = Watch()
    watch.read_to(0, 10)
    for now_s in (0, STALL_S, 10 * STALL_S):
        watch.check({0: 10}, {0: 10}, now_s=now_s)
    assert watch.lagging == set()


def test_messages_that_never_come_are_a_stall() -> None:
    watch = Watch()
    watch.check({0: 5}, {0: 3}, now_s=0)
    watch.check({0: 5}, {0: 3}, now_s=STALL_S - 0.1)
    with pytest.raises(Unavailable, match="offset 3"):
        watch.check({0: 6}, {0: 3}, now_s=STALL_S)


def test_messages_that_came_end_a_stall() -> None:
    watch = Watch()
    watch.check({0: 5}, {0: 3}, now_s=0)
    watch.read_to(0, 4)
    watch.check({0: 5}, {0: 4}, now_s=STALL_S)
    assert watch.lagging == {0}


def test_another_position_starts_the_clock_anew() -> None:
    """A rebalance moves the position without a message."""
    watch = Watch()
    watch.check({0: 5}, {0: 3}, now_s=0)
    watch.check({0: 5}, {0: 2}, now_s=STALL_S)
    with pytest.raises(Unavailable):
        watch.check({0: 5}, {0: 2}, now_s=2 * STALL_S)


def test_a_partition_that_was_not_asked_does_not_stall() -> None:
    watch = Watch()
    watch.check({0: 5}, {0: 3}, now_s=0)
    watch.check({0: 5}, {}, now_s=2 * STALL_S)
    assert watch.lagging == {0}


def test_partitions_are_watched_apart() -> None:
    watch = Watch()
    watch.check({0: 5, 1: 5}, {0: 3, 1: 3}, now_s=0)
    watch.read_to(0, 5)
    with pytest.raises(Unavailable, match="Partition 1"):
        watch.check({0: 5, 1: 5}, {0: 5, 1: 3}, now_s=STALL_S)

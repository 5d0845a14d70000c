"""Everybody who waits for the log's tail shares one read and how it ended."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from threading import Event

import pytest

from boxoffice.application.ports.log import LogRecord
from boxoffice.application.queries.tail import Tail
from boxoffice.errors import TooSlow, Unavailable
from boxoffice.infrastructure.memory.event_store import MemoryEventStore
from tests.contract.event_log import batch, stored, ticket
from tests.histories import Clock

LIMIT_S = 5.0
"""However slow the machine is."""


class SlowLog(MemoryEventStore):
    """A log whose reads begin, and end only when the test says so."""

    def __init__(self) -> None:
        super().__init__(now=Clock())
        self.begun = Event()
        self.go_on = Event()
        self.is_away = False
        self.reads = 0

    def read(self, *, after: int, limit: int) -> list[LogRecord]:
        self.reads += 1
        page = super().read(after=after, limit=limit)
        self.begun.set()
        assert self.go_on.wait(LIMIT_S)
        if self.is_away:
            raise Unavailable
        return page


@pytest.fixture
def log() -> Iterator[SlowLog]:
    log = SlowLog()
    yield log
    log.go_on.set()


async def asked(log: SlowLog, tail: Tail, callers: int) -> list[asyncio.Task[int]]:
    """Let callers wait for a read that has begun."""
    waiting = [asyncio.create_task(tail.catch_up()) for _ in range(callers)]
    assert await asyncio.to_thread(log.begun.wait, LIMIT_S)
    return waiting


async def test_a_read_that_fails_fails_at_once_for_everybody_who_had_asked(
    log: SlowLog,
) -> None:
    log.is_away = True
    tail = Tail(log)
    waiting = await asked(log, tail, 50)
    waiting += [asyncio.create_task(tail.catch_up()) for _ in range(50)]
    await asyncio.sleep(0)
    log.go_on.set()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {Unavailable}
    assert log.reads == 1


async def test_who_asks_after_a_failed_read_has_the_log_asked_again(
    log: SlowLog,
) -> None:
    log.is_away = True
    log.go_on.set()
    tail = Tail(log)
    with pytest.raises(Unavailable):
        await tail.catch_up()
    log.is_away = False
    stored(log, batch([(ticket(1), 0)]))
    assert await tail.catch_up() == 1


async def test_who_asks_during_a_read_sees_what_was_stored_since_it_began(
    log: SlowLog,
) -> None:
    tail = Tail(log)
    (first,) = await asked(log, tail, 1)
    stored(log, batch([(ticket(1), 0)]))
    second = asyncio.create_task(tail.catch_up())
    await asyncio.sleep(0)
    log.go_on.set()
    assert await first == 0
    assert await second == 1


async def test_a_caller_who_leaves_takes_nobodys_read_along(log: SlowLog) -> None:
    stored(log, batch([(ticket(1), 0)]))
    leaving, staying = await asked(log, Tail(log), 2)
    leaving.cancel()
    await asyncio.wait([leaving])
    log.go_on.set()
    assert await staying == 1
    assert log.reads == 1


async def test_nobody_waits_longer_than_the_tail_is_told(log: SlowLog) -> None:
    tail = Tail(log, patience_s=0.01)
    with pytest.raises(TooSlow):
        await tail.catch_up()
    log.go_on.set()
    assert await Tail(log, patience_s=LIMIT_S).catch_up() == 0

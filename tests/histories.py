"""Whole sales as facts, for tests and benchmarks of everything that reads the log.

A history is made by a small simulation of its own, not by the deciders: what reads the
log must be right whoever wrote it. The same seed gives the same history.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from boxoffice.application.codec import encode, tag_of
from boxoffice.application.ports.log import Append, EventStore, Stored
from boxoffice.domain.ids import StreamId
from boxoffice.domain.message import Meta
from tests.ordering import Facts
from tests.trade import MORNING, Sale


def meta_of(command_id: bytes) -> bytes:
    """Say who caused the events of a command."""
    name = command_id.hex()
    return encode(
        Meta(command=name, correlation=name, actor="buyer:test", venue="main")
    )


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self, at: datetime = MORNING) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


class Versions:
    """What the next version of each stream is."""

    def __init__(self) -> None:
        self._last: dict[StreamId, int] = {}

    def batch(self, number: int, facts: Facts) -> Append:
        """Put the facts of one command into one call."""
        command_id = number.to_bytes(16, "big")
        batch = Append([command_id], [b"hash"])
        meta = meta_of(command_id)
        for stream, event in facts:
            last = self._last.get(stream, -1)
            batch.guards.setdefault(stream, last)
            self._last[stream] = last + 1
            batch.event_commands.append(0)
            batch.event_streams.append(stream)
            batch.event_versions.append(last + 1)
            batch.event_tags.append(tag_of(event))
            batch.event_datas.append(encode(event))
            batch.event_metas.append(meta)
        return batch


class Recorder:
    """Appends facts to a store, at the times it is given."""

    def __init__(self, store: EventStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._versions = Versions()
        self._number = 0

    def record(self, facts: Facts) -> int:
        """Append the facts of one command; give the head."""
        self._number += 1
        answer = self._store.append(self._versions.batch(self._number, facts))
        assert isinstance(answer, Stored), answer
        return answer.head

    def play(self, history: Iterable[tuple[datetime, Facts]]) -> int:
        """Append a history; give the head."""
        head = 0
        for at, facts in history:
            self._clock.at = at
            head = self.record(facts)
        return head


def history(
    seed: int,
    *,
    performances: int = 2,
    sections: int = 2,
    places: int = 12,
    commands: int = 60,
    step_s: float = 30.0,
    begin: datetime = MORNING,
) -> Iterator[tuple[datetime, Facts]]:
    """Tell what happened, command by command, with the time of each.

    A log with a clock of its own records all of it at once: let it `begin` long enough
    ago, so that what expired in the history is overdue by that clock too.
    """
    rng = random.Random(seed)
    sales = [
        Sale(
            rng,
            number=seed * 1000 + at + 1,
            sections=sections,
            places=places,
            begin=begin,
        )
        for at in range(performances)
    ]
    now = begin
    for sale in sales:
        yield now, sale.opening()
    for _ in range(commands):
        now += timedelta(seconds=step_s * rng.random())
        if facts := rng.choice(sales).step(now):
            yield now, facts
    yield now, sales[-1].moving()
    yield now, sales[0].closing()

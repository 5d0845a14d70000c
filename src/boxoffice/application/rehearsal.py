"""Steps of an import, decided against the house before any of them is stored.

Either every step can be done or the first that cannot says where it stands in the file,
and nothing has happened. Each step sees what those before it would have done. What
somebody else changed in the house since the last import is left as it is and said.

The house is read as it is when the rehearsal begins; when the steps are stored, their
rules decide once more.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from boxoffice.application.codec import decode, decode_meta
from boxoffice.application.json_cursor import Cursor
from boxoffice.application.memory import Entry, evolved
from boxoffice.application.ports.log import LogReader
from boxoffice.application.routing import decide
from boxoffice.domain.catalogue.state import PERFORMANCE, PLAN, PRODUCTION
from boxoffice.domain.decider import Aggregate, Decision
from boxoffice.domain.events import TAGS
from boxoffice.domain.ids import FAMILY_BYTES, Family, StreamId
from boxoffice.domain.message import Command, Event
from boxoffice.domain.pricing.state import PRICE_LIST
from boxoffice.errors import AlreadyExists, NotFound, Refused

IMPORTER = "system:import"
"""Whose facts an import may follow up; those of anybody else it leaves alone."""
_FOLDED = {
    TAGS[event]
    for aggregate in (PLAN, PRODUCTION, PERFORMANCE, PRICE_LIST)
    for event in aggregate.events
}
"""Imports read no places and no orders."""


class Step(msgspec.Struct, frozen=True):
    """A command of the import, named for whoever watches; `at` is where it stands.

    A step that `creates` has nothing to do when what it makes is there already. A fact
    `unless` that somebody else stored means that the house wants it otherwise: the step
    is left, and `why` says what they did.
    """

    name: str
    at: Cursor
    command: Command
    creates: bool = False
    unless: tuple[StreamId, type[Event]] | None = None
    why: str = ""


class Outcome(msgspec.Struct, frozen=True):
    """What a step comes to: a command to be stored, nothing, or why it is left."""

    name: str
    command: Command | None = None
    left: str = ""


class House:
    """A `View` of the house as the steps so far leave it; without a log it is empty."""

    def __init__(self, log: LogReader | None) -> None:
        self._log = log
        self._read: set[Family] = set()
        self._entries: dict[StreamId, Entry] = {}
        self._authors: dict[tuple[StreamId, type[Event]], str] = {}

    def state(self, stream_id: StreamId, aggregate: Aggregate) -> Any:
        """Give a state of the catalogue."""
        self._load(Family(stream_id[:FAMILY_BYTES]))
        entry = self._entries.get(stream_id)
        return entry[1] if entry else aggregate.initial()

    def author(self, stream_id: StreamId, kind: type[Event]) -> str | None:
        """Say who stored the newest fact of a kind; None when there is none."""
        self._load(Family(stream_id[:FAMILY_BYTES]))
        return self._authors.get((stream_id, kind))

    def take(self, decision: Decision) -> None:
        """Let later steps see what was decided."""
        for where, event in decision:
            self._entries[where] = evolved(self._entries.get(where), event)

    def _load(self, family: Family) -> None:
        if family in self._read or self._log is None:
            return
        self._read.add(family)
        for record in self._log.families([family]):
            if record.tag not in _FOLDED:
                continue
            event = decode(record.tag, record.data, position=record.position)
            meta = decode_meta(record.meta, position=record.position)
            self.take([(record.stream, event)])
            self._authors[record.stream, type(event)] = meta.actor


def rehearse(steps: Iterable[Step | Outcome], house: House) -> list[Outcome]:
    """Decide every step in its order; an outcome stands for itself.

    Raises:
        Invalid: names the place of the first step that cannot be done.
    """
    return [
        step if isinstance(step, Outcome) else _tried(step, house) for step in steps
    ]


def _tried(step: Step, house: House) -> Outcome:
    try:
        decision = decide(house, step.command)
    except (Refused, NotFound) as refusal:
        if step.creates and isinstance(refusal, AlreadyExists):
            return Outcome(step.name)
        raise step.at.refuse(refusal.detail) from refusal
    if not decision:
        return Outcome(step.name)
    if step.unless and house.author(*step.unless) not in (None, IMPORTER):
        return Outcome(step.name, left=step.why)
    house.take(decision)
    return Outcome(step.name, step.command)

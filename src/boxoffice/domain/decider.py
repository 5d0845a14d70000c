"""What an aggregate is: an initial state and a fold of its own events."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from boxoffice.domain.ids import StreamId
from boxoffice.domain.message import Event

Decision = list[tuple[StreamId, Event]]
"""What happened, in order, each with the stream it is stored in."""


class Aggregate(NamedTuple):
    """A kind of stream. `evolve` never raises on what a decision produced."""

    name: str
    initial: Callable[[], Any]
    evolve: Callable[[Any, Any], Any]
    events: tuple[type[Event], ...]

    def fold(self, events: Iterable[Event]) -> Any:
        """Fold a whole stream from its first event."""
        state = self.initial()
        for event in events:
            state = self.evolve(state, event)
        return state

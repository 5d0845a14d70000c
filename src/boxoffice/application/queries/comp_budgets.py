"""Budgets for comps as staff look at them: limits, what was drawn, what is left.

Folded from the log's tail. At most `BUDGETS_MAX` are kept; the one that was set longest
ago goes first. Comps never ask here: they are decided on the write side.
"""

from __future__ import annotations

from collections import OrderedDict

import msgspec

from boxoffice.application.codec import decode
from boxoffice.application.ports.log import LogRecord
from boxoffice.application.queries.tail import Tail
from boxoffice.domain.events import TAGS
from boxoffice.domain.ids import StreamId, comp_budget_stream
from boxoffice.domain.money import Money
from boxoffice.domain.promotions.events import CompBudgetSet
from boxoffice.domain.promotions.state import COMP_BUDGET, CompBudget
from boxoffice.errors import NotFound

BUDGETS_MAX = 1_000

_WANTED = {TAGS[event] for event in COMP_BUDGET.events}


class KnownBudget(msgspec.Struct, frozen=True):
    """A budget: at most so many places worth so much, what was drawn, what is left."""

    name: str
    places_max: int
    face_max: Money
    places: int
    face: Money
    places_left: int
    face_left: Money


class CompBudgets:
    """All budgets of the house; belongs to one event loop."""

    def __init__(self, tail: Tail) -> None:
        self._tail = tail
        self._known: OrderedDict[StreamId, tuple[str, CompBudget]] = OrderedDict()
        tail.feed(self._take, tags=_WANTED)

    async def all(self) -> list[KnownBudget]:
        """List budgets by name.

        Raises:
            Unavailable: the log does not answer.
        """
        await self._tail.catch_up()
        found = [_shown(name, budget) for name, budget in self._known.values()]
        return sorted(found, key=lambda budget: budget.name)

    async def find(self, name: str) -> KnownBudget:
        """Give one budget.

        Raises:
            NotFound: there is none of the name.
            Unavailable: the log does not answer.
        """
        await self._tail.catch_up()
        known = self._known.get(comp_budget_stream(name))
        if known is None:
            raise NotFound("There is no such budget.")
        return _shown(*known)

    def _take(self, record: LogRecord) -> None:
        if record.tag not in _WANTED:
            return
        event = decode(record.tag, record.data, position=record.position)
        name, before = self._known.get(record.stream, ("", COMP_BUDGET.initial()))
        if not name and record.version:
            return  # It went long ago, and what was drawn from it with it.
        if isinstance(event, CompBudgetSet):
            name = event.budget
        self._known[record.stream] = (name, COMP_BUDGET.evolve(before, event))
        if len(self._known) > BUDGETS_MAX:
            self._known.popitem(last=False)


def _shown(name: str, budget: CompBudget) -> KnownBudget:
    assert budget.face_max is not None
    currency = budget.face_max.currency
    return KnownBudget(
        name=name,
        places_max=budget.places_max,
        face_max=budget.face_max,
        places=budget.places,
        face=Money(budget.face, currency),
        places_left=budget.places_left,
        face_left=Money(budget.face_left, currency),
    )

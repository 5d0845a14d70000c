"""What the modules beside this one are given and give: a view, and roads to rules.

These are the only places where aggregates meet: they read states through a `View`,
hand plain values to the rules, and say on which streams the answers are stored.
Everything read is guarded: if it changes before the append, the command is decided
again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from boxoffice.domain.decider import Aggregate, Decision
from boxoffice.domain.ids import Family, StreamId
from boxoffice.domain.message import Command


class View(Protocol):
    """Current states, as far as this process knows them."""

    def state(self, stream_id: StreamId, aggregate: Aggregate) -> Any:
        """Give the state of a stream and guard the version it has."""


class Road(NamedTuple):
    """From a command to its rule.

    `families` names the houses (performances, plans, productions, promotions) that are
    loaded before deciding, `orders` the families of orders that exist already; an
    order that is new is not loaded: its guards say otherwise if it is not.
    """

    decide: Callable[[View, Any], Decision]
    families: Callable[[Any], tuple[Family, ...]]
    orders: Callable[[Any], tuple[Family, ...]] = lambda _command: ()


Roads = dict[type[Command], Road]

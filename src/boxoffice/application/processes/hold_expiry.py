"""Tidying up holds whose time ran out: a pure process over the facts of cart holds.

Nothing depends on it: an overdue hold is taken over without being tidied up first. It
makes places show as free again when nobody asks for them.

`Deadlines` belongs to one runner and is changed in place. The same facts and the same
time always give the same commands.
"""

from __future__ import annotations

import hashlib
import heapq
from datetime import datetime

from boxoffice.application.requests import Request
from boxoffice.domain import events
from boxoffice.domain.ids import BuyerId, HoldId, PerformanceId
from boxoffice.domain.inventory.commands import ExpireHold
from boxoffice.domain.inventory.events import (
    CartHoldConverted,
    CartHoldPlaced,
    CartHoldReleased,
)
from boxoffice.domain.inventory.state import TAKEOVER_GRACE
from boxoffice.domain.message import Fact, Meta

ACTOR = "system:expiry"
TAGS = frozenset(
    events.TAGS[kind] for kind in (CartHoldPlaced, CartHoldReleased, CartHoldConverted)
)
"""Everything that `react` looks at."""
SLACK = 1_024
"""Deadlines of ended holds that may wait before they are swept out."""


class Deadlines:
    """Open holds by their id, and their deadlines as a heap."""

    def __init__(self) -> None:
        self.open: dict[str, CartHoldPlaced] = {}
        self.heap: list[tuple[datetime, str]] = []


def react(state: Deadlines, fact: Fact) -> None:
    """Take note of a hold that was placed or has ended."""
    match fact.event:
        case CartHoldPlaced() as placed:
            state.open[placed.hold] = placed
            heapq.heappush(state.heap, (placed.until, placed.hold))
        case CartHoldReleased() | CartHoldConverted() as ended:
            state.open.pop(ended.hold, None)
            _sweep(state)
        case _:
            pass


def _sweep(state: Deadlines) -> None:
    if len(state.heap) > 2 * len(state.open) + SLACK:
        state.heap = [entry for entry in state.heap if entry[1] in state.open]
        heapq.heapify(state.heap)


def due(state: Deadlines, now: datetime, *, commands_max: int) -> list[ExpireHold]:
    """Give what must be tidied up at `now`, the most overdue first.

    Each hold is given once; `again` puts one back whose command did not get through.
    """
    commands: list[ExpireHold] = []
    while state.heap and len(commands) < commands_max:
        until, hold = state.heap[0]
        if hold in state.open:
            if until + TAKEOVER_GRACE > now:
                break
            commands.append(_expire(state.open[hold], now))
        heapq.heappop(state.heap)
    return commands


def _expire(placed: CartHoldPlaced, now: datetime) -> ExpireHold:
    return ExpireHold(
        now=now,
        performance=PerformanceId(placed.performance),
        buyer=BuyerId(placed.buyer),
        hold=HoldId(placed.hold),
    )


def again(state: Deadlines, command: ExpireHold) -> None:
    """Put back a hold whose command did not get through."""
    placed = state.open.get(command.hold)
    if placed is not None:
        heapq.heappush(state.heap, (placed.until, placed.hold))


def request(command: ExpireHold, *, venue: str) -> Request:
    """Give the command its identity: a hold is expired once, whoever asks."""
    cause = hashlib.blake2b(f"expire {command.hold}".encode(), digest_size=32).digest()
    meta = Meta(
        command=cause[:16].hex(),
        correlation=command.hold,
        causation=command.hold,
        actor=ACTOR,
        venue=venue,
    )
    return Request(cause[:16], cause, command, meta)

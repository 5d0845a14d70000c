"""Tidying up holds whose time ran out: a pure process over the facts of cart holds.

Nothing depends on it: an overdue hold is taken over without being tidied up first. It
makes places show as free again when nobody asks for them. A hold that was ordered is
left to its order.

`Deadlines` belongs to one runner and is changed in place. The same facts and the same
time always give the same commands.
"""

from __future__ import annotations

import hashlib
import heapq
from datetime import datetime

import msgspec

from boxoffice.application.requests import Request
from boxoffice.domain import events
from boxoffice.domain.ids import BuyerId, HoldId, PerformanceId
from boxoffice.domain.inventory.commands import ExpireHold
from boxoffice.domain.inventory.events import (
    CartHoldChanged,
    CartHoldConverted,
    CartHoldOrdered,
    CartHoldPlaced,
    CartHoldReleased,
    CartHoldRenewed,
)
from boxoffice.domain.inventory.state import TAKEOVER_GRACE
from boxoffice.domain.message import Fact, Meta

ACTOR = "system:expiry"
_STANDING = (CartHoldPlaced, CartHoldChanged, CartHoldRenewed)
_OVER = (CartHoldOrdered, CartHoldReleased, CartHoldConverted)
TAGS = frozenset(events.TAGS[kind] for kind in (*_STANDING, *_OVER))
"""Everything that `react` looks at."""
SLACK = 1_024
"""Deadlines of ended holds that may wait before they are swept out."""


class Standing(msgspec.Struct):
    """A hold that nobody ended yet."""

    performance: str
    buyer: str
    hold: str
    until: datetime


class Deadlines:
    """Open holds by their id, and their deadlines as a heap."""

    def __init__(self) -> None:
        self.open: dict[str, Standing] = {}
        self.heap: list[tuple[datetime, str]] = []


def react(state: Deadlines, fact: Fact) -> None:
    """Take note of a hold that was placed, has another deadline or has ended."""
    match fact.event:
        case CartHoldPlaced(hold=hold, until=until) as placed:
            state.open[hold] = Standing(placed.performance, placed.buyer, hold, until)
            heapq.heappush(state.heap, (until, hold))
        case (
            CartHoldChanged(hold=hold, until=until)
            | CartHoldRenewed(hold=hold, until=until)
        ):
            known = state.open.get(hold)
            if known is not None and known.until != until:
                known.until = until
                heapq.heappush(state.heap, (until, hold))
        case CartHoldOrdered() | CartHoldReleased() | CartHoldConverted() as ended:
            state.open.pop(ended.hold, None)
        case _:
            return
    _sweep(state)


def _sweep(state: Deadlines) -> None:
    if len(state.heap) > 2 * len(state.open) + SLACK:
        state.heap = [(hold.until, hold.hold) for hold in state.open.values()]
        heapq.heapify(state.heap)


def due(state: Deadlines, now: datetime, *, commands_max: int) -> list[ExpireHold]:
    """Give what must be tidied up at `now`, the most overdue first.

    Each hold is given once; `again` puts one back whose command did not get through.
    """
    commands: list[ExpireHold] = []
    while state.heap and len(commands) < commands_max:
        until, name = state.heap[0]
        hold = state.open.get(name)
        if hold is not None and hold.until == until:
            if until + TAKEOVER_GRACE > now:
                break
            commands.append(_expire(hold, now))
        heapq.heappop(state.heap)
    return commands


def _expire(hold: Standing, now: datetime) -> ExpireHold:
    return ExpireHold(
        now=now,
        performance=PerformanceId(hold.performance),
        buyer=BuyerId(hold.buyer),
        hold=HoldId(hold.hold),
    )


def again(state: Deadlines, command: ExpireHold) -> None:
    """Put back a hold whose command did not get through."""
    hold = state.open.get(command.hold)
    if hold is not None:
        heapq.heappush(state.heap, (hold.until, hold.hold))


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

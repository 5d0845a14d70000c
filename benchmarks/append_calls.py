"""What the append benchmark sends: the same rows, bare and through the log.

Every command is a hold as the product writes it. Its streams either begin with it, as
in the first minutes of a sale, or go on; with two events a command the second one is
the buyer's allowance. Every call also guards the performance and its price list.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any, NamedTuple
from uuid import UUID

from boxoffice.application.codec import encode, tag_of
from boxoffice.application.ports.log import Append, LogWriter, Stored
from boxoffice.domain.ids import (
    ALLOWANCE_BIT,
    Family,
    HoldId,
    StreamId,
    performance_stream,
    price_list_stream,
    stream,
)
from boxoffice.domain.inventory.events import TicketHeld
from boxoffice.domain.message import Meta
from boxoffice.testing import FULL_PRICE, NOON, PERFORMANCE

READ = (performance_stream(PERFORMANCE), price_list_stream(PERFORMANCE))
PLACES = 20_000
STRIDE = 7_919
"""Prime to `PLACES`: every place of a house comes once, in no order."""
GOING_ON = 5_000
"""Streams that go on, each by one version when its turn comes."""


class Pattern(NamedTuple):
    """How commands write."""

    name: str
    events: int
    begins: bool


PATTERNS = (
    Pattern("1 event, stream begins", 1, begins=True),
    Pattern("1 event, stream goes on", 1, begins=False),
    Pattern("2 events, streams begin", 2, begins=True),
)


class Calls:
    """Makes calls whose rows never meet those of another call."""

    def __init__(self) -> None:
        self._ids = count(1)
        self._places = count()
        self._turns = count()
        self._versions: dict[StreamId, int] = {}

    def prepare(self, log: LogWriter) -> None:
        """Let the streams that every call reads exist."""
        call = Append(guards=dict.fromkeys(READ, -1))
        self._command(call, [(of, 0) for of in READ])
        assert isinstance(log.append(call), Stored)

    def call(self, pattern: Pattern, commands: int) -> Append:
        call = Append()
        for _ in range(commands):
            written = [self._next(pattern, event) for event in range(pattern.events)]
            for of, version in written:
                call.guards[of] = version - 1
            self._command(call, written)
        call.guards |= dict.fromkeys(READ, 0)
        return call

    def _next(self, pattern: Pattern, event: int) -> tuple[StreamId, int]:
        if not pattern.begins:
            number = next(self._turns) % GOING_ON * STRIDE % PLACES
            of = stream(Family(b"going-on-map"), number + 1)
            self._versions[of] = self._versions.get(of, -1) + 1
            return of, self._versions[of]
        house, turn = divmod(next(self._places), PLACES)
        number = turn * STRIDE % PLACES + 1 + (ALLOWANCE_BIT if event else 0)
        return stream(Family(house.to_bytes(12, "big")), number), 0

    def _command(self, call: Append, written: list[tuple[StreamId, int]]) -> None:
        number = next(self._ids)
        name = f"{number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128:032x}"
        held = TicketHeld(
            hold=HoldId(name),
            section=3,
            category=1,
            price=FULL_PRICE,
            until=NOON + timedelta(minutes=10),
        )
        actor = f"buyer:{name}"
        meta = Meta(command=name, correlation=name, actor=actor, venue="main")
        index = len(call.command_ids)
        call.command_ids.append(bytes.fromhex(name))
        call.request_hashes.append(bytes.fromhex(name) * 2)
        for of, version in written:
            call.event_commands.append(index)
            call.event_streams.append(of)
            call.event_versions.append(version)
            call.event_tags.append(tag_of(held))
            call.event_datas.append(encode(held))
            call.event_metas.append(encode(meta))


def rows(call: Append) -> list[list[Any]]:
    """Give a call's columns as a plain insert takes them."""
    return [
        [UUID(bytes=of) for of in call.event_streams],
        call.event_versions,
        call.event_tags,
        call.event_datas,
        call.event_metas,
    ]

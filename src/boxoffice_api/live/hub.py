"""All live rooms of this process, and the limits that they share.

There is one feed per performance and kind of view, however many sockets watch it. A
socket lives at most `AGE_MAX_S`, and when the process closes all of them are told to
leave at once: browsers come back by themselves, to whichever process serves then.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Literal

import msgspec
from prometheus_client import Gauge

from boxoffice.application.mailbox import Mailbox
from boxoffice.application.queries.catalogue import PerformanceEntry
from boxoffice.errors import Overloaded
from boxoffice.readmodels.availability import Availability, channel
from boxoffice.readmodels.sales_board import SalesBoard
from boxoffice_api.edge import Edge
from boxoffice_api.live.feeds import BoardFeed, Feed, HallFeed
from boxoffice_api.live.room import Room

View = Literal["hall", "board"]
MakeFeed = Callable[[View, PerformanceEntry], Feed]

AGE_MAX_S = 3_600.0

_HALL = msgspec.json.Decoder(Availability)
_BOARD = msgspec.json.Decoder(SalesBoard)
_sockets = Gauge("boxoffice_live_sockets", "Live sockets that are open.")


class Seat(msgspec.Struct, frozen=True):
    """A place to watch from."""

    room: Room
    mailbox: Mailbox


class Hub:
    """Belongs to one event loop."""

    def __init__(
        self,
        make_feed: MakeFeed,
        *,
        sockets_max: int,
        frames_max: int,
        age_max_s: float = AGE_MAX_S,
    ) -> None:
        self._make_feed = make_feed
        self._sockets_max = sockets_max
        self._frames_max = frames_max
        self._age_max_s = age_max_s
        self._rooms: dict[tuple[View, str], Room] = {}
        self._ends: set[asyncio.Timeout] = set()
        self._is_closing = False

    @property
    def sockets(self) -> int:
        """How many watch."""
        return len(self._ends)

    @asynccontextmanager
    async def seat(self, view: View, entry: PerformanceEntry) -> AsyncIterator[Seat]:
        """Watch a performance.

        Raises:
            Overloaded: too many watch already, or the process is closing.
            Unavailable: there is nothing to show yet.
            TimeoutError: it is time to leave.
        """
        if self._is_closing or len(self._ends) >= self._sockets_max:
            raise Overloaded
        async with asyncio.timeout(self._age_max_s) as end, self._counted(end):
            room = self._room(view, entry)
            try:
                async with room.seat() as mailbox:
                    yield Seat(room, mailbox)
            finally:
                await self._leave(view, entry, room)

    async def close(self) -> None:
        """Ask everybody to leave now; let nobody in."""
        self._is_closing = True
        for end in self._ends:
            end.reschedule(asyncio.get_running_loop().time())

    @asynccontextmanager
    async def _counted(self, end: asyncio.Timeout) -> AsyncIterator[None]:
        self._ends.add(end)
        _sockets.inc()
        try:
            yield
        finally:
            self._ends.discard(end)
            _sockets.dec()

    def _room(self, view: View, entry: PerformanceEntry) -> Room:
        key = (view, entry.performance)
        if key not in self._rooms:
            feed = self._make_feed(view, entry)
            self._rooms[key] = Room(feed, frames_max=self._frames_max)
        return self._rooms[key]

    async def _leave(self, view: View, entry: PerformanceEntry, room: Room) -> None:
        key = (view, entry.performance)
        if room.is_empty and self._rooms.get(key) is room:
            del self._rooms[key]
            await room.close()


def open_hub(edge: Edge) -> Hub:
    """Build the hub of a process that serves pages."""
    settings = edge.container.settings
    return Hub(
        partial(_feed, edge),
        sockets_max=settings.sockets_max,
        frames_max=settings.socket_queue_max,
    )


def _feed(edge: Edge, view: View, entry: PerformanceEntry) -> Feed:
    listen = partial(edge.container.fanout.listen, channel(entry.performance))
    frames_s = edge.container.settings.socket_frames_s
    if view == "hall":
        read = partial(read_hall, edge, entry)
        return HallFeed(listen=listen, read=read, frames_s=frames_s)
    look = partial(read_board, edge, entry)
    return BoardFeed(listen=listen, read=look, frames_s=frames_s)


async def read_hall(edge: Edge, entry: PerformanceEntry) -> Sequence[Availability]:
    """Read the availability of all sections.

    Raises:
        Unavailable: the store does not answer, or was not told everything yet.
    """
    keys = [f"{entry.performance}/{s.section}" for s in entry.sections]
    reading = await edge.availability.read(keys)
    return [_HALL.decode(document.body) for document in reading.documents]


async def read_board(edge: Edge, entry: PerformanceEntry) -> SalesBoard:
    """Read the sales board.

    Raises:
        Unavailable: the store does not answer, or was not told everything yet.
    """
    reading = await edge.sales_board.read([entry.performance])
    return _BOARD.decode(reading.documents[0].body)

"""What one command told of holds and orders, gathered before it is judged.

A hold is told on every place, on its buyer's stream and in its order, within one
append; only the whole of a command can be right or wrong.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Generic, TypeVar

import msgspec

from boxoffice.application.ports.log import LogRecord
from boxoffice.domain.ids import FAMILY_BYTES, PLACE_ORDINAL_MAX, StreamId
from boxoffice.domain.inventory.events import (
    CartHoldConverted,
    CartHoldPlaced,
    CartHoldReleased,
    TicketHeld,
    TicketReleased,
    TicketSold,
)
from boxoffice.domain.message import Event
from boxoffice.domain.money import Money
from boxoffice.domain.orders.events import OrderConfirmed

E_co = TypeVar("E_co", bound=Event, covariant=True)


class Told(msgspec.Struct, Generic[E_co], frozen=True, gc=False):
    """An event of a command, with where it stands."""

    position: int
    stream: StreamId
    event: E_co


class Deed(msgspec.Struct):
    """The events of one command, by their kinds."""

    meta: bytes
    at: datetime
    placed: list[Told[CartHoldPlaced]] = []
    held: list[Told[TicketHeld]] = []
    freed: list[Told[TicketReleased]] = []
    ended: list[Told[CartHoldReleased]] = []
    sold: list[Told[TicketSold]] = []
    converted: list[Told[CartHoldConverted]] = []
    confirmed: list[Told[OrderConfirmed]] = []

    def note(self, record: LogRecord, event: Event | None) -> None:
        """Take an event in; what is not about holds is passed over."""
        position, stream = record.position, record.stream
        match event:
            case TicketHeld():
                self.held.append(Told(position, stream, event))
            case TicketSold():
                self.sold.append(Told(position, stream, event))
            case TicketReleased():
                self.freed.append(Told(position, stream, event))
            case CartHoldPlaced():
                self.placed.append(Told(position, stream, event))
            case CartHoldReleased():
                self.ended.append(Told(position, stream, event))
            case CartHoldConverted():
                self.converted.append(Told(position, stream, event))
            case OrderConfirmed():
                self.confirmed.append(Told(position, stream, event))
            case _:
                pass


class Hold(msgspec.Struct):
    """A hold as it was placed, and which of its places it still has."""

    buyer: str
    until: datetime
    lines: dict[StreamId, Money]
    standing: set[StreamId] = msgspec.field(default_factory=set)


def lines_of(told: Told[CartHoldPlaced]) -> dict[StreamId, Money]:
    """Give the prices of a hold's places by their streams, where they have one."""
    family = told.stream[:FAMILY_BYTES]
    return {
        StreamId(family + place.ordinal.to_bytes(4, "big")): place.price
        for place in told.event.places
        if 0 < place.ordinal <= PLACE_ORDINAL_MAX
    }


H = TypeVar("H", CartHoldReleased, CartHoldConverted, OrderConfirmed)


def by_hold(told: Iterable[Told[H]]) -> dict[str, H]:
    """Give events by the hold that they are about."""
    return {one.event.hold: one.event for one in told}

"""Which places of one section are free: small, and quick to read and to send.

One document per performance and section. `bitmap` is the base64 of two bits a place
in the order of `ordinals`, four places to a byte, the first in the lowest bits: 0
free, 1 held, 2 sold. 2,000 places make under 16 KB.

Whoever listens to `live:<performance>` is told deltas. A delta brings a section from
position `prev` to `position`; a listener whose section stands elsewhere than at `prev`
missed something and takes a fresh document.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from boxoffice.domain.catalogue.events import SectionLaidOut
from boxoffice.domain.ids import FAMILY_BYTES
from boxoffice.domain.inventory.events import (
    TicketHeld,
    TicketReleased,
    TicketReturned,
    TicketSold,
)
from boxoffice.domain.message import Event, Fact
from boxoffice.readmodels.keys import by_section
from boxoffice.readmodels.model import Delta, ReadModel, encode, misfit
from boxoffice.readmodels.places import begins_section, changed, manifest

FREE, HELD, SOLD = 0, 1, 2
STATES: tuple[Literal["f", "h", "s"], ...] = ("f", "h", "s")
"""The letters of FREE, HELD and SOLD in deltas."""
PLACES_PER_BYTE = 4


class Counts(msgspec.Struct, frozen=True, array_like=True):
    """Places of one price level: `[free, held, sold]`."""

    free: int
    held: int
    sold: int


class Availability(msgspec.Struct, frozen=True):
    """The state of every place of a section; counts are by category."""

    performance: str
    section: int
    ordinals: tuple[int, ...]
    bitmap: str
    counts: dict[int, Counts]
    position: int


class Change(msgspec.Struct, frozen=True, array_like=True):
    """A place and its new state."""

    ordinal: int
    state: Literal["f", "h", "s"]


class SectionDelta(msgspec.Struct, frozen=True):
    """What changed in a section between two positions; `counts` as they are now."""

    position: int
    prev: int
    section: int
    changes: tuple[Change, ...]
    counts: dict[int, Counts]


_STATE_OF: dict[type[Event], int] = {
    TicketHeld: HELD,
    TicketReleased: FREE,
    TicketReturned: FREE,
    TicketSold: SOLD,
}


def channel(performance: str) -> str:
    """Name the channel on which a performance's deltas are published."""
    return f"live:{performance}"


def fold(document: Availability | None, facts: Sequence[Fact]) -> Availability:
    """Count what happened to the places of one section."""
    if document is None:
        document, facts = _laid_out(facts), facts[1:]
    bits = bytearray(b64decode(document.bitmap))
    counts = {
        category: [count.free, count.held, count.sold]
        for category, count in document.counts.items()
    }
    for at, fact in changed(facts, document.ordinals):
        event = fact.event
        try:
            after = _STATE_OF[type(event)]
            level = counts[event.category]  # type: ignore[attr-defined]  # tickets have one
        except KeyError:
            raise misfit(fact, "the section does not count it") from None
        byte, shift = at // PLACES_PER_BYTE, at % PLACES_PER_BYTE * 2
        level[bits[byte] >> shift & 3] -= 1
        level[after] += 1
        bits[byte] = bits[byte] & ~(3 << shift) | after << shift
    return Availability(
        document.performance,
        document.section,
        document.ordinals,
        b64encode(bits).decode("ascii"),
        {category: Counts(*level) for category, level in counts.items()},
        facts[-1].position if facts else document.position,
    )


def _laid_out(facts: Sequence[Fact]) -> Availability:
    laid_out = manifest(facts)
    length = -(-len(laid_out.places) // PLACES_PER_BYTE)
    return Availability(
        performance=facts[0].stream[:FAMILY_BYTES].hex(),
        section=laid_out.section,
        ordinals=tuple(place.ordinal for place in laid_out.places),
        bitmap=b64encode(bytes(length)).decode("ascii"),
        counts=_all_free(laid_out),
        position=facts[0].position,
    )


def _all_free(laid_out: SectionLaidOut) -> dict[int, Counts]:
    places: dict[int, int] = {}
    for place in laid_out.places:
        places[place.category] = places.get(place.category, 0) + 1
    return {category: Counts(free, 0, 0) for category, free in sorted(places.items())}


def states(document: Availability) -> dict[int, Literal["f", "h", "s"]]:
    """Give the state of every place by its ordinal."""
    bits = b64decode(document.bitmap)
    return {
        ordinal: STATES[_at(bits, at)] for at, ordinal in enumerate(document.ordinals)
    }


def _at(bits: bytes, index: int) -> int:
    byte, place = divmod(index, PLACES_PER_BYTE)
    return bits[byte] >> place * 2 & 3


def delta(before: Availability, after: Availability) -> Delta | None:
    """Say what changed from one document to a later one of the same section."""
    if after.position <= before.position:
        return None
    message = SectionDelta(
        position=after.position,
        prev=before.position,
        section=after.section,
        changes=tuple(_changes(before, after)),
        counts=after.counts,
    )
    return channel(after.performance), encode(message)


def _changes(before: Availability, after: Availability) -> Iterator[Change]:
    old, new = b64decode(before.bitmap), b64decode(after.bitmap)
    for byte, (was, now) in enumerate(zip(old, new, strict=True)):
        if was == now:
            continue
        first = byte * PLACES_PER_BYTE
        for index in range(first, min(first + PLACES_PER_BYTE, len(after.ordinals))):
            state = _at(new, index)
            if state != _at(old, index):
                yield Change(after.ordinals[index], STATES[state])


AVAILABILITY = ReadModel(
    name="availability",
    family="performance",
    sink="cache",
    document=Availability,
    grouped=by_section,
    begins=begins_section,
    fold=fold,
    delta=delta,
)

"""Every place of one section with its state, for the pages of buyers and staff.

One document per performance and section, of at most 2,000 places: under 256 KB as
long as labels stay under 100 bytes. `state` has one character per place, in the order
of `places`: `f` free, `h` held, `s` sold.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from boxoffice.domain.ids import FAMILY_BYTES
from boxoffice.domain.inventory.events import (
    TicketHeld,
    TicketReleased,
    TicketReturned,
    TicketSold,
)
from boxoffice.domain.message import Event, Fact
from boxoffice.readmodels.keys import by_section
from boxoffice.readmodels.model import ReadModel, misfit
from boxoffice.readmodels.places import begins_section, changed, manifest


class SeatPlace(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A place as its performance offers it."""

    ordinal: int
    label: str
    category: int
    kind: str


class SeatMap(msgspec.Struct, frozen=True, gc=False):
    """A section's places and their states."""

    performance: str
    section: int
    name: str
    places: tuple[SeatPlace, ...]
    state: str
    position: int


_STATES: dict[type[Event], int] = {
    TicketHeld: ord("h"),
    TicketReleased: ord("f"),
    TicketReturned: ord("f"),
    TicketSold: ord("s"),
}


def fold(document: SeatMap | None, facts: Sequence[Fact]) -> SeatMap:
    """Show what happened to the places of one section."""
    if document is None:
        document, facts = _laid_out(facts), facts[1:]
    state = bytearray(document.state, "ascii")
    ordinals = [place.ordinal for place in document.places]
    for at, fact in changed(facts, ordinals):
        try:
            state[at] = _STATES[type(fact.event)]
        except KeyError:
            raise misfit(fact, "it does not happen to a place") from None
    return SeatMap(
        document.performance,
        document.section,
        document.name,
        document.places,
        state.decode("ascii"),
        facts[-1].position if facts else document.position,
    )


def _laid_out(facts: Sequence[Fact]) -> SeatMap:
    laid_out = manifest(facts)
    return SeatMap(
        performance=facts[0].stream[:FAMILY_BYTES].hex(),
        section=laid_out.section,
        name=laid_out.name,
        places=tuple(
            SeatPlace(place.ordinal, place.label, place.category, place.kind)
            for place in laid_out.places
        ),
        state="f" * len(laid_out.places),
        position=facts[0].position,
    )


SEAT_MAP = ReadModel(
    name="seat_map",
    family="performance",
    sink="documents",
    document=SeatMap,
    grouped=by_section,
    begins=begins_section,
    fold=fold,
)

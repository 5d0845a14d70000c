"""What folds over the places of one section share: where a place stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from struct import Struct

from boxoffice.domain.catalogue.events import SectionLaidOut
from boxoffice.domain.ids import FAMILY_BYTES
from boxoffice.domain.message import Event, Fact
from boxoffice.readmodels.model import misfit

_ordinal = Struct(f">{FAMILY_BYTES}xI").unpack


def begins_section(event: Event) -> bool:
    """Tell whether this is a section's manifest, which starts its documents."""
    return isinstance(event, SectionLaidOut)


def manifest(facts: Sequence[Fact]) -> SectionLaidOut:
    """Give the manifest that a new document starts with.

    Raises:
        Corrupt: the first fact is something else.
    """
    first = facts[0]
    if not isinstance(first.event, SectionLaidOut):
        raise misfit(first, "its section has no manifest")
    return first.event


def changed(
    facts: Sequence[Fact], ordinals: Sequence[int]
) -> Iterator[tuple[int, Fact]]:
    """Give the last fact of every place that changed, with where the place stands.

    A ticket's fact says all of its state, so what came before it in the batch is gone.
    Ordinals nearly always follow one another, so a place is where it is counted to be;
    a table of all places is made only where it is not.

    Raises:
        Corrupt: the section has no such place.
    """
    last = {fact.stream: fact for fact in facts}
    first, size = ordinals[0] if ordinals else 0, len(ordinals)
    table: dict[int, int] | None = None
    for stream, fact in last.items():
        ordinal = _ordinal(stream)[0]
        at = ordinal - first
        if not 0 <= at < size or ordinals[at] != ordinal:
            table = table or {o: i for i, o in enumerate(ordinals)}
            if ordinal not in table:
                raise misfit(fact, "its section has no such place")
            at = table[ordinal]
        yield at, fact

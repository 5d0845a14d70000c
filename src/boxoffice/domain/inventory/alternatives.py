"""Which free places are like those that somebody lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Protocol

from msgspec.structs import replace

from boxoffice.domain.inventory.events import HeldPlace

LOOKED_AT_MAX = 500
"""Places that are looked at for each lost one. In a house that is sold out the search
must end before it has read every ticket."""


class Spot(Protocol):
    """A sellable place of the house."""

    @property
    def section(self) -> int:
        """Index of its section."""

    @property
    def category(self) -> int:
        """Index of its price level."""

    @property
    def label(self) -> str:
        """What is printed on the ticket."""


def alternative_places(
    lost: Sequence[HeldPlace],
    house: Mapping[int, Spot],
    is_free: Callable[[int], bool],
) -> tuple[HeldPlace, ...] | None:
    """Give a free place of the same category for each lost one, or None.

    A place that is free after all comes first, then its own section, then the nearest
    ordinals. The places keep the prices, types and price lists of the lost ones.
    """
    chosen: dict[int, HeldPlace] = {}
    for place in lost:
        found = next(
            (
                ordinal
                for ordinal in islice(_nearest(place, house), LOOKED_AT_MAX)
                if ordinal not in chosen and is_free(ordinal)
            ),
            None,
        )
        if found is None:
            return None
        spot = house[found]
        chosen[found] = replace(
            place, ordinal=found, section=spot.section, label=spot.label
        )
    return tuple(chosen.values())


def _nearest(place: HeldPlace, house: Mapping[int, Spot]) -> list[int]:
    def distance(ordinal: int) -> tuple[bool, int, int]:
        elsewhere = house[ordinal].section != place.section
        return elsewhere, abs(ordinal - place.ordinal), ordinal

    alike = (o for o, spot in house.items() if spot.category == place.category)
    return sorted(alike, key=distance)

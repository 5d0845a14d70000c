"""Sections that a plan draws on the same spot, set side by side.

Real files have blocks whose rows run into the next block, place on place. What lies
below another place can be neither seen nor chosen, so a section that stands on one
before it moves to the right until it stands free. Good plans stay as they are drawn.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from boxoffice.domain.catalogue.events import PlanSection

SPOT_SHARE = 0.25
"""Places this near, of the distance between neighbours, stand on the same spot."""
TOLERATED_SHARE = 0.1
"""Of a section's places: a slip in a file moves no block."""
GAP_PITCHES = 3.0

Spot = tuple[int, int]


class _Block(NamedTuple):
    """A section where it stands. What lies between `low` and `high` may be on it."""

    section: PlanSection
    spots: tuple[Spot, ...]
    low: Spot
    high: Spot

    @property
    def right_edge(self) -> float:
        return max(place.x for place in self.section.places)


def set_apart(sections: Sequence[PlanSection], pitch: float) -> list[PlanSection]:
    """Move what stands on something else; `pitch` is the distance of neighbours."""
    standing: list[PlanSection] = []
    by_right_edge: list[tuple[float, int, _Block]] = []
    for number, section in enumerate(sections):
        block = _block(section, pitch)
        # A section that was moved past one may meet only those further right.
        for edge, _, other in by_right_edge:
            if _is_on(block, other):
                moved = _beside(block.section, edge, gap=GAP_PITCHES * pitch)
                block = _block(moved, pitch)
        standing.append(block.section)
        insort(by_right_edge, (block.right_edge, number, block))
    return standing


def _block(section: PlanSection, pitch: float) -> _Block:
    cell = SPOT_SHARE * pitch
    spots = tuple((round(p.x / cell), round(p.y / cell)) for p in section.places)
    xs, ys = zip(*spots, strict=True)
    return _Block(section, spots, (min(xs), min(ys)), (max(xs), max(ys)))


def _is_on(block: _Block, other: _Block) -> bool:
    """Tell whether places of a block hide others; most are nowhere near."""
    if any(block.low[at] > other.high[at] for at in (0, 1)):
        return False
    if any(block.high[at] < other.low[at] for at in (0, 1)):
        return False
    taken = set(other.spots)
    hidden = sum(spot in taken for spot in block.spots)
    return hidden > TOLERATED_SHARE * len(block.spots)


def _beside(section: PlanSection, edge: float, *, gap: float) -> PlanSection:
    by = edge + gap - min(place.x for place in section.places)
    moved = tuple(replace(place, x=round(place.x + by, 3)) for place in section.places)
    return replace(section, places=moved)

"""Sections that a plan draws on the same spot, set side by side.

Real files have blocks whose rows run into the next block, place on place. What lies
below another place can be neither seen nor chosen, so a section that stands on one
before it moves to the right until it stands free. Good plans stay as they are drawn.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from boxoffice.domain.catalogue.events import PlanPlace, PlanSection

SPOT_SHARE = 0.25
"""Places this near, of the distance between neighbours, stand on the same spot."""
TOLERATED_SHARE = 0.1
"""Of a section's places: a slip in a file moves no block."""
GAP_PITCHES = 3.0

Spot = tuple[int, int]


def set_apart(sections: Sequence[PlanSection], pitch: float) -> list[PlanSection]:
    """Move what stands on something else; `pitch` is the distance of neighbours."""
    standing: list[PlanSection] = []
    for section in sections:
        moved = section
        for other in _by_right_edge(standing):
            if _is_on(moved, other, pitch):
                moved = _beside(moved, other, gap=GAP_PITCHES * pitch)
        standing.append(moved)
    return standing


def _by_right_edge(sections: Sequence[PlanSection]) -> list[PlanSection]:
    """A section that was moved past one may meet only those further right."""
    return sorted(sections, key=lambda section: max(p.x for p in section.places))


def _is_on(section: PlanSection, other: PlanSection, pitch: float) -> bool:
    taken = {_spot(place, pitch) for place in other.places}
    hidden = sum(_spot(place, pitch) in taken for place in section.places)
    return hidden > TOLERATED_SHARE * len(section.places)


def _spot(place: PlanPlace, pitch: float) -> Spot:
    cell = SPOT_SHARE * pitch
    return round(place.x / cell), round(place.y / cell)


def _beside(section: PlanSection, other: PlanSection, *, gap: float) -> PlanSection:
    left = min(place.x for place in section.places)
    by = max(place.x for place in other.places) + gap - left
    moved = tuple(replace(place, x=round(place.x + by, 3)) for place in section.places)
    return replace(section, places=moved)

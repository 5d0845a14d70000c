"""Stacked bars as rectangles: widths are attributes, so no style is needed."""

from __future__ import annotations

import msgspec

BAR_WIDTH = 1_000


class Bar(msgspec.Struct, frozen=True):
    """Widths of sold and held in a bar of `BAR_WIDTH`; the rest is free."""

    sold: int
    held: int


def bar_of(sold: int, held: int, places: int) -> Bar:
    """Share a bar out; whoever is there at all is at least visible."""
    if not places:
        return Bar(0, 0)
    return Bar(_share(sold, places), _share(held, places))


def _share(part: int, whole: int) -> int:
    return max(4, round(BAR_WIDTH * part / whole)) if part else 0

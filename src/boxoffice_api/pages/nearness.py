"""Which points of a plan have a place near them, without asking every place.

Places are sorted into squares as wide as the reach, so whatever is near a point stands
in its own square or in one of the eight around it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import product
from math import floor

from boxoffice_api.pages.chart import ChartPlace

_AROUND = tuple(product((-1, 0, 1), repeat=2))


class Nearness:
    """The places of a hall; near is what lies within `reach` both ways."""

    def __init__(self, places: Iterable[ChartPlace], *, reach: float) -> None:
        self._reach = reach
        self._squares: dict[tuple[int, int], list[ChartPlace]] = defaultdict(list)
        for place in places:
            self._squares[self._square(place.x, place.y)].append(place)

    def is_clear(self, x: float, y: float) -> bool:
        """Tell whether no place is near a point."""
        return not any(is_near(p, x, y, reach=self._reach) for p in self._round(x, y))

    def _round(self, x: float, y: float) -> Iterator[ChartPlace]:
        column, line = self._square(x, y)
        for right, down in _AROUND:
            yield from self._squares.get((column + right, line + down), ())

    def _square(self, x: float, y: float) -> tuple[int, int]:
        return floor(x / self._reach), floor(y / self._reach)


def is_near(place: ChartPlace, x: float, y: float, *, reach: float) -> bool:
    """Compare a place with a point."""
    return abs(place.x - x) <= reach and abs(place.y - y) <= reach

"""The one way in which benchmarks compare two series of interleaved rounds.

The figure is the median of the rounds' own ratios: what shares a round shared the
machine's mood. The ratio of the two medians stands beside it. A goal that only one of
them reaches counts as missed.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import msgspec


class Ratio(msgspec.Struct, frozen=True, omit_defaults=True):
    """Our rate by theirs: above 1, ours is quicker."""

    median: float
    of_medians: float
    least: float
    most: float
    goal: float | None = None
    reached: bool | None = None


def ratio(
    ours: Sequence[float], theirs: Sequence[float], *, goal: float | None = None
) -> Ratio:
    """Compare rates that were taken in pairs."""
    pairs = [a / b for a, b in zip(ours, theirs, strict=True)]
    median = statistics.median(pairs)
    of_medians = statistics.median(ours) / statistics.median(theirs)
    return Ratio(
        median=round(median, 3),
        of_medians=round(of_medians, 3),
        least=round(min(pairs), 3),
        most=round(max(pairs), 3),
        goal=goal,
        reached=None if goal is None else min(median, of_medians) >= goal,
    )

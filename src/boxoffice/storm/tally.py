"""What happened in a storm, in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec


class Latency(msgspec.Struct, frozen=True):
    """Milliseconds by percentile, of answers that came."""

    count: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float


class Tally:
    """Counters of one storm."""

    def __init__(self) -> None:
        self.tickets = 0
        self.orders: set[str] = set()
        self.refused: Counter[str] = Counter()
        self.retried: Counter[str] = Counter()
        self.went_home: Counter[str] = Counter()
        self.hold_s: list[float] = []
        self.purchase_s: list[float] = []
        self.is_sold_twice = False

    def bought(self, order: str, tickets: int) -> None:
        """Note an order; the same code twice would be somebody else's."""
        self.is_sold_twice |= order in self.orders
        self.orders.add(order)
        self.tickets += tickets


def latency(seconds: Sequence[float]) -> Latency:
    """Sum up durations."""
    ranked = sorted(seconds)
    return Latency(
        count=len(ranked),
        p50_ms=percentile(ranked, 50),
        p95_ms=percentile(ranked, 95),
        p99_ms=percentile(ranked, 99),
        max_ms=percentile(ranked, 100),
    )


def percentile(ranked: Sequence[float], percent: int) -> float:
    """Give the nearest-rank percentile of sorted seconds, in milliseconds."""
    if not ranked:
        return 0.0
    rank = max(1, -(-len(ranked) * percent // 100))
    return round(ranked[rank - 1] * 1000, 1)

"""What a process has to do and when: one matter per key, tried again ever more rarely.

A matter that was taken by `due` is in hand until `landed` gives it back, so nothing is
done twice at a time. What is wanted of a key may change meanwhile; the change waits for
the landing. An agenda belongs to one runner and is changed in place; it knows no clock.
"""

from __future__ import annotations

import heapq
from datetime import datetime, timedelta

import msgspec

DOUBLINGS_MAX = 20
"""Beyond these the longest pause is reached, whatever the first one was."""
SLACK = 1_024
"""Entries of the heap that may be out of date before they are swept out."""


class Pace(msgspec.Struct, frozen=True):
    """How soon something is tried again: each pause is twice the one before."""

    first_s: float
    longest_s: float

    def pause(self, tries: int) -> timedelta:
        """Give the pause after so many tries, the first of which is 0."""
        doubled = self.first_s * 2 ** min(tries, DOUBLINGS_MAX)
        return timedelta(seconds=min(self.longest_s, doubled))


class Matter(msgspec.Struct):
    """One thing to do; `tries` counts how often it was taken."""

    key: str
    what: str
    at: datetime
    pace: Pace
    tries: int = 0


class Agenda:
    """Matters by key, and their times as a heap."""

    def __init__(self) -> None:
        self._matters: dict[str, Matter] = {}
        self._in_hand: dict[str, Matter] = {}
        self._heap: list[tuple[datetime, str]] = []

    def __len__(self) -> int:
        return len(self._matters)

    def want(self, key: str, what: str, *, at: datetime, pace: Pace) -> None:
        """Want one thing of a key; wanting the same again changes nothing."""
        known = self._matters.get(key)
        if known is not None and known.what == what:
            return
        self._matters[key] = Matter(key, what, at, pace)
        self._push(at, key)

    def drop(self, key: str) -> None:
        """Want nothing of a key any more."""
        self._matters.pop(key, None)

    def due(self, now: datetime, *, matters_max: int) -> list[Matter]:
        """Take what is due, the oldest first; each is in hand until it has landed."""
        taken: list[Matter] = []
        while self._heap and self._heap[0][0] <= now and len(taken) < matters_max:
            at, key = heapq.heappop(self._heap)
            matter = self._matters.get(key)
            if matter is None or matter.at != at or key in self._in_hand:
                continue
            self._in_hand[key] = matter
            taken.append(matter)
        return taken

    def landed(self, key: str, *, now: datetime) -> None:
        """Give a matter back; what is still wanted of its key is tried again."""
        taken = self._in_hand.pop(key)
        matter = self._matters.get(key)
        if matter is None:
            return
        if matter is taken:
            matter.at = now + matter.pace.pause(matter.tries)
            matter.tries += 1
        self._push(matter.at, key)

    def next_at(self) -> datetime | None:
        """Tell when to look again, at the latest; None when nothing waits."""
        return self._heap[0][0] if self._heap else None

    def _push(self, at: datetime, key: str) -> None:
        heapq.heappush(self._heap, (at, key))
        if len(self._heap) > 2 * len(self._matters) + SLACK:
            entries = {(matter.at, name) for name, matter in self._matters.items()}
            self._heap = list(entries)
            heapq.heapify(self._heap)

"""The state of every place of one performance, as this process last heard of it.

Pure: documents and deltas go in, frames come out. Deltas are merged until the next
frame is taken; a merged delta names every touched place with its state as it is now,
so it is right for everybody who stands anywhere between its two positions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import msgspec

from boxoffice.readmodels.availability import (
    Availability,
    Change,
    Counts,
    SectionDelta,
    states,
)
from boxoffice_api.live.frames import (
    Frame,
    LiveSection,
    News,
    SectionNews,
    Snapshot,
    encode,
)

Letter = Literal["f", "h", "s"]
Outcome = Literal["taken", "old", "gap"]

_DELTA = msgspec.json.Decoder(SectionDelta)


class Hall:
    """All sections. Positions never fall."""

    def __init__(self) -> None:
        self._sections: dict[int, _Section] = {}
        self._snapshot: Frame | None = None

    @property
    def position(self) -> int:
        """The newest position of any section."""
        return max((s.position for s in self._sections.values()), default=0)

    @property
    def has_news(self) -> bool:
        """Whether something changed since the last frame."""
        return any(section.touched for section in self._sections.values())

    def load(self, documents: Iterable[Availability]) -> bool:
        """Take whole sections where they are newer; tell whether any was.

        Whatever waited for the next frame is then part of the next snapshot, so
        everybody needs one.
        """
        newer = [d for d in documents if d.position > self._at(d.section)]
        if not newer:
            return False
        for document in newer:
            self._sections[document.section] = _Section(document)
        for section in self._sections.values():
            section.settle()
        self._snapshot = None
        return True

    def take(self, payload: bytes) -> Outcome:
        """Take a published delta; `gap` says that a fresh document is needed.

        A delta that does not begin where its section stands says nothing certain: a
        place may have changed and changed back in between. Nor does one that we cannot
        read.
        """
        try:
            delta = _DELTA.decode(payload)
        except msgspec.DecodeError:
            return "gap"
        section = self._sections.get(delta.section)
        if section is not None and delta.position <= section.position:
            return "old"
        if section is None or delta.prev != section.position:
            return "gap"
        section.take(delta)
        self._snapshot = None
        return "taken"

    def news(self) -> Frame:
        """Give what changed since the last frame."""
        changed = [s for s in self._sections.values() if s.touched]
        news = News(self.position, tuple(section.news() for section in changed))
        for section in changed:
            section.settle()
        return encode(news)

    def snapshot(self) -> Frame:
        """Give everything as it is now; encoded once per state."""
        if self._snapshot is None:
            ordered = sorted(self._sections.items())
            sections = tuple(section.live() for _, section in ordered)
            self._snapshot = encode(Snapshot(self.position, sections))
        return self._snapshot

    def _at(self, section: int) -> int:
        known = self._sections.get(section)
        return -1 if known is None else known.position


class _Section:
    """One section and what was touched since the last frame."""

    def __init__(self, document: Availability) -> None:
        self.section = document.section
        self.position = document.position
        self.touched: dict[int, Letter] = {}
        self._states: dict[int, Letter] = states(document)
        self._runs = tuple(_runs(document.ordinals))
        self._counts: dict[int, Counts] = document.counts
        self._framed = document.position

    def take(self, delta: SectionDelta) -> None:
        for change in delta.changes:
            self._states[change.ordinal] = change.state
            self.touched[change.ordinal] = change.state
        self._counts = delta.counts
        self.position = delta.position

    def news(self) -> SectionNews:
        return SectionNews(
            section=self.section,
            prev=self._framed,
            position=self.position,
            changes=tuple(Change(o, state) for o, state in self.touched.items()),
            counts=self._counts,
        )

    def settle(self) -> None:
        """Start the next frame here."""
        self.touched.clear()
        self._framed = self.position

    def live(self) -> LiveSection:
        return LiveSection(
            section=self.section,
            position=self.position,
            runs=self._runs,
            states="".join(self._states.values()),
            counts=self._counts,
        )


def _runs(ordinals: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Say `7, 8, 9, 20` as `(7, 3), (20, 1)`."""
    start = 0
    for at in range(1, len(ordinals) + 1):
        if at == len(ordinals) or ordinals[at] != ordinals[at - 1] + 1:
            yield ordinals[start], at - start
            start = at

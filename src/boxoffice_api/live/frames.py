"""What goes over live sockets: JSON objects told apart by `type`.

    snapshot   everything, and the position it stands for
    delta      what changed since; every touched place with its state as it is now
    board      a performance's sales, for staff
    beat       nothing changed; still here, still at this position
    stale      updates are interrupted; a snapshot follows when they are back
    bye        the socket closes now; come back soon

A frame is encoded once and sent to every socket of its room. A receiver takes a
section's delta when its own position is at or above `prev` and below `position`,
ignores what is not newer, and starts afresh when `prev` is above its own position.
"""

from __future__ import annotations

import msgspec

from boxoffice.readmodels.availability import Change, Counts
from boxoffice.readmodels.sales_board import SalesBoard

Frame = bytes
"""An encoded frame: UTF-8 text."""


class LiveSection(msgspec.Struct, frozen=True):
    """A section at its own position.

    `runs` names the places as `[first ordinal, how many]`, in the order of `states`,
    which has one of the letters `f`, `h` and `s` for each. `counts` are by category.
    """

    section: int
    position: int
    runs: tuple[tuple[int, int], ...]
    states: str
    counts: dict[int, Counts]


class SectionNews(msgspec.Struct, frozen=True):
    """What a section's places became between `prev` and `position`."""

    section: int
    prev: int
    position: int
    changes: tuple[Change, ...]
    counts: dict[int, Counts]


class Snapshot(msgspec.Struct, frozen=True, tag_field="type", tag="snapshot"):
    """All sections; `position` is the newest of theirs."""

    position: int
    sections: tuple[LiveSection, ...]


class News(msgspec.Struct, frozen=True, tag_field="type", tag="delta"):
    """Sections that changed."""

    position: int
    sections: tuple[SectionNews, ...]


class Board(msgspec.Struct, frozen=True, tag_field="type", tag="board"):
    """The whole board: it is small."""

    position: int
    board: SalesBoard


class Beat(msgspec.Struct, frozen=True, tag_field="type", tag="beat"):
    """A sign of life."""

    position: int


class StaleNotice(msgspec.Struct, frozen=True, tag_field="type", tag="stale"):
    """What was sent so far may be outdated."""

    position: int


class Bye(msgspec.Struct, frozen=True, tag_field="type", tag="bye"):
    """The last frame of a polite close."""


encode = msgspec.json.Encoder().encode

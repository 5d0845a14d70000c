"""Bases of commands and events, and what every stored event says of its origin.

Messages are kept out of the cycle collector (`gc=False`): they are made by the
hundred thousand, refer only to older values, and so can never form a cycle.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import msgspec

from boxoffice.domain.ids import StreamId


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="type"):
    """A fact. Subclasses carry a stable tag such as `ticket-held.v1`."""


class Command(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An intention. `now` is the database's time when the request came in.

    `free_text` names the fields that somebody typed and that go on record as they are.
    """

    free_text: ClassVar[tuple[str, ...]] = ()

    now: datetime


class Meta(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Who caused an event and why; the same bytes for all events of a command.

    `correlation` follows one story from its first request on; `causation` is the
    command or event that led here; `actor` is `buyer:<id>`, `staff:<id>` or
    `system:<role>`; `venue` is the tenant.
    """

    command: str
    correlation: str
    actor: str
    venue: str
    causation: str | None = None


class Fact(msgspec.Struct, frozen=True, gc=False):
    """An event with its place in the log: what folds and renderers are given.

    `version` counts from 0 within the stream, `position` from 1 within the log.
    """

    position: int
    stream: StreamId
    version: int
    recorded_at: datetime
    event: Event

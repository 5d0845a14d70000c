"""What happened to an order, in the order in which it happened."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from msgspec.structs import replace

from boxoffice.domain.message import Event, Fact
from boxoffice.readmodels.order_document import (
    TEXT_MAX,
    TIMELINE_MAX,
    Entry,
    OrderDocument,
)


class _Kind(NamedTuple):
    """What entries tell of events of one kind: the names of fields, or nothing."""

    what: str
    amount: str | None
    note: str | None
    reason: str | None
    by: str | None
    approver: str | None


def told(document: OrderDocument, facts: Sequence[Fact]) -> OrderDocument:
    """Add facts to the timeline, whose oldest entries go, and stand at the last."""
    if not facts:
        return document
    timeline = (*document.timeline, *map(_entry, facts))
    surplus = max(0, len(timeline) - TIMELINE_MAX)
    return replace(
        document,
        position=facts[-1].position,
        timeline=timeline[surplus:],
        entries_left_out=document.entries_left_out + surplus,
    )


def _entry(fact: Fact) -> Entry:
    event = fact.event
    what, amount, note, reason, by, approver = _kind(type(event))
    said = (getattr(event, note) if note else "") or (
        getattr(event, reason) if reason else ""
    )
    return Entry(
        position=fact.position,
        at=fact.recorded_at,
        what=what,
        amount=getattr(event, amount).minor if amount else None,
        by=getattr(event, by)[:TEXT_MAX] if by else "",
        approver=(getattr(event, approver) or "")[:TEXT_MAX] if approver else "",
        note=said[:TEXT_MAX],
    )


@cache
def _kind(kind: type[Event]) -> _Kind:
    """Look up once what would cost every entry a search for what is not there."""
    fields = kind.__struct_fields__

    def field(*names: str) -> str | None:
        return next((name for name in names if name in fields), None)

    return _Kind(
        what=str(kind.__struct_config__.tag).partition(".")[0],
        amount=field("amount", "total"),
        note=field("note"),
        reason=field("reason"),
        by=field("by"),
        approver=field("approver"),
    )

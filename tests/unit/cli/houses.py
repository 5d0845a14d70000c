"""A box office in a file, and what its console says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from boxoffice.application.ports.staff import actor_of
from boxoffice.cli.main import run
from boxoffice.domain.decider import Decision
from boxoffice.domain.ids import HoldId, PerformanceId, payment_stream
from boxoffice.domain.message import Meta
from boxoffice.domain.orders.commands import RefundTickets
from boxoffice.domain.orders.events import TicketRef
from boxoffice.domain.payments.events import RefundFailed, RefundRequested
from boxoffice.infrastructure.sqlite.event_store import SqliteEventStore
from boxoffice.infrastructure.sqlite.staff_tokens import SqliteStaffTokens
from boxoffice.testing import (
    BOB,
    FULL_PRICE,
    NOON,
    ORDER,
    PERFORMANCE,
    confirmed,
    hold_places,
    on_sale,
    place_order,
    settle,
    told,
)

Out = pytest.CaptureFixture[str]
NEXT = PerformanceId("89abcdef0123456789abcdef")
OTHER = HoldId("9" * 32)
NOW = datetime.now(UTC)
"""A console has no clock to set: what it shall sell is on sale today."""


def said(capsys: Out, *words: str, code: int = 0) -> str:
    """Run a command; give what it printed, or why it was refused."""
    assert run(words) == code, capsys.readouterr()
    found = capsys.readouterr()
    return found.err if code else found.out


def tags(house: SqliteEventStore) -> list[str]:
    """Give the tags of all facts."""
    return [record.tag for record in house.read(after=0, limit=1_000)]


def names_on_record(house: SqliteEventStore, tag: str) -> list[tuple[str, str]]:
    """Give who did what a tag says: by the fact's own word, and as its actor.

    On record are ids alone; those of the staff are given as they are called.
    """
    found = []
    names = {
        actor_of(staff): name
        for staff, name in SqliteStaffTokens(house).names().items()
    }
    for record in house.read(after=0, limit=1_000):
        if record.tag == tag:
            by = msgspec.json.decode(record.data)["by"]
            meta = msgspec.json.decode(record.meta, type=Meta)
            found.append((names.get(by, by), names.get(meta.actor, meta.actor)))
    return found


def today(*ordinals: int) -> Decision:
    """Give the facts of a house where Ann has paid for places, with a second date."""
    paid = FULL_PRICE.minor * len(ordinals)
    return told(
        [*on_sale(now=NOW), *on_sale(NEXT, now=NOW)],
        hold_places(*ordinals, now=NOW),
        place_order(now=NOW),
        settle("authorised", paid, now=NOW),
        settle("captured", paid, now=NOW),
    )


def offered() -> Decision:
    """Give the facts of a house that keeps another place for Ann's late money."""
    ago = NOW - timedelta(seconds=700)
    return told(
        on_sale(now=ago),
        hold_places(1, now=ago),
        place_order(now=ago),
        hold_places(1, buyer=BOB, hold=OTHER, now=ago + timedelta(seconds=602)),
        settle("captured", now=NOW),
    )


def owed(*ordinals: int) -> Decision:
    """Give the facts of a house where no bank takes the money for each place back."""
    facts = told(confirmed(*ordinals), *(_given_back(place) for place in ordinals))
    failed = [
        RefundFailed(order=ORDER, refund=event.refund, reference="re", reason="lost")
        for _, event in facts
        if isinstance(event, RefundRequested)
    ]
    return [*facts, *((payment_stream(ORDER), event) for event in failed)]


def _given_back(ordinal: int) -> RefundTickets:
    return RefundTickets(
        now=NOON,
        performance=PERFORMANCE,
        order=ORDER,
        buyer=None,
        tickets=(TicketRef(PERFORMANCE, ordinal),),
        by="staff:ann",
        note="ill",
        request=f"r{ordinal}",
    )

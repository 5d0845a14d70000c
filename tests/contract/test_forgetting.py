"""Every event store forgets the receipts of requests, the old ones, and no others."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from boxoffice.application.chain import verify_chain
from boxoffice.application.codec import encode
from boxoffice.application.ports.log import (
    Append,
    EventStore,
    Forgotten,
    Repeated,
    Stored,
)
from boxoffice.domain.message import Meta
from tests.contract.event_log import Log, batch, command_id, receipt, stored, ticket
from tests.integration.event_log_database import receipts_live

DAY = timedelta(days=1)
ALL = 1_000


@pytest.fixture
def store(log: Log, request: pytest.FixtureRequest) -> EventStore:
    """A log whose receipts may be forgotten as soon as a test likes."""
    if request.node.callspec.params["log"] == "postgres":
        receipts_live(request.getfixturevalue("postgres_log_url"), "-2 days")
    return log.open()


def caused_by(actor: str, number: int) -> Append:
    """A command of two events, in streams of its own."""
    call = batch([(ticket(number), 0), (ticket(number), 1)], first_id=number)
    call.event_metas = [meta_of(number, actor)] * 2
    return call


def meta_of(number: int, actor: str) -> bytes:
    name = command_id(number).hex()
    return encode(Meta(command=name, correlation="1", actor=actor, venue="main"))


def recorded(store: EventStore, *actors: str) -> datetime:
    """Append commands 1, 2, … of these actors; give a time that is later."""
    outcomes = [
        stored(store, caused_by(actor, number))
        for number, actor in enumerate(actors, 1)
    ]
    return outcomes[-1].recorded_at + DAY


def left(store: EventStore) -> list[int]:
    """The commands that have receipts, of the first nine."""
    numbers = {command_id(number): number for number in range(1, 10)}
    return sorted(numbers[r.command_id] for r in store.receipts(list(numbers)))


def test_receipts_of_people_go_and_those_of_processes_stay(store: EventStore) -> None:
    later = recorded(
        store, "buyer:1", "system:expiry", "staff:ana", "system:demo", "", "nobody"
    )
    outcome = store.forget_receipts(after=0, before=later, limit=ALL)
    assert outcome == Forgotten(reached=12, receipts=2)
    assert left(store) == [2, 4, 5, 6]


def test_who_only_speaks_of_a_person_is_none(store: EventStore) -> None:
    call = caused_by("system:expiry", 1)
    quoting = f'"command":"{call.command_ids[0].hex()}","actor":"buyer:1'
    meta = Meta(command=quoting, correlation=quoting, actor="system:buyer:", venue="x")
    call.event_metas = [encode(meta)] * 2
    stored(store, call)
    store.forget_receipts(after=0, before=store.now() + DAY, limit=ALL)
    assert left(store) == [1]


@pytest.mark.parametrize("meta", [b"", b"\xff\x00 no JSON", b'{"actor":7}'])
def test_what_nobody_can_read_is_kept(store: EventStore, meta: bytes) -> None:
    call = caused_by("buyer:1", 1)
    call.event_metas = [meta] * 2
    stored(store, call)
    store.forget_receipts(after=0, before=store.now() + DAY, limit=ALL)
    assert left(store) == [1]


def test_a_receipt_goes_when_its_events_are_older_than_the_time(
    store: EventStore,
) -> None:
    first = stored(store, caused_by("buyer:1", 1))
    second = stored(store, caused_by("buyer:2", 2))
    at = first.recorded_at
    assert store.forget_receipts(after=0, before=at, limit=ALL) == Forgotten(0, 0)
    assert left(store) == [1, 2]

    at = second.recorded_at
    assert store.forget_receipts(after=0, before=at, limit=ALL) == Forgotten(2, 1)
    assert left(store) == [2]


def test_a_page_looks_at_no_more_than_its_limit(store: EventStore) -> None:
    later = recorded(store, "buyer:1", "system:x", "buyer:2", "buyer:3", "system:y")
    pages = []
    after = -1
    reached = 0
    while reached != after:
        after = reached
        page = store.forget_receipts(after=after, before=later, limit=2)
        pages.append((page.reached, page.receipts))
        reached = page.reached
    assert pages == [(2, 1), (4, 0), (6, 1), (8, 1), (10, 0), (10, 0)]
    assert left(store) == [2, 5]


def test_a_command_across_two_pages_goes_with_its_last_event(store: EventStore) -> None:
    later = recorded(store, "buyer:1", "buyer:2")
    assert store.forget_receipts(after=0, before=later, limit=3) == Forgotten(3, 1)
    assert store.forget_receipts(after=3, before=later, limit=3) == Forgotten(4, 1)
    assert left(store) == []


def test_a_command_that_came_again_keeps_its_younger_receipt(store: EventStore) -> None:
    later = recorded(store, "buyer:1")
    store.forget_receipts(after=0, before=later, limit=ALL)
    again = batch([(ticket(9), 0)])
    again.event_metas = [meta_of(1, "buyer:1")]
    at = stored(store, again).recorded_at
    assert store.forget_receipts(after=0, before=at, limit=ALL) == Forgotten(2, 0)
    assert left(store) == [1]


def test_what_was_looked_at_is_not_looked_at_again(store: EventStore) -> None:
    later = recorded(store, "buyer:1", "buyer:2")
    assert store.forget_receipts(after=2, before=later, limit=ALL) == Forgotten(4, 1)
    assert left(store) == [1]


def test_an_empty_log_has_nothing_to_forget(store: EventStore) -> None:
    outcome = store.forget_receipts(after=0, before=store.now() + DAY, limit=ALL)
    assert outcome == Forgotten(0, 0)


def test_a_forgotten_command_counts_as_new(store: EventStore) -> None:
    later = recorded(store, "buyer:1")
    assert isinstance(store.append(caused_by("buyer:1", 1)), Repeated)
    store.forget_receipts(after=0, before=later, limit=ALL)

    again = batch([(ticket(9), 0)])
    assert isinstance(store.append(again), Stored)
    assert store.receipts([command_id(1)]) == [receipt(1, 3, 3)]


def test_the_log_itself_is_not_touched(store: EventStore) -> None:
    later = recorded(store, "buyer:1", "buyer:2")
    before = store.read(after=0, limit=ALL)
    head = store.head()
    store.forget_receipts(after=0, before=later, limit=ALL)

    assert store.read(after=0, limit=ALL) == before
    assert store.head() == head
    assert store.last_receipt() is None
    stored(store, caused_by("buyer:3", 3))
    records = store.read(after=0, limit=ALL)
    assert [record.position for record in records] == [1, 2, 3, 4, 5, 6]
    assert verify_chain(records) is None

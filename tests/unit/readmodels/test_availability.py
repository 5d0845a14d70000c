from __future__ import annotations

from base64 import b64decode

import msgspec
import pytest

from boxoffice.domain.catalogue.events import ManifestPlace, SectionLaidOut
from boxoffice.domain.ids import performance_stream, ticket_stream
from boxoffice.domain.inventory.events import TicketHeld, TicketReleased, TicketSold
from boxoffice.domain.message import Event, Fact
from boxoffice.errors import Corrupt
from boxoffice.readmodels.availability import (
    Availability,
    Change,
    Counts,
    SectionDelta,
    channel,
    delta,
    fold,
    states,
)
from boxoffice.testing import FULL_PRICE, NOON, PERFORMANCE

PLACES = 6
LAID_OUT = SectionLaidOut(
    section=1,
    name="Stalls",
    places=tuple(ManifestPlace(n * 10, f"Stalls A-{n}", n % 2) for n in range(1, 7)),
)
MANIFEST = Fact(10, performance_stream(PERFORMANCE), 1, NOON, LAID_OUT)


def ticket(position: int, ordinal: int, kind: type[Event]) -> Fact:
    about = {"hold": "h", "section": 1, "category": ordinal // 10 % 2}
    more: dict[type[Event], dict[str, object]] = {
        TicketHeld: {"price": FULL_PRICE, "until": NOON},
        TicketSold: {"price": FULL_PRICE, "order": "ORDER"},
        TicketReleased: {"reason": "released"},
    }
    event = kind(**about, **more[kind])
    return Fact(position, ticket_stream(PERFORMANCE, ordinal), 0, NOON, event)


def told(before: Availability, after: Availability) -> SectionDelta:
    found = delta(before, after)
    assert found is not None
    name, body = found
    assert name == channel(PERFORMANCE) == f"live:{PERFORMANCE}"
    return msgspec.json.decode(body, type=SectionDelta)


def test_a_new_section_is_all_free() -> None:
    document = fold(None, [MANIFEST])
    assert document.ordinals == (10, 20, 30, 40, 50, 60)
    assert b64decode(document.bitmap) == bytes(2)
    assert document.counts == {0: Counts(3, 0, 0), 1: Counts(3, 0, 0)}
    assert document.position == 10


def test_two_bits_a_place_from_the_lowest_up() -> None:
    facts = [
        ticket(11, 20, TicketHeld),
        ticket(12, 60, TicketHeld),
        ticket(13, 60, TicketSold),
    ]
    document = fold(None, [MANIFEST, *facts])
    assert b64decode(document.bitmap) == bytes([0b00_00_01_00, 0b10_00])
    assert document.counts == {0: Counts(1, 1, 1), 1: Counts(3, 0, 0)}
    assert states(document) == {10: "f", 20: "h", 30: "f", 40: "f", 50: "f", 60: "s"}


def test_a_released_place_is_free_again() -> None:
    document = fold(None, [MANIFEST, ticket(11, 30, TicketHeld)])
    document = fold(document, [ticket(12, 30, TicketReleased)])
    fresh = fold(None, [MANIFEST])
    assert (document.bitmap, document.counts) == (fresh.bitmap, fresh.counts)
    assert document.position == 12


def test_a_takeover_leaves_the_counts_as_they_were() -> None:
    before = fold(None, [MANIFEST, ticket(11, 30, TicketHeld)])
    after = fold(before, [ticket(12, 30, TicketReleased), ticket(13, 30, TicketHeld)])
    assert after.counts == before.counts


def test_folding_in_two_batches_is_folding_in_one() -> None:
    facts = [
        ticket(11, 10, TicketHeld),
        ticket(12, 50, TicketHeld),
        ticket(13, 10, TicketSold),
    ]
    whole = fold(None, [MANIFEST, *facts])
    assert fold(fold(None, [MANIFEST, *facts[:1]]), facts[1:]) == whole


def test_a_section_without_manifest_is_not_invented() -> None:
    with pytest.raises(Corrupt):
        fold(None, [ticket(11, 10, TicketHeld)])


@pytest.mark.parametrize(
    "fact",
    [
        pytest.param(ticket(11, 70, TicketHeld), id="a place that it does not have"),
        pytest.param(MANIFEST, id="a second manifest"),
    ],
)
def test_a_fact_that_does_not_fit_is_corrupt(fact: Fact) -> None:
    with pytest.raises(Corrupt):
        fold(fold(None, [MANIFEST]), [fact])


def test_a_delta_brings_a_listener_from_one_position_to_the_next() -> None:
    before = fold(None, [MANIFEST, ticket(11, 10, TicketHeld)])
    after = fold(before, [ticket(12, 10, TicketSold), ticket(17, 60, TicketHeld)])
    found = told(before, after)
    assert (found.prev, found.position, found.section) == (11, 17, 1)
    assert found.changes == (Change(10, "s"), Change(60, "h"))
    assert found.counts == after.counts


def test_what_came_and_went_is_no_change_but_moves_the_position() -> None:
    before = fold(None, [MANIFEST])
    after = fold(before, [ticket(11, 10, TicketHeld), ticket(12, 10, TicketReleased)])
    found = told(before, after)
    assert found.changes == ()
    assert found.position == 12


def test_there_is_no_delta_to_the_same_or_an_older_position() -> None:
    before = fold(None, [MANIFEST])
    after = fold(before, [ticket(11, 10, TicketHeld)])
    assert delta(after, after) is None
    assert delta(after, before) is None


def test_a_delta_is_plain_json_for_a_browser() -> None:
    before = fold(None, [MANIFEST])
    after = fold(before, [ticket(11, 10, TicketHeld)])
    found = delta(before, after)
    assert found is not None
    assert msgspec.json.decode(found[1]) == {
        "position": 11,
        "prev": 10,
        "section": 1,
        "changes": [[10, "h"]],
        "counts": {"0": [3, 0, 0], "1": [2, 1, 0]},
    }

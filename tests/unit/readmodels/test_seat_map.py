from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from boxoffice.domain.catalogue.events import (
    ManifestPlace,
    SaleOpened,
    SectionLaidOut,
)
from boxoffice.domain.ids import performance_stream, ticket_stream
from boxoffice.domain.inventory.events import TicketHeld, TicketReleased, TicketSold
from boxoffice.domain.message import Event, Fact
from boxoffice.errors import Corrupt
from boxoffice.readmodels.model import encode
from boxoffice.readmodels.seat_map import SEAT_MAP, SeatMap, fold
from boxoffice.testing import FULL_PRICE, NOON, PERFORMANCE

LAID_OUT = SectionLaidOut(
    section=3,
    name="Balcony",
    # Ordinals of a revised plan are neither sorted nor without holes.
    places=(
        ManifestPlace(7, "Balcony A-1", 0),
        ManifestPlace(2, "Balcony A-2", 1, "wheelchair"),
        ManifestPlace(40, "Balcony A-3", 1, "companion"),
    ),
)


def held(hold: str = "h1") -> TicketHeld:
    return TicketHeld(hold=hold, section=3, category=0, price=FULL_PRICE, until=NOON)


def freed(hold: str = "h1") -> TicketReleased:
    return TicketReleased(hold=hold, section=3, category=0, reason="expired")


def sold(hold: str = "h1") -> TicketSold:
    return TicketSold(hold=hold, order="ORDER", section=3, category=0, price=FULL_PRICE)


def at(position: int, ordinal: int, event: Event) -> Fact:
    stream = ticket_stream(PERFORMANCE, ordinal)
    return Fact(position, stream, 0, NOON, event)


MANIFEST = Fact(10, performance_stream(PERFORMANCE), 1, NOON, LAID_OUT)


def test_a_new_section_is_all_free() -> None:
    document = fold(None, [MANIFEST])
    assert document.performance == PERFORMANCE
    assert (document.section, document.name) == (3, "Balcony")
    assert document.state == "fff"
    assert document.position == 10
    assert [place.kind for place in document.places] == [
        "seat",
        "wheelchair",
        "companion",
    ]


def test_every_fact_changes_the_place_of_its_stream() -> None:
    document = fold(None, [MANIFEST, at(11, 2, held()), at(12, 40, held())])
    assert document.state == "fhh"
    document = fold(document, [at(13, 2, sold()), at(20, 40, freed())])
    assert document.state == "fsf"
    assert document.position == 20


def test_a_takeover_is_a_release_and_a_hold() -> None:
    document = fold(None, [MANIFEST, at(11, 7, held("old"))])
    document = fold(document, [at(12, 7, freed("old")), at(13, 7, held("new"))])
    assert document.state == "hff"


def test_a_fold_leaves_its_inputs_alone() -> None:
    before = fold(None, [MANIFEST])
    facts = [at(11, 7, held())]
    fold(before, facts)
    assert before == fold(None, [MANIFEST])
    assert facts == [at(11, 7, held())]


def test_folding_in_two_batches_is_folding_in_one() -> None:
    facts = [at(11, 7, held()), at(12, 2, held()), at(13, 7, sold())]
    whole = fold(None, [MANIFEST, *facts])
    assert fold(fold(None, [MANIFEST, facts[0]]), facts[1:]) == whole


def test_a_section_without_manifest_is_not_invented() -> None:
    with pytest.raises(Corrupt) as error:
        fold(None, [at(11, 7, held())])
    assert error.value.data["position"] == 11


@pytest.mark.parametrize(
    "fact",
    [
        pytest.param(at(11, 99, held()), id="a place that is not in the manifest"),
        pytest.param(MANIFEST, id="a second manifest"),
        pytest.param(at(11, 7, SaleOpened()), id="a fact of something else"),
    ],
)
def test_a_fact_that_does_not_fit_is_corrupt(fact: Fact) -> None:
    with pytest.raises(Corrupt) as error:
        fold(fold(None, [MANIFEST]), [fact])
    assert error.value.data["position"] == fact.position


def test_a_document_survives_its_encoding() -> None:
    document = fold(None, [MANIFEST, at(11, 7, held())])
    assert SEAT_MAP.decode(encode(document)) == document


def test_a_document_that_cannot_be_read_is_corrupt() -> None:
    with pytest.raises(Corrupt):
        SEAT_MAP.decode(b'{"performance": 3}')


def test_it_begins_with_the_manifest_of_its_section() -> None:
    assert SEAT_MAP.begins(LAID_OUT)
    assert not SEAT_MAP.begins(held())


def test_json_names_every_field() -> None:
    document = fold(None, [MANIFEST])
    fields = set(msgspec.json.decode(encode(document)))
    assert fields == set(SeatMap.__struct_fields__)


def test_time_is_not_part_of_a_document() -> None:
    later = msgspec.structs.replace(
        MANIFEST, recorded_at=datetime(2030, 1, 1, tzinfo=UTC)
    )
    assert fold(None, [later]) == fold(None, [MANIFEST])

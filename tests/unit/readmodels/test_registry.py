from __future__ import annotations

import pytest

from boxoffice.application.bounds import DOCUMENT_BYTES_MAX
from boxoffice.application.topics import FAMILY_OF
from boxoffice.domain.catalogue.decide import SECTION_PLACES_MAX
from boxoffice.domain.catalogue.events import (
    Category,
    ManifestPlace,
    PerformanceScheduled,
    SectionLaidOut,
)
from boxoffice.domain.events import TAGS
from boxoffice.domain.ids import performance_stream
from boxoffice.domain.message import Fact
from boxoffice.readmodels.keys import (
    OF_A_PERFORMANCE,
    OF_A_SECTION,
    OF_AN_ORDER,
    SHOWN_BY_NOBODY,
    by_performance,
    by_section,
    message_key,
)
from boxoffice.readmodels.model import encode
from boxoffice.readmodels.registry import MODELS, AnyModel
from boxoffice.testing import NOON, PERFORMANCE, on_sale
from tests.unit.readmodels.largest import largest_order

WHERE = performance_stream(PERFORMANCE)
LABEL_BYTES = 96
CATEGORIES_MAX = 100


def largest_section() -> Fact:
    places = tuple(
        ManifestPlace(1_000_000 + n, "ä" * (LABEL_BYTES // 2), n % 90, "wheelchair")
        for n in range(SECTION_PLACES_MAX)
    )
    event = SectionLaidOut(section=99, name="ä" * 100, places=places)
    return Fact(10**15, WHERE, 1, NOON, event)


def largest_performance() -> Fact:
    event = next(e for _, e in on_sale() if isinstance(e, PerformanceScheduled))
    categories = tuple(Category("ä" * 100, "#ffffff") for _ in range(CATEGORIES_MAX))
    fields = {name: getattr(event, name) for name in event.__struct_fields__}
    return Fact(
        1, WHERE, 0, NOON, PerformanceScheduled(**fields | {"categories": categories})
    )


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_the_largest_document_stays_within_its_bound(model: AnyModel) -> None:
    facts = [largest_performance(), largest_section(), *largest_order()]
    (wanted,) = model.grouped(facts).values()
    body = encode(model.fold(None, wanted))
    assert len(body) <= DOCUMENT_BYTES_MAX


def test_names_of_models_are_unique() -> None:
    names = [model.name for model in MODELS]
    assert sorted(set(names)) == sorted(names)


def test_a_section_key_names_performance_and_section() -> None:
    assert list(by_section([largest_section()])) == [f"{PERFORMANCE}/99"]
    assert message_key(f"{PERFORMANCE}/99") == PERFORMANCE
    assert message_key(PERFORMANCE) == PERFORMANCE


def test_what_a_section_shows_its_board_counts() -> None:
    assert list(by_performance([largest_section()])) == [PERFORMANCE]
    assert by_section([largest_performance()]) == {}
    assert list(by_performance([largest_performance()])) == [PERFORMANCE]


def test_every_event_is_shown_somewhere_or_nowhere_on_purpose() -> None:
    shown = [OF_A_PERFORMANCE, OF_AN_ORDER, SHOWN_BY_NOBODY]
    assert set(TAGS) == frozenset().union(*shown)
    assert len(TAGS) == sum(len(kinds) for kinds in shown)


def test_what_a_section_shows_says_its_section() -> None:
    assert all("section" in kind.__struct_fields__ for kind in OF_A_SECTION)


def test_what_travels_is_what_somebody_shows() -> None:
    travelling = {kind for kind, family in FAMILY_OF.items() if family}
    assert travelling == OF_A_PERFORMANCE | OF_AN_ORDER

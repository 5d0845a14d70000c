"""Every event ever written can be read: one golden file per tag.

A golden file holds the stored bytes of one event. Tags freeze at the first tagged
release; from then on a golden file is never edited, a new version gets a new tag.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from boxoffice.application.codec import decode, encode, tag_of
from boxoffice.domain.events import TAGS
from boxoffice.errors import Corrupt

GOLDEN = Path(__file__).parents[1] / "golden" / "events"
FILES = sorted(GOLDEN.glob("*.json"))


def test_every_tag_has_its_golden_file() -> None:
    assert sorted(TAGS.values()) == [file.stem for file in FILES]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_golden_bytes_are_read_and_written_back_the_same(file: Path) -> None:
    stored = file.read_bytes().strip()
    event = decode(file.stem, stored, position=1)
    assert file.stem == tag_of(event)
    assert stored == encode(event)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_field_of_tomorrow_does_not_disturb(file: Path) -> None:
    stored = file.read_bytes().strip()
    tomorrow = stored[:-1] + b',"added_later":{"deep":[1,2,3]}}'
    assert stored == encode(decode(file.stem, tomorrow, position=1))


@pytest.mark.parametrize(
    ("tag", "data"),
    [
        ("ticket-burnt.v1", b'{"type":"ticket-burnt.v1"}'),
        ("sale-opened.v1", b'{"type":"sale-closed.v1","reason":""}'),
        ("sale-closed.v1", b'{"type":"sale-closed.v1","reason":7}'),
        ("sale-closed.v1", b'{"type":"sale-closed.v1"}'),
        ("sale-closed.v1", b'{"type":"sale-closed.v1","reason":"\xff"}'),
        ("sale-closed.v1", b"[" * 20_000),
        ("sale-closed.v1", b""),
    ],
)
def test_what_cannot_be_read_names_its_position(tag: str, data: bytes) -> None:
    with pytest.raises(Corrupt) as caught:
        decode(tag, data, position=4711)
    assert 4711 == caught.value.data["position"]
    assert "4711" in caught.value.detail

"""Places given away from a console: out of a budget, and many by two people."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from boxoffice.infrastructure.sqlite.event_store import SqliteEventStore
from boxoffice.testing import PERFORMANCE, on_sale, store_facts
from tests.unit.cli.houses import NOW, Out, names_on_record, said, tags

BUDGET = ("comp-budget", "set", "press", "--currency", "USD", "--face", "900")
WHY = ("--host", "Press office", "--reason", "Premiere", "--budget", "press")


@pytest.fixture
def house(house: SqliteEventStore, capsys: Out) -> SqliteEventStore:
    """A house on sale today, with a budget for press."""
    store_facts(house, on_sale(now=NOW))
    said(capsys, *BUDGET, "--places", "6")
    return house


def comps(*places: str, by: str = "Ann", email: str = "g@example.org") -> list[str]:
    guest = ("--name", "Guest", "--email", email)
    return ["order", "comps", PERFORMANCE, *places, *guest, *WHY, "--by", by]


def people(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "vault.sqlite")) as vault:
        ((count,),) = vault.execute("select count(*) from persons")
    return int(count)


def test_places_are_given_away_and_guest_and_host_are_sealed(
    house: SqliteEventStore, capsys: Out, tmp_path: Path
) -> None:
    given = said(capsys, *comps("1", "stalls a-2"))
    assert re.match(r"[2-9A-Z]{10} is given away, worth USD 90.00\.", given)
    assert names_on_record(house, "comps-issued.v1") == [("Ann",) * 2]
    assert people(tmp_path) == 2
    for word in (b"example.org", b"Guest", b"Press office"):
        assert not any(word in r.data for r in house.read(after=0, limit=1_000))


def test_many_wait_for_another_person(house: SqliteEventStore, capsys: Out) -> None:
    asked = said(capsys, *comps("1", "2", "3", "4", "5"))
    assert "a second person must agree" in asked
    code = asked[:10]
    assert "comps-issued.v1" not in tags(house)
    approve = ("order", "approve", code, "--by")
    assert "Another person" in said(capsys, *approve, "Ann", code=1)
    agreed = said(capsys, *approve, "Tom")
    assert agreed == f"{code} is given away, worth USD 225.00.\n"


def test_what_is_refused_leaves_no_place_held_and_nobody_known(
    house: SqliteEventStore, capsys: Out, tmp_path: Path
) -> None:
    said(capsys, *BUDGET, "--places", "1")
    assert "Too little is left" in said(capsys, *comps("1", "2"), code=1)
    assert tags(house)[-1] == "cart-hold-released.v1"
    assert people(tmp_path) == 0
    before = tags(house)
    assert "an e-mail address" in said(capsys, *comps("1", email="nobody"), code=1)
    assert "no place 99" in said(capsys, *comps("99"), code=1)
    assert tags(house) == before

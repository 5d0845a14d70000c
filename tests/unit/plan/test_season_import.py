"""Importing a season: all of it or nothing, and never over what others did since."""

import json
import os
from pathlib import Path

import pytest

from boxoffice.cli.main import run
from boxoffice.demo.load import showroom
from boxoffice.infrastructure.sqlite.event_store import SqliteEventStore

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "season.toml"
Out = pytest.CaptureFixture[str]


def text() -> str:
    return EXAMPLE.read_text("utf-8")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "showroom.json").write_bytes(showroom())
    (tmp_path / "season.toml").write_text(text())
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith("BOXOFFICE_"):
            monkeypatch.delenv(name)
    return tmp_path


def test_importing_twice_changes_nothing_and_a_new_price_only_the_list(
    folder: Path, capsys: Out
) -> None:
    assert run(["import", "season.toml", "--json"]) == 0
    first = json.loads(capsys.readouterr().out)
    assert first["changed"] == first["steps"]
    assert run(["import", "season.toml", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["changed"] == []
    (folder / "season.toml").write_text(text().replace('"42.00"', '"43.00"'))
    assert run(["import", "season.toml"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said == [
        "  prices of neon-nights-2027-02-06",
        "  prices of neon-nights-2027-02-13",
        "2 of 7 steps changed something.",
    ]


def test_the_example_can_be_imported_where_it_lies(folder: Path, capsys: Out) -> None:
    assert run(["import", "--check", str(EXAMPLE)]) == 0
    assert "The file is right" in capsys.readouterr().out
    assert sorted(one.name for one in folder.iterdir()) == [
        "season.toml",
        "showroom.json",
    ]


def test_checking_leaves_nothing_behind(folder: Path, capsys: Out) -> None:
    before = sorted(folder.iterdir())
    assert run(["import", "--check", "season.toml"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[-1] == "The file is right: 7 steps, 7 to do."
    assert sorted(folder.iterdir()) == before


def test_a_missing_plan_file_names_the_line(folder: Path, capsys: Out) -> None:
    (folder / "showroom.json").unlink()
    assert run(["import", "season.toml"]) == 1
    said = capsys.readouterr().err
    assert said == (
        "boxoffice: Line 10: plans[0].file: showroom.json: No such file or directory\n"
    )


LATE = "sale_until = 2026-11-01T10:00:00"
"""Before the sale begins."""


def write(folder: Path, *changes: tuple[str, str]) -> None:
    """Write the example with other words in some places."""
    source = text()
    for old, new in changes:
        assert old in source, old
        source = source.replace(old, new)
    (folder / "season.toml").write_text(source)


def imported(capsys: Out, *words: str) -> dict[str, object]:
    """Import the file, which must be right; give what was said."""
    assert run(["import", "season.toml", "--json", *words]) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def dates(capsys: Out) -> list[dict[str, object]]:
    """List the dates of the house."""
    assert run(["performance", "list", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    return [one["performance"] for one in found]


def facts(folder: Path) -> list[str]:
    """Give the tags of everything that was stored."""
    store = SqliteEventStore(folder / ".boxoffice" / "log.sqlite")
    try:
        return [record.tag for record in store.read(after=0, limit=1_000)]
    finally:
        store.close()


def test_a_file_that_is_wrong_in_its_last_step_stores_nothing(
    folder: Path, capsys: Out
) -> None:
    write(folder, ("open = true", f"{LATE}\nopen = true"))
    line = (folder / "season.toml").read_text().splitlines().index(LATE) + 1
    complaint = (
        f"boxoffice: Line {line}: performances[0].sale_until:"
        " The sale must start before it ends.\n"
    )
    assert run(["import", "--check", "season.toml"]) == 1
    assert capsys.readouterr().err == complaint
    assert run(["import", "season.toml"]) == 1
    assert capsys.readouterr().err == complaint
    assert facts(folder) == []


def test_what_only_this_house_refuses_names_its_line_and_stores_nothing(
    folder: Path, capsys: Out
) -> None:
    imported(capsys)
    before = facts(folder)
    write(folder, ('currency = "USD"', 'currency = "EUR"'))
    for words in (["--check"], []):
        assert run(["import", "season.toml", *words]) == 1
        said = capsys.readouterr().err
        assert said.startswith("boxoffice: Line 42: performances[0].price_list: ")
        assert "Prices of this performance are in USD." in said
    assert facts(folder) == before


def test_a_check_says_what_is_to_do_in_this_house(folder: Path, capsys: Out) -> None:
    imported(capsys)
    before = facts(folder)
    write(folder, ('"42.00"', '"43.00"'))
    assert imported(capsys, "--check")["changed"] == [
        "prices of neon-nights-2027-02-06",
        "prices of neon-nights-2027-02-13",
    ]
    assert facts(folder) == before


@pytest.mark.usefixtures("folder")
def test_a_sale_that_somebody_closed_stays_closed(capsys: Out) -> None:
    imported(capsys)
    of = str(dates(capsys)[0]["performance"])
    assert run(["performance", "close", of, "--reason", "Scenery"]) == 0
    capsys.readouterr()
    sale = "sale of neon-nights-2027-02-06"
    assert imported(capsys)["left"] == {sale: "somebody closed it"}
    assert dates(capsys)[0]["open"] is False
    assert run(["performance", "open", of]) == 0
    capsys.readouterr()
    assert imported(capsys)["left"] == {}


def test_prices_that_somebody_set_stay_until_the_file_agrees(
    folder: Path, capsys: Out
) -> None:
    imported(capsys)
    of = str(dates(capsys)[1]["performance"])
    assert run(["performance", "prices", of, "Balcony=40.00"]) == 0
    capsys.readouterr()
    theirs = dates(capsys)[1]["prices"]
    write(folder, ('"42.00"', '"43.00"'))
    said = imported(capsys)
    assert said["changed"] == ["prices of neon-nights-2027-02-06"]
    assert said["left"] == {
        "prices of neon-nights-2027-02-13": "somebody else set them since"
    }
    assert dates(capsys)[1]["prices"] == theirs
    write(folder, ('"42.00"', '"40.00"'))
    assert imported(capsys)["left"] == {}


def test_a_date_that_was_called_off_is_skipped(folder: Path, capsys: Out) -> None:
    imported(capsys)
    of = str(dates(capsys)[0]["performance"])
    words = ["performance", "cancel", of, "--reason", "Flood", "--by", "Mia"]
    assert run(words) == 0
    write(folder, ('"42.00"', '"43.00"'))
    capsys.readouterr()
    assert run(["import", "season.toml"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "  prices of neon-nights-2027-02-13",
        "  date neon-nights-2027-02-06: left as it is, somebody called it off",
        "1 of 5 steps changed something.",
    ]


def test_a_hall_that_somebody_drew_anew_stays_as_drawn(
    folder: Path, capsys: Out
) -> None:
    imported(capsys)
    drawing = showroom().replace(b"#d4a017", b"#d4a018")
    (folder / "new.json").write_bytes(drawing)
    assert run(["import-plan", "new.json"]) == 0
    capsys.readouterr()
    said = imported(capsys)
    assert said["left"] == {"hall showroom": "somebody else drew it since"}
    (folder / "showroom.json").write_bytes(drawing)
    assert imported(capsys)["left"] == {}


def test_a_new_date_has_a_price_for_no_level_that_its_hall_lost(
    folder: Path, capsys: Out
) -> None:
    imported(capsys)
    (folder / "new.json").write_bytes(showroom().replace(b"Balcony", b"Gallery"))
    assert run(["import-plan", "new.json"]) == 0
    assert imported_again(capsys) == []
    write(folder, ("neon-nights-2027-02-13", "neon-nights-2027-02-14"))
    assert run(["import", "season.toml"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("boxoffice: Line 36: price_lists.weekend.prices.Balcony: ")
    assert "Floor Rear, Gallery" in said


def imported_again(capsys: Out) -> object:
    """Import the file once more; give what changed."""
    capsys.readouterr()
    return imported(capsys)["changed"]


def test_dates_in_a_hall_of_yesterday_keep_their_price_levels(
    folder: Path, capsys: Out
) -> None:
    imported(capsys)
    before = [one["prices"] for one in dates(capsys)]
    gallery = b'"categories":[{"name":"Gallery","color":"#123456"},'
    drawing = showroom().replace(b'"categories":[', gallery, 1)
    (folder / "showroom.json").write_bytes(drawing)
    write(folder, ('"Balcony" =', '"Gallery" = "20.00"\n"Balcony" ='))
    assert imported(capsys)["changed"] == ["hall showroom"]
    assert [one["prices"] for one in dates(capsys)] == before


def test_a_price_type_may_begin_with_a_digit(folder: Path, capsys: Out) -> None:
    write(
        folder, ('code = "concession"', 'code = "65plus"'), ("concession =", "65plus =")
    )
    imported(capsys)
    prices = dates(capsys)[0]["prices_by_type"]
    assert isinstance(prices, dict)
    assert "65plus" in prices["2"]

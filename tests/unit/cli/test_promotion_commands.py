"""Promotion codes and budgets from a console."""

from boxoffice.infrastructure.sqlite.event_store import SqliteEventStore
from tests.unit.cli.houses import Out, said, tags

EURO = ("--currency", "EUR")


def test_codes_and_budgets_are_set_and_ended(
    house: SqliteEventStore, capsys: Out
) -> None:
    said(capsys, "promotion", "set", "SPRING", *EURO, "--percent", "12.5")
    said(capsys, "promotion", "end", "SPRING", "--reason", "Over")
    said(capsys, "comp-budget", "set", "press", *EURO, "--places", "9", "--face", "90")
    assert tags(house) == [
        "promotion-defined.v1",
        "promotion-ended.v1",
        "comp-budget-set.v1",
    ]
    both = ("--percent", "5", "--amount", "5")
    for wrong in (both, (), ("--percent", "x"), ("--amount", "1.001")):
        said(capsys, "promotion", "set", "AUTUMN", *EURO, *wrong, code=1)
    until = ("--percent", "5", "--until", "2027-01-01")
    told = said(capsys, "promotion", "set", "AUTUMN", *EURO, *until, code=1)
    assert "needs an offset" in told

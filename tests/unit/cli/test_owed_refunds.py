"""Refunds that failed for good, at a console: listed, tried again, paid out by two."""

import json
import re

import pytest

from boxoffice.infrastructure.sqlite.event_store import SqliteEventStore
from boxoffice.testing import ORDER, confirmed, store_facts
from tests.unit.cli.houses import Out, names_on_record, owed, said, tags

BY_ANN, BY_TOM = ("--by", "Ann"), ("--by", "Tom")
RETRY = ("order", "retry-refund", ORDER)
PAY_OUT = ("order", "pay-out", ORDER, "--note", "in cash")
CONFIRM = ("order", "confirm-pay-out", ORDER)


def test_what_the_house_owes_is_listed_and_shown(
    house: SqliteEventStore, capsys: Out
) -> None:
    store_facts(house, owed(1))
    assert said(capsys, "order", "waiting") == ""
    listed = said(capsys, "order", "waiting", "pay-out")
    assert re.fullmatch(rf"{ORDER}  refund of USD 45.00, owed \(\S+\)\n", listed)
    assert listed.removeprefix(f"{ORDER}  ") in said(capsys, "order", "show", ORDER)
    as_json = said(capsys, "order", "waiting", "pay-out", "--json")
    assert [one["order"] for one in json.loads(as_json)["orders"]] == [ORDER]


def test_a_failed_refund_is_tried_again_once(
    house: SqliteEventStore, capsys: Out
) -> None:
    store_facts(house, owed(1))
    assert said(capsys, *RETRY, *BY_ANN) == "USD 45.00 on the way back again.\n"
    assert tags(house)[-1] == "refund-requested.v1"
    assert names_on_record(house, "refund-requested.v1")[-1] == ("Ann", "Ann")
    assert "No refund of this order failed" in said(capsys, *RETRY, *BY_ANN, code=1)
    assert said(capsys, "order", "waiting", "pay-out") == ""


def test_a_second_person_confirms_what_one_paid_out(
    house: SqliteEventStore, capsys: Out
) -> None:
    store_facts(house, owed(1))
    early = said(capsys, *CONFIRM, *BY_TOM, code=1)
    assert "Nobody says to have paid this out" in early
    told = said(capsys, *PAY_OUT, *BY_ANN)
    assert told == "Paid out; a second person must confirm it.\n"
    waits = said(capsys, "order", "waiting", "pay-out")
    assert "USD 45.00, paid out by Ann, to be confirmed" in waits
    assert "Another person" in said(capsys, *CONFIRM, "--by", "ann", code=1)
    done = said(capsys, *CONFIRM, *BY_TOM)
    assert done == "USD 45.00 given back by hand; nothing is owed.\n"
    assert said(capsys, "order", "waiting", "pay-out") == ""
    assert names_on_record(house, "refund-paid-out.v1") == [("Ann", "Ann")]
    assert names_on_record(house, "refund-settled.v1") == [("Ann", "Tom")]


def test_what_was_paid_out_by_mistake_is_tried_again(
    house: SqliteEventStore, capsys: Out
) -> None:
    store_facts(house, owed(1))
    said(capsys, *PAY_OUT, *BY_ANN)
    assert "Somebody has paid this out" in said(capsys, *PAY_OUT, *BY_TOM, code=1)
    said(capsys, *RETRY, *BY_ANN)
    said(capsys, *CONFIRM, *BY_TOM, code=1)


def test_several_failed_refunds_are_told_apart(
    house: SqliteEventStore, capsys: Out
) -> None:
    store_facts(house, owed(1, 2))
    which = said(capsys, *RETRY, *BY_ANN, code=1)
    assert "2 refunds failed for good; say which" in which
    waits = said(capsys, "order", "waiting", "pay-out")
    first, second = re.findall(r"owed \((\S+)\)", waits)
    assert which.strip().endswith(f"{first}, {second}.")
    said(capsys, *RETRY, second, *BY_ANN)
    assert re.findall(r"owed \((\S+)\)", said(capsys, "order", "show", ORDER)) == [
        first
    ]
    assert "no such refund" in said(capsys, *RETRY, "x", *BY_ANN, code=1)


@pytest.mark.parametrize("what", [RETRY, PAY_OUT, CONFIRM])
def test_only_what_failed_is_dealt_with_and_under_a_name(
    house: SqliteEventStore, capsys: Out, what: tuple[str, ...]
) -> None:
    store_facts(house, confirmed(1))
    before = tags(house)
    assert "No refund of this order" in said(capsys, *what, *BY_ANN, code=1)
    assert "'--by'" in said(capsys, *what, code=2)
    assert tags(house) == before

"""The console on a log in PostgreSQL: orders ended and prices changed by name."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from boxoffice.testing import ORDER, PERFORMANCE, confirmed, store_facts
from tests.integration.event_log_database import new_log, opened
from tests.unit.cli.houses import Out, said


@pytest.fixture
def log_url(
    new_postgres_database: Callable[[], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """A migrated log that the settings of the console name."""
    for name in os.environ:
        if name.startswith("BOXOFFICE_") and not name.startswith("BOXOFFICE_TEST_"):
            monkeypatch.delenv(name)
    url = new_log(new_postgres_database())
    monkeypatch.setenv("BOXOFFICE_LOG_URL", url)
    monkeypatch.setenv("BOXOFFICE_SECRET", "not a secret")
    monkeypatch.setenv("BOXOFFICE_DATA", str(tmp_path))
    return url


def test_a_refund_is_asked_for_agreed_to_and_listed(
    log_url: str, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOXOFFICE_REFUND_UNAPPROVED_MAX", "1000")
    with opened(log_url) as store:
        store_facts(store, confirmed(1, 2))
    refund = ("order", "refund", ORDER, "stalls a-1", "--note", "Ill")
    said(capsys, "token", "add", "Ann Lee")
    said(capsys, *refund, "--by", "ANN LEE")
    approve = ("order", "approve", ORDER, "--by")
    assert "Another person" in said(capsys, *approve, "Ann Lee", code=1)
    assert "Ann Lee: Ill" in said(capsys, "order", "waiting")
    assert "USD 45.00 on the way back" in said(capsys, *approve, "Tom")
    assert said(capsys, "order", "list", PERFORMANCE).startswith(ORDER)


def test_a_price_and_a_code_change_and_the_rest_stays(
    log_url: str, capsys: Out
) -> None:
    with opened(log_url) as store:
        store_facts(store, confirmed(1))
    prices = ("performance", "prices", PERFORMANCE, "Level 0=50")
    assert said(capsys, *prices) == "Level 0/adult  USD 50.00\n"
    code = ("promotion", "set", "SPRING")
    only = ("--performance", PERFORMANCE, "--currency", "USD", "--percent", "10")
    said(capsys, *code, *only)
    assert PERFORMANCE in said(capsys, *code, "--budget", "90")

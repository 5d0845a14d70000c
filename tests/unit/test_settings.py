"""Settings are read once and complain once."""

from __future__ import annotations

from pathlib import Path

import pytest

from boxoffice.errors import Misconfigured
from boxoffice.settings import Settings, load


def test_without_a_word_the_house_is_embedded() -> None:
    assert Settings() == load({"PATH": "/bin", "BOXOFFICE_TEST_KAFKA_URL": "x"})


def test_values_are_read_with_their_types() -> None:
    settings = load({"BOXOFFICE_HOLD_TTL_S": "300", "BOXOFFICE_VENUE": "casino"})
    assert (300, "casino") == (settings.hold_ttl_s, settings.venue)


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("hush\n")
    assert load({"BOXOFFICE_SECRET_FILE": str(file)}).secret == "hush"


def test_every_problem_is_named_at_once(tmp_path: Path) -> None:
    environ = {
        "BOXOFFICE_HOLD_TTL_S": "soon",
        "BOXOFFICE_HOLD_TTL": "600",
        "BOXOFFICE_SECRET_FILE": str(tmp_path / "absent"),
    }
    with pytest.raises(Misconfigured) as caught:
        load(environ)
    for name in environ:
        assert name in caught.value.detail


def test_receipts_are_kept_for_as_long_as_was_promised_at_least() -> None:
    with pytest.raises(Misconfigured, match="BOXOFFICE_RECEIPTS_DAYS"):
        load({"BOXOFFICE_RECEIPTS_DAYS": "6"})
    assert load({"BOXOFFICE_RECEIPTS_DAYS": "8"}).receipts_days == 8

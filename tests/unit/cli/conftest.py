"""Fixtures of the console."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from boxoffice.infrastructure.sqlite.event_store import SqliteEventStore


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SqliteEventStore:
    """Give the log of an embedded box office that the console works on."""
    for name in os.environ:
        if name.startswith("BOXOFFICE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("BOXOFFICE_DATA", str(tmp_path))
    return SqliteEventStore(str(tmp_path / "log.sqlite"))

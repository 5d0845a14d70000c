"""What a check found, and what every check over the log looks like."""

from __future__ import annotations

from typing import Protocol

import msgspec

from boxoffice.application.ports.log import LogRecord
from boxoffice.domain.message import Event


class Check(msgspec.Struct, frozen=True):
    """One question and its answer; `position` is that of the first thing wrong."""

    name: str
    ok: bool
    detail: str
    position: int | None = None


class Auditor(Protocol):
    """Sees every record once, in order; `event` is None when it cannot be read."""

    def read(self, record: LogRecord, event: Event | None) -> None:
        """Take note of a record."""

    def check(self) -> Check:
        """Answer for everything that was read."""


class Findings:
    """Keeps the first thing that was wrong and counts the others."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._first: tuple[int | None, str] | None = None
        self._number = 0

    def add(self, position: int | None, detail: str) -> None:
        """Note something wrong."""
        self._number += 1
        if self._first is None:
            self._first = (position, detail)

    def check(self, well: str) -> Check:
        """Answer; `well` is what to say when nothing was wrong."""
        if self._first is None:
            return Check(self._name, ok=True, detail=well)
        position, detail = self._first
        if self._number > 1:
            detail = f"{detail} ({self._number} findings in all)"
        return Check(self._name, ok=False, detail=detail, position=position)

"""The database's time."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The database's time, without asking it every time."""

    def now(self) -> datetime:
        """Give the current time (UTC)."""

    def offset_s(self) -> float:
        """Give how far this machine's clock is ahead of the database's."""

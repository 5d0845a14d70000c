"""The log database's time: measured once in a while, applied to the local clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import monotonic

from boxoffice.application.ports.log import EventStore

MEASURED_AGAIN_S = 60.0
"""Clocks drift by milliseconds a minute at worst; a jump is seen within this time."""


def utc_now() -> datetime:
    """Give this machine's time."""
    return datetime.now(UTC)


class StoreClock:
    """Local time corrected by the offset to the database.

    `measure` blocks for one round trip; call it off the event loop.
    """

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self.measure()

    def measure(self) -> None:
        """Compare the two clocks; the truth lies in the middle of the round trip."""
        before = monotonic()
        theirs = self._store.now()
        # One assignment, because other threads read the pair.
        self._pair = theirs, (before + monotonic()) / 2

    def now(self) -> datetime:
        """Give the database's time, whatever happens to this machine's clock."""
        theirs, ticks = self._pair
        return theirs + timedelta(seconds=monotonic() - ticks)

    def offset_s(self) -> float:
        """Give how far this machine's clock is ahead of the database's."""
        return (utc_now() - self.now()) / timedelta(seconds=1)

"""How far a process has seen the log, whoever in it looked.

Its parts note what they read or stored, each from its own thread; whoever compares that
with the log knows whether the process remembers what the log has lost.
"""

from __future__ import annotations

from threading import Lock


class Reach:
    """The last position that anything in this process has seen; 0 before any."""

    def __init__(self) -> None:
        self.position = 0
        self._lock = Lock()

    def note(self, position: int) -> None:
        """Remember a position that was read or stored."""
        with self._lock:
            self.position = max(self.position, position)

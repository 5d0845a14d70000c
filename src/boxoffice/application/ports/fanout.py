"""Live deltas to whoever listens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, Self


class Fanout(Protocol):
    """Live deltas to whoever listens; nothing is kept, slow listeners lose."""

    async def publish(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Send each payload to its channel."""

    def listen(self, channel: str) -> Listener:
        """Start listening; what is sent from then on arrives."""

    async def close(self) -> None:
        """Give back every connection."""


class Listener(Protocol):
    """One listener of a channel."""

    async def __aenter__(self) -> Self:
        """Listen; when this returns, nothing sent later is missed."""

    async def __aexit__(self, *exc: object) -> None:
        """Stop listening."""

    async def get(self, *, timeout_s: float) -> bytes | None:
        """Give the next payload; None when time ran out.

        Raises:
            Unavailable: payloads were lost; take a fresh snapshot.
        """

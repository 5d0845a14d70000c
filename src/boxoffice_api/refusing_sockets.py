"""A live socket that is refused was answered; it is not a fault of ours.

uvicorn takes an answer instead of a handshake for a handshake that never came, and
writes an error for it. Anybody could fill the log with those.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

if TYPE_CHECKING:
    from uvicorn._types import ASGISendEvent


class RefusingSocketProtocol(WebSocketsSansIOProtocol):
    """A socket whose handshake is complete when it was refused, too."""

    async def send(self, message: ASGISendEvent) -> None:
        """Send what the application says."""
        await super().send(message)
        if self.close_sent:
            self.handshake_complete = True

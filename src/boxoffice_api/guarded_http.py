"""Bounds that uvicorn leaves out: of a request's head, of its time, and of a crowd.

A head is counted while it arrives: one that is too large is answered with 431, and what
still comes of it is thrown away for a moment, because who is closed out while they are
sending never hears the answer. A request that does not get whole in time is answered
with 408. Beyond the connections that a process keeps for requests, whoever comes is
answered with 503, except those who ask after its health: a crowd must not look like a
process that has to be started anew. A connection that became a live socket counts as
one no more; those have a bound of their own.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from time import perf_counter
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from boxoffice.errors import BoxOfficeError, Overloaded
from boxoffice_api.asgi import Receive, Scope, Send
from boxoffice_api.joined_writes import JoinedHttpProtocol
from boxoffice_api.metrics import answered
from boxoffice_api.problems import HeadTooLarge, TooLate, problem
from boxoffice_api.shield import SECURITY_FIELDS, UNMATCHED

HEAD_BYTES_MAX = 64 * 1024
HEAD_S = 10.0
"""From the connection, or a later request's first byte, until the head is whole."""
SILENCE_S = 10.0
"""Between two pieces of a body."""
LINGER_S = 1.0
"""For a refused sender to hear the answer before the connection is gone."""
HEALTH = (b"/livez", b"/readyz", b"/metrics")
CLOSE = (b"connection", b"close")


class Door:
    """How many connections of this process wait for requests."""

    def __init__(self, *, connections_max: int) -> None:
        self._connections_max = connections_max
        self._inside: set[GuardedHttpProtocol] = set()

    @property
    def is_crowded(self) -> bool:
        """Whether there are more than there may be."""
        return len(self._inside) > self._connections_max

    def enter(self, connection: GuardedHttpProtocol) -> None:
        """Count a connection."""
        self._inside.add(connection)

    def leave(self, connection: GuardedHttpProtocol) -> None:
        """Count it no more; it may have left already."""
        self._inside.discard(connection)


class GuardedHttpProtocol(JoinedHttpProtocol):
    """A connection that is bounded in size and time."""

    def __init__(self, *args: Any, door: Door, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._door = door
        self._timer: asyncio.TimerHandle | None = None
        self._unread = 0
        """Bytes since the last whole head, piece of a body or whole request."""
        self._is_in_body = False
        self._is_too_large = False
        self._is_refused = False

    # ------------------------------------------------------ from the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin a connection."""
        super().connection_made(transport)
        self._door.enter(self)
        self._wait(HEAD_S)

    def connection_lost(self, exc: Exception | None) -> None:
        """End a connection."""
        self._door.leave(self)
        self._wait(None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes of requests."""
        if self._is_refused:
            return
        self._unread += len(data)
        super().data_received(data)
        if not self._is_refused:
            self._watch()

    def _watch(self) -> None:
        """See how far a request has come, and what it may take until the rest."""
        if self._unread > HEAD_BYTES_MAX:
            self._refuse(HeadTooLarge())
        elif self._is_in_body:
            self._wait(SILENCE_S)
        elif not self._unread:
            self._wait(None)
        elif self._timer is None:
            self._wait(HEAD_S)

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over to a live socket."""
        self._door.leave(self)
        self._wait(None)
        self._unread = 0
        self._is_in_body = False
        super().handle_websocket_upgrade()

    # ---------------------------------------------------------- from the parser

    def on_headers_complete(self) -> None:
        """Take a whole head."""
        if self._unread > HEAD_BYTES_MAX:
            self._check_size()
        self._unread = 0
        self._is_in_body = True
        if self._door.is_crowded and self.url.partition(b"?")[0] not in HEALTH:
            self.app = _turn_away
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a piece of a body."""
        self._unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Take a whole request."""
        self._unread = 0
        self._is_in_body = False
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what the parser could not read, or was not allowed to read on."""
        if self._is_too_large:
            self._refuse(HeadTooLarge())
        else:
            self._is_refused = True
            super().send_400_response(msg)

    # ------------------------------------------------------------------ refusing

    @property
    def _under_way(self) -> RequestResponseCycle | None:
        """The request that the application has not answered yet."""
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return None if cycle is None or cycle.response_complete else cycle

    def _check_size(self) -> None:
        """More came than a head may have; it may be a body that came with it."""
        size = sum(len(name) + len(value) for name, value in self.headers)
        self._is_too_large = len(self.url) + size > HEAD_BYTES_MAX
        if self._is_too_large:
            raise HeadTooLarge

    def _wait(self, limit_s: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if limit_s is not None:
            self._timer = self.loop.call_later(limit_s, self._give_up)

    def _give_up(self) -> None:
        """Refuse a slow sender. Who never began, or was answered, is told nothing."""
        if self._under_way is not None and not self._is_in_body:
            self._wait(HEAD_S)
        elif self._under_way is not None or (self._unread and not self._is_in_body):
            self._refuse(TooLate())
        else:
            self.transport.close()

    def _refuse(self, error: BoxOfficeError) -> None:
        """Answer in place of the application, and listen no more."""
        self._is_refused = True
        self._wait(None)
        cycle = self._under_way
        if cycle is None or not cycle.response_started:
            self.transport.write(_written(error))
        if cycle is not None:
            # The application hears that its client is gone.
            cycle.disconnected = True
            cycle.message_event.set()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._timer = self.loop.call_later(LINGER_S, self.transport.close)


async def _turn_away(scope: Scope, _receive: Receive, send: Send) -> None:
    since = perf_counter()
    answer = problem(Overloaded(), path=scope["path"])
    fields = [*answer.fields(), *SECURITY_FIELDS, CLOSE]
    start = {"status": answer.status, "headers": fields}
    await send({"type": "http.response.start"} | start)
    await send({"type": "http.response.body", "body": answer.body})
    answered(UNMATCHED, answer.status, since=since)


def _written(error: BoxOfficeError) -> bytes:
    """Give an answer as it goes over the wire."""
    answer = problem(error, path="")
    answered(UNMATCHED, answer.status, since=perf_counter())
    line = f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}\r\n"
    fields = [*answer.fields(), *SECURITY_FIELDS, CLOSE]
    head = b"".join(b"%b: %b\r\n" % field for field in fields)
    return line.encode() + head + b"\r\n" + answer.body

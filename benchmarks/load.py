"""A closed-loop HTTP generator: so many requests in flight, each answer sends the next.

Requests are ready-made bytes on keep-alive connections, because the generator shares
the machine with what it measures. Latency is taken per request at the generator.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from time import perf_counter

import msgspec


class Outcome(msgspec.Struct, frozen=True):
    """What came back: answers by status, latencies in seconds, wall time."""

    statuses: dict[int, int]
    latencies: list[float]
    elapsed_s: float

    @property
    def per_s(self) -> float:
        """Answers per second, whatever their status."""
        return len(self.latencies) / self.elapsed_s

    def percentile_ms(self, share: float) -> float:
        """Give the latency below which `share` of the answers lie."""
        ordered = sorted(self.latencies)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class _Tally:
    def __init__(self, requests: Sequence[bytes]) -> None:
        self.todo: Iterator[bytes] = iter(requests)
        self.left = len(requests)
        self.statuses: dict[int, int] = {}
        self.latencies: list[float] = []
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def note(self, status: int, latency: float) -> None:
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self.latencies.append(latency)
        self.left -= 1
        if self.left == 0 and not self.done.done():
            self.done.set_result(None)

    def fail(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)


class _Client(asyncio.Protocol):
    def __init__(self, tally: _Tally) -> None:
        self._tally = tally
        self._received = b""
        self._sent_at = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._tally.left:
            self._tally.fail(ConnectionError(f"the server closed: {exc}"))

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, mark, body = self._received.partition(b"\r\n\r\n")
        if not mark:
            return
        lower = head.lower()
        start = lower.index(b"content-length:") + 15
        length = int(lower[start:].split(b"\r\n", 1)[0])
        if len(body) < length:
            return
        self._received = b""
        self._tally.note(int(head[9:12]), perf_counter() - self._sent_at)
        self._send()

    def _send(self) -> None:
        request = next(self._tally.todo, None)
        assert self._transport is not None
        if request is not None:
            self._sent_at = perf_counter()
            self._transport.write(request)


async def ask(port: int, request: bytes) -> tuple[int, bytes]:
    """Send one request; give status and body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
    body = await reader.readexactly(length)
    writer.close()
    return int(head[9:12]), body


async def run(port: int, requests: Sequence[bytes], *, in_flight: int) -> Outcome:
    """Send every request, at most `in_flight` at a time, to loopback."""
    loop = asyncio.get_running_loop()
    tally = _Tally(requests)
    started = perf_counter()
    transports = [
        (await loop.create_connection(lambda: _Client(tally), "127.0.0.1", port))[0]
        for _ in range(min(in_flight, len(requests)))
    ]
    await tally.done
    elapsed = perf_counter() - started
    for transport in transports:
        transport.close()
    return Outcome(tally.statuses, tally.latencies, elapsed)

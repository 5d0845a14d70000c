"""A TCP proxy that loses things on purpose, in threads, for any protocol."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from urllib.parse import urlsplit

CHUNK_BYTES = 65_536
ACCEPT_POLL_S = 0.1


class TcpProxy:
    """Stands between a client and a server on loopback.

    `cut_request` loses the next bytes of the client, `cut_reply` the next ones of the
    server, which has done its work by then; either way both sides are cut off.
    """

    def __init__(self, server: tuple[str, int]) -> None:
        self._server = server
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(ACCEPT_POLL_S)
        self.port: int = self._listener.getsockname()[1]
        self.cut_request = Event()
        self.cut_reply = Event()
        self.cuts = 0
        self._open: list[socket.socket] = []
        self._closed = Event()
        Thread(target=self._accept, daemon=True).start()

    def url(self, url: str) -> str:
        """Give a URL that leads through here."""
        parts = urlsplit(url)
        user, _, _ = parts.netloc.rpartition("@")
        netloc = f"{user}@127.0.0.1:{self.port}"
        return parts._replace(netloc=netloc).geturl()

    def close(self) -> None:
        self._closed.set()
        for connection in (self._listener, *self._open):
            connection.close()

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                client, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            server = socket.create_connection(self._server)
            self._open += [client, server]
            self._pump(client, server, self.cut_request)
            self._pump(server, client, self.cut_reply)

    def _pump(self, source: socket.socket, target: socket.socket, cut: Event) -> None:
        def run() -> None:
            with suppress(OSError):
                while chunk := source.recv(CHUNK_BYTES):
                    if cut.is_set():
                        cut.clear()
                        self.cuts += 1
                        break
                    target.sendall(chunk)
            for side in (source, target):
                with suppress(OSError):
                    side.shutdown(socket.SHUT_RDWR)

        Thread(target=run, daemon=True).start()


@contextmanager
def tcp_proxy(url: str) -> Iterator[TcpProxy]:
    """A proxy to the server of a URL."""
    parts = urlsplit(url)
    proxy = TcpProxy((parts.hostname or "127.0.0.1", parts.port or 5432))
    try:
        yield proxy
    finally:
        proxy.close()

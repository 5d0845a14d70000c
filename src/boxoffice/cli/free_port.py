"""Which port a server may take: the wished one, or the next that is free."""

from __future__ import annotations

import errno
import socket

from boxoffice.errors import Misconfigured

PORTS_TRIED_MAX = 50
PORT_MAX = 65_535


def free_port(host: str, wished: int) -> int:
    """Give the first port from the wished one on that nobody listens on.

    Raises:
        Misconfigured: the host is not ours, or all are taken.
    """
    last = min(wished + PORTS_TRIED_MAX, PORT_MAX + 1)
    for port in range(wished, last):
        if _is_free(host, port):
            return port
    raise Misconfigured(f"Ports {wished} to {last - 1} of {host} are all taken.")


def _is_free(host: str, port: int) -> bool:
    try:
        (family, kind, _, _, address), *_ = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            return False
        reason = error.strerror or error
        raise Misconfigured(f"Cannot listen on {host}: {reason}.") from error
    return True

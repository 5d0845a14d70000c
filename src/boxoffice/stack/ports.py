"""Free ports below the range from which the kernel picks outgoing ones.

Inside that range a client that keeps calling a killed server can be given the
server's own port as its source, connect to itself, and keep the server from coming
back. A port is free when it is returned and nobody keeps it so until it is used: who
comes too late is started again on another one (see `assembly`).
"""

from __future__ import annotations

import random
import socket
from contextlib import ExitStack
from pathlib import Path

LOWEST = 15_000
HIGHEST = 32_000
ATTEMPTS_MAX = 1_000
NOTE = "port"


def free_ports(count: int, *, chance: random.Random | None = None) -> list[int]:
    """`count` different free TCP ports of the loopback address."""
    chance = chance or random.SystemRandom()
    ports: list[int] = []
    with ExitStack() as held:
        # No port twice: two sockets that only bind may share one.
        for port in chance.sample(range(LOWEST, HIGHEST), ATTEMPTS_MAX):
            if len(ports) == count:
                break
            candidate = held.enter_context(socket.socket())
            if _binds(candidate, port):
                ports.append(port)
    return ports


def lasting_port(folder: Path) -> int:
    """The port this folder's server had last time if it is free, else a new one."""
    note = folder / NOTE
    if note.exists():
        port = int(note.read_text(encoding="ascii"))
        with socket.socket() as probe:
            if _binds(probe, port):
                return port
    (port,) = free_ports(1)
    note.write_text(f"{port}\n", encoding="ascii")
    return port


def forget_ports(folder: Path) -> None:
    """Have this folder's server choose its ports anew when it is laid out again."""
    for note in folder.rglob(NOTE):
        note.unlink()


def _binds(candidate: socket.socket, port: int) -> bool:
    candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        candidate.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True

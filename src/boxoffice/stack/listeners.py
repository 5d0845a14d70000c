"""Whether a process listens on a port, asked of the kernel instead of by connecting.

A connection says only that somebody answers there, and a driver may well be served by
a stranger: another stack's server of the same kind. Where we may not see what another
user's process holds, as in containers, anybody who listens has to do. Linux only.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LISTEN = "0A"
"""The state of a listening socket in /proc/net/tcp."""


def listens(pid: int, port: int) -> bool:
    """Whether that process, as far as we can see, listens on that TCP port."""
    sockets = {f"socket:[{inode}]" for inode in _listening(pid, port)}
    if not sockets:
        return False
    try:
        return any(name in sockets for name in _open_files(pid))
    except PermissionError:
        return True
    except OSError:
        # The process, or one of its files, has just gone: the caller asks again.
        return False


def _listening(pid: int, port: int) -> set[str]:
    """The sockets that listen on the port, for either family, by their inodes."""
    tables = (Path(f"/proc/{pid}/net/{name}") for name in ("tcp", "tcp6"))
    rows = (line.split() for table in tables for line in _text(table).splitlines()[1:])
    ending = f":{port:04X}"
    return {row[9] for row in rows if row[3] == LISTEN and row[1].endswith(ending)}


def _open_files(pid: int) -> Iterator[str]:
    return (str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir())


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except OSError:
        return ""

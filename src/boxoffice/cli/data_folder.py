"""The folder of an embedded box office: who uses it, and how it is cleared.

A server holds a shared lock for as long as it runs; clearing takes the lock alone, so
nobody's log is deleted under their feet. Only files that are ours are deleted. While
somebody holds the lock, the file says at which URL the house can be reached.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from boxoffice.errors import Misconfigured
from boxoffice.settings import Settings

LOCK_FILE = "in-use"
LOG_FILE = "log.sqlite"
URL_BYTES_MAX = 2_000
OURS = (
    *(LOG_FILE, f"{LOG_FILE}-*", "vault.sqlite", "vault.sqlite-*"),
    *("secret", "secret.*"),
    *("sandbox.sqlite", "sandbox.sqlite-*", "sandbox-key*", "sandbox-signing*"),
)
"""All we ever write here, except for the lock itself."""


Announce = Callable[[str], None]
"""Says at which URL the house can be reached."""


@contextmanager
def occupied(folder: Path, *, reset: bool) -> Iterator[Announce]:
    """Use the folder, cleared first if asked for, until the block ends.

    Raises:
        Misconfigured: somebody else uses what shall be cleared.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if reset:
            _take_alone(lock, folder)
            _clear(folder)
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield partial(_announce, lock)
    finally:
        os.close(lock)


def has_log(folder: Path) -> bool:
    """Tell whether an embedded box office was ever opened here."""
    return (folder / LOG_FILE).exists()


def running_at(folder: Path) -> str | None:
    """Give the URL of the house that runs on this folder now, if one does."""
    try:
        lock = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.pread(lock, URL_BYTES_MAX, 0).decode() or None
    finally:
        os.close(lock)
    return None


def _announce(lock: int, url: str) -> None:
    os.ftruncate(lock, 0)
    os.pwrite(lock, url.encode(), 0)


def check_resettable(settings: Settings) -> None:
    """Let only a box office be reset that keeps everything in its folder.

    Raises:
        Misconfigured: something of it lies in a service.
    """
    services = {
        "BOXOFFICE_LOG_URL": settings.log_url,
        "BOXOFFICE_KAFKA_URL": settings.kafka_url,
        "BOXOFFICE_MONGO_URL": settings.mongo_url,
        "BOXOFFICE_REDIS_URL": settings.redis_url,
    }
    given = [name for name, url in services.items() if url]
    if given:
        raise Misconfigured(
            f"--reset clears an embedded box office only, and {given[0]} is set."
        )


def _take_alone(lock: int, folder: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise Misconfigured(
            f"Another box office is running on {folder}; stop it, then reset."
        ) from error


def _clear(folder: Path) -> None:
    for pattern in OURS:
        for path in folder.glob(pattern):
            path.unlink(missing_ok=True)

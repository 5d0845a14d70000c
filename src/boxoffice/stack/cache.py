"""Where fetched servers are kept, and how each is made exactly once.

Whatever stands under its final name is whole: it is made beside it and renamed under
a lock, so several first starts at once wait for one of them. An interrupted attempt
leaves only a `.partial` folder, which the next one clears.
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from boxoffice.stack.account import enterable, unprivileged_account
from boxoffice.stack.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

log = logging.getLogger(__name__)

LOCK_LIMIT_S = 900
"""How long to wait for another process that is fetching the same thing."""
LOCK_POLL_S = 0.1
SHARED_CACHE = Path("/var/cache/boxoffice")
"""Root's choice when root's own home is closed to the user PostgreSQL runs as."""
CHECKOUT_CACHE = Path(__file__).parents[3] / ".cache" / "boxoffice"
"""The choice of an account without a home."""


def cache_folder(environ: Mapping[str, str]) -> Path:
    """`BOXOFFICE_CACHE`, else the first usual place that will do."""
    if chosen := environ.get("BOXOFFICE_CACHE"):
        return Path(chosen).absolute()
    home = environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    own = Path(home).absolute() / "boxoffice"
    account = unprivileged_account()
    places = (own, SHARED_CACHE, CHECKOUT_CACHE)
    will_do = (
        place for place in places if enterable(place, account) and _writable(place)
    )
    return next(will_do, own)


def made_once(target: Path, make: Callable[[Path], None]) -> Path:
    """Return `target`, filled by `make` if nobody has done so yet."""
    if target.exists():
        return target
    _open_folder(target.parent)
    with _exclusive(target.with_name(f".{target.name}.lock")):
        if not target.exists():
            partial = target.with_name(f".{target.name}.partial")
            shutil.rmtree(partial, ignore_errors=True)
            _open_folder(partial)
            log.info("preparing %s (once)", target.name)
            try:
                make(partial)
            except BaseException:
                shutil.rmtree(partial, ignore_errors=True)
                raise
            partial.rename(target)
    return target


def _writable(folder: Path) -> bool:
    nearest = next(place for place in (folder, *folder.parents) if place.exists())
    return os.access(nearest, os.W_OK | os.X_OK)


def _open_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
    except OSError as error:
        raise StackError(
            f"{folder} cannot be made ({error.strerror}): set BOXOFFICE_CACHE to a "
            "folder for the servers."
        ) from error


@contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    deadline = time.monotonic() + LOCK_LIMIT_S
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        while not _locked(descriptor):
            if time.monotonic() > deadline:
                raise StackError(
                    f"Another process has held {path} for {LOCK_LIMIT_S} s."
                )
            time.sleep(LOCK_POLL_S)
        yield
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

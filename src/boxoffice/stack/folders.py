"""Where the servers keep their data: a folder given, or one thrown away at the end.

A stack that was killed cannot clear its folder, so each one holds a lock that dies
with it and the next one clears what has no holder.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from boxoffice.stack.account import enterable
from boxoffice.stack.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from boxoffice.stack.account import Account

PREFIX = "boxoffice-stack-"
LOCK = "owner.lock"
PASSABLE = 0o711
"""Others may pass through to what is theirs, and see nothing else."""


@contextmanager
def data_folder(kept: Path | None, *, account: Account | None) -> Iterator[Path]:
    """A folder for the servers' data; removed at the end unless it was given.

    Raises: StackError, when it is in use, cannot be made, or is closed to the user
    PostgreSQL runs as.
    """
    if kept is None:
        with _throwaway_folder(account) as folder:
            yield folder
        return
    folder = kept.absolute()
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True)
            folder.chmod(PASSABLE)
    except OSError as error:
        raise StackError(f"{folder} cannot be made ({error.strerror}).") from error
    _require_enterable(folder, account)
    descriptor = _claim(folder)
    if descriptor is None:
        raise StackError(
            f"Another stack is using {folder}; choose another folder or end it."
        )
    try:
        yield folder
    finally:
        os.close(descriptor)


@contextmanager
def _throwaway_folder(account: Account | None) -> Iterator[Path]:
    public = ("/tmp", "/var/tmp")  # noqa: S108 -- folders in them are made by mkdtemp
    places = [Path(tempfile.gettempdir()), *map(Path, public)]
    parent = next((place for place in places if enterable(place, account)), places[0])
    sweep(parent)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    folder.chmod(PASSABLE)
    _require_enterable(folder, account)
    descriptor = _claim(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if descriptor is not None:
            os.close(descriptor)


def sweep(parent: Path) -> None:
    """Remove the throwaway folders of ours whose stack is gone."""
    for folder in parent.glob(f"{PREFIX}*"):
        try:
            ours = folder.stat().st_uid == os.geteuid()
            # Never made here: a stack that is just ending removes its own.
            descriptor = _locked(folder / LOCK, os.O_RDWR) if ours else None
        except OSError:
            continue
        if descriptor is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(descriptor)


def _claim(folder: Path) -> int | None:
    """Take the folder's lock; None when somebody has it.

    A new lock is taken under another name first: a sweep never sees one without its
    holder.
    """
    lock = folder / LOCK
    fresh = folder / f"{LOCK}.{os.getpid()}"
    path = lock if lock.exists() else fresh
    descriptor = _locked(path, os.O_RDWR | os.O_CREAT)
    if descriptor is not None and path == fresh:
        fresh.rename(lock)
    return descriptor


def _locked(path: Path, flags: int) -> int | None:
    """A descriptor that holds the file's lock; None when somebody has it."""
    descriptor = os.open(path, flags | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _require_enterable(folder: Path, account: Account | None) -> None:
    if not enterable(folder, account):
        name = account.name if account else ""
        raise StackError(
            f"PostgreSQL runs as the user {name}, who cannot enter {folder}: choose a "
            "data folder outside of closed homes."
        )

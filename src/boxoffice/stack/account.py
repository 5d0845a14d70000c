"""Who runs PostgreSQL when we are root, since it refuses to run as root itself.

The rest of the stack runs as whoever started it. `reachable` reads permission bits,
so it answers for another account without becoming it.
"""

from __future__ import annotations

import os
import pwd
import stat
from typing import TYPE_CHECKING

import msgspec

from boxoffice.stack.errors import Missing

if TYPE_CHECKING:
    from pathlib import Path


class Account(msgspec.Struct, frozen=True):
    """An unprivileged user of this machine."""

    name: str
    uid: int
    gid: int


def unprivileged_account() -> Account | None:
    """Whom to become for PostgreSQL; None when we are not root and stay who we are."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise Missing(
        "PostgreSQL refuses to run as root and there is neither a user postgres nor "
        "a user nobody: add one (useradd --system postgres) or run as another user."
    )


def reachable(path: Path, account: Account | None) -> bool:
    """Whether the account may pass every folder on the way to `path` and read it."""
    if account is None:
        return True
    *folders, last = [*reversed(path.resolve().parents), path.resolve()]
    passable = all(_allows(folder, account, bit=stat.S_IXOTH) for folder in folders)
    return passable and _allows(last, account, bit=stat.S_IROTH)


def enterable(folder: Path, account: Account | None) -> bool:
    """Whether the account may pass through `folder` to what it owns inside."""
    return account is None or reachable(folder / "anything", account)


def _allows(path: Path, account: Account, *, bit: int) -> bool:
    try:
        status = path.stat()
    except FileNotFoundError:
        return True
    if status.st_uid == account.uid:
        bit <<= 6
    elif status.st_gid == account.gid:
        bit <<= 3
    return bool(status.st_mode & bit)

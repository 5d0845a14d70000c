"""Starting processes that cannot outlive us, and ending the children of one we killed.

Linux only: both read what the kernel tells under /proc and ask it for a signal at the
parent's death (see `launch`).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from boxoffice.stack.account import Account

ORPHAN_LIMIT_S = 5
ORPHAN_POLL_S = 0.01
LAST_WORDS_CHARS = 1_500
LOG = "log"


class ProcessMark(msgspec.Struct, frozen=True):
    """A process id with its start time, since an id alone is used again."""

    pid: int
    started: int


def spawn(
    argv: Sequence[str],
    *,
    folder: Path,
    account: Account | None,
    death_signal: int,
) -> subprocess.Popen[bytes]:
    """Start a program that logs to `folder`/log and ends when this thread does."""
    with (folder / LOG).open("ab") as log:
        return subprocess.Popen(
            tied_to_us(argv, account=account, death_signal=death_signal),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=_clean_environment(folder),
            # Ctrl-C in a terminal must reach us alone: we end the servers in order.
            start_new_session=True,
        )


def tied_to_us(
    argv: Sequence[str], *, death_signal: int, account: Account | None = None
) -> list[str]:
    """The command that becomes `argv`, once sure to get the signal at our death."""
    uid, gid = (account.uid, account.gid) if account else (os.getuid(), os.getgid())
    words = [str(int(word)) for word in (death_signal, os.getpid(), uid, gid)]
    launcher = str(Path(__file__).with_name("launch.py"))
    return [sys.executable, "-I", "-S", launcher, *words, *argv]


def last_words(folder: Path) -> str:
    """The end of a server's log, on one line."""
    return " ".join(_log(folder).split())[-LAST_WORDS_CHARS:] or "it said nothing."


def complained(folder: Path, words: str) -> bool:
    """Whether these words stand anywhere in a server's log, in whatever case."""
    return words in _log(folder).lower()


def children_of(pid: int) -> list[ProcessMark]:
    """The direct children of `pid` that have not ended."""
    entries = (entry for entry in Path("/proc").iterdir() if entry.name.isdigit())
    rows = ((int(entry.name), _status(entry)) for entry in entries)
    return [
        ProcessMark(pid=child, started=int(status[19]))
        for child, status in rows
        if status and int(status[1]) == pid and status[0] != "Z"
    ]


def end_orphans(marks: Sequence[ProcessMark]) -> None:
    """Kill those that still live and wait until they are gone.

    A server that was killed leaves its children to notice by themselves; until they
    have, PostgreSQL refuses to start again on the same folder.
    """
    deadline = time.monotonic() + ORPHAN_LIMIT_S
    for mark in marks:
        if alive(mark):
            os.kill(mark.pid, signal.SIGKILL)
    while any(alive(mark) for mark in marks) and time.monotonic() < deadline:
        time.sleep(ORPHAN_POLL_S)


def alive(mark: ProcessMark) -> bool:
    """Whether that very process, not a later one of the same id, still runs."""
    status = _status(Path("/proc") / str(mark.pid))
    return bool(status) and int(status[19]) == mark.started and status[0] != "Z"


def _log(folder: Path) -> str:
    return (folder / LOG).read_text(encoding="utf-8", errors="replace")


def _status(entry: Path) -> list[str]:
    """The fields of /proc/PID/stat from the state on; empty when it has ended."""
    try:
        text = (entry / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    # The name before the state may hold blanks and brackets; the last bracket ends it.
    return text.rpartition(")")[2].split()


def _clean_environment(folder: Path) -> dict[str, str]:
    """Nothing of ours: a stray PGDATA or JAVA_TOOL_OPTIONS must not change a server."""
    return {
        "PATH": os.defpath,
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
    }

"""Becomes another program that cannot outlive the process that started it.

Run as a script with the isolated interpreter, on the standard library alone:
`launch.py SIGNAL PARENT UID GID PROGRAM ARGUMENTS...`. It takes the place of a
preexec_fn, which is unsafe in a process with threads, and drivers start threads.

The kernel sends SIGNAL when the *thread* that started this process ends, so servers
are started from a thread that lives as long as they should. Changing the user clears
the request, hence the order.
"""

from __future__ import annotations

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Drop privileges if asked, tie our life to the parent's, become the program."""
    death_signal, parent, uid, gid = (int(word) for word in arguments[:4])
    program = arguments[4:]
    if uid != os.getuid():
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    end_with_parent(death_signal, parent=parent)
    os.execv(program[0], program)  # noqa: S606 -- becoming the program is the point


def end_with_parent(death_signal: int, *, parent: int) -> None:
    """Have the kernel send us a signal when our parent dies, unless it has already."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal)
    if os.getppid() != parent:
        sys.exit("The parent ended before the program began.")


if __name__ == "__main__":
    main(sys.argv[1:])

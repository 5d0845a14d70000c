"""`boxoffice stack` as a process of its own, watched from outside."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from boxoffice.stack.processes import ProcessMark, alive, children_of

END_LIMIT_S = 60
POLL_S = 0.02
ENTRY = "from boxoffice.cli.stack import stack; stack()"


def stack_command(*words: str) -> list[str]:
    return [sys.executable, "-c", ENTRY, *words]


def surroundings(folder: Path, **more: str) -> dict[str, str]:
    """Our environment without given services, with a folder for throwaway data."""
    ours = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("BOXOFFICE_TEST_")
    }
    return {**ours, "TMPDIR": str(folder), **more}


@contextmanager
def started(
    command: Sequence[str], environ: dict[str, str]
) -> Iterator[subprocess.Popen[str]]:
    """A process with its output piped, killed at the end if it is still there."""
    with subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def addresses(process: subprocess.Popen[str], count: int) -> dict[str, str]:
    """The first lines of its output, which come when everything answers.

    A process that ends before that fails the test with its own last words.
    """
    assert process.stdout is not None
    lines = [process.stdout.readline().strip() for _ in range(count)]
    if not all(lines):
        explain_early_end(process)
    return dict(line.split("=", 1) for line in lines)


def explain_early_end(process: subprocess.Popen[str]) -> NoReturn:
    """Fail with the exit code and everything that the process wrote as errors."""
    _, errors = process.communicate(timeout=END_LIMIT_S)
    pytest.fail(f"It ended with {process.returncode} before it was up:\n{errors}")


def descendants(pid: int) -> list[ProcessMark]:
    children = children_of(pid)
    return [*children, *(mark for child in children for mark in descendants(child.pid))]


def wait_until(condition: Callable[[], bool], *, limit_s: float = END_LIMIT_S) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(POLL_S)


def wait_until_gone(marks: Sequence[ProcessMark]) -> None:
    assert marks
    wait_until(lambda: not any(alive(mark) for mark in marks))


def end(process: subprocess.Popen[str], number: signal.Signals) -> int:
    process.send_signal(number)
    return process.wait(END_LIMIT_S)

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from boxoffice.application.crash_points import POINTS, plan, reached
from boxoffice.errors import Misconfigured

PROGRAM = """
from boxoffice.application.crash_points import plan, reached
plan({plan!r})
for number in range(3):
    reached("provider.start.before")
    reached("provider.start.after")
    print(number, flush=True)
"""


def lived(text: str) -> tuple[int, list[str]]:
    """Give how a process ended that passes two points three times, and its words."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(plan=text)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout.split()


def test_a_process_dies_at_the_place_and_the_time_it_was_told() -> None:
    assert lived("provider.start.after:2") == (-signal.SIGKILL, ["0"])
    assert lived("provider.start.before") == (-signal.SIGKILL, [])


def test_a_process_that_was_told_nothing_lives() -> None:
    assert lived("") == (0, ["0", "1", "2"])
    assert lived("provider.refund.after:1") == (0, ["0", "1", "2"])


@pytest.mark.parametrize(
    "text", ["nowhere", "nowhere:1", "append.before:0", "append.before:x", ":1"]
)
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(Misconfigured):
        plan(text)
    for point in POINTS:
        reached(point)

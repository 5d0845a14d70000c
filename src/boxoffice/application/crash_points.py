"""Places where a process can be told to die, to prove that dying there harms nobody.

Nothing happens unless `BOXOFFICE_CRASH_AT` names a place, such as
`provider.start.after:2`: the second time that this process gets there, it kills itself
as a power cut would. Otherwise a place costs one comparison.
"""

from __future__ import annotations

import os
import signal

from boxoffice.errors import Misconfigured

CALLS = ("start", "look_up", "capture", "cancel", "refund", "look_up_refund")
STEPS = ("settle", "expire", "end")
POINTS = frozenset(
    f"{step}.{side}"
    for step in (
        "append",
        *(f"provider.{call}" for call in CALLS),
        *(f"checkout.{step}" for step in STEPS),
    )
    for side in ("before", "after")
)
"""Around every append, every call to the provider and every command of the checkout."""


class _Plan:
    """Where this process dies, and how often it may still pass there."""

    def __init__(self) -> None:
        self.point = ""
        self.passes = 0


_plan = _Plan()


def plan(text: str) -> None:
    """Die at `point:n`, the n-th time; "" is to live.

    Raises:
        Misconfigured: there is no such point.
    """
    point, _, count = text.partition(":")
    number = count or "1"
    if text and (point not in POINTS or not number.isdigit() or int(number) < 1):
        raise Misconfigured(f"BOXOFFICE_CRASH_AT: {text!r} is no place to die at.")
    _plan.point = point
    _plan.passes = int(number) - 1 if text else 0


def reached(point: str) -> None:
    """Pass a point, or die there."""
    if not _plan.point or point != _plan.point:
        return
    if _plan.passes:
        _plan.passes -= 1
        return
    os.kill(os.getpid(), signal.SIGKILL)

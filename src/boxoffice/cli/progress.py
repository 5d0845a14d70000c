"""How far a reading of the log is: drawn on a terminal, in plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import rich_click as click

if TYPE_CHECKING:
    from rich.console import Console

    from boxoffice.application.replay import Progress

PLAIN_STEPS = 10
"""Without a terminal a line is printed for every tenth of the log."""


@contextmanager
def progress(verb: str) -> Iterator[Progress]:
    """Show rate and time left on standard error while the log is read."""
    from rich.console import Console

    console = Console(stderr=True)
    if console.is_terminal:
        with _bar(console, verb) as told:
            yield told
    else:
        yield plain_lines(lambda line: click.echo(f"{verb} {line}", err=True))


@contextmanager
def _bar(console: Console, verb: str) -> Iterator[Progress]:
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn(verb),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]:,.0f} events/s"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None, rate=0.0)

        def told(done: int, total: int, rate: float) -> None:
            bar.update(task, completed=done, total=total, rate=rate)

        yield told


def plain_lines(say: Callable[[str], None]) -> Progress:
    """Say how far it is at every tenth of the way."""
    said = -1

    def told(done: int, total: int, rate: float) -> None:
        nonlocal said
        step = done * PLAIN_STEPS // max(total, 1)
        if step > said:
            said = step
            left = (total - done) / max(rate, 1e-6)
            say(
                f"{done:,} of {total:,} events, {rate:,.0f} a second, {left:.0f} s left"
            )

    return told

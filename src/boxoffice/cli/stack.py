"""`boxoffice stack`: the real services on this machine, without Docker, root or apt.

Addresses go to standard output, what a person reads to standard error. Whatever ends
the command ends the servers: its own end, Ctrl-C, a signal, or its parent's death.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import rich_click as click

from boxoffice.stack.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from boxoffice.stack.assembly import Stack, Wishes

SERVICES = ("postgres", "kafka", "mongo", "redis")
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
COMMAND_GRACE_S = 20
"""How long a command may take to end before it is killed and the stack goes."""
WATCH_POLL_S = 0.5
NOT_FOUND = 127


class Ended(SystemExit):
    """A signal asked us to end; the exit code follows the shell's custom."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.number = number


@click.group()
def stack() -> None:
    """Real PostgreSQL, Kafka, MongoDB and Redis, started and ended for you."""
    logging.basicConfig(format="stack: %(message)s", stream=sys.stderr)
    logging.getLogger("boxoffice.stack").setLevel(logging.INFO)


def _options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option(
            "--only",
            "services",
            multiple=True,
            type=click.Choice(SERVICES),
            help="Only this service; may be given again.",
        ),
        click.option(
            "--data",
            type=click.Path(file_okay=False, path_type=Path),
            help="Keep data in this folder between runs; Redis keeps none.",
        ),
        click.option(
            "--fast",
            is_flag=True,
            help="PostgreSQL without fsync: for tests, never for benchmarks.",
        ),
    ):
        command = option(command)
    return command


@stack.command()
@_options
def up(*, services: tuple[str, ...], data: Path | None, fast: bool) -> None:
    """Start the services, print their URLs, and run until Ctrl-C."""
    with _running(services, data=data, fast=fast) as running:
        for name, url in running.environment().items():
            if not name.startswith("BOXOFFICE_TEST_"):
                click.echo(f"{name}={url}")
        _watch(running)


@stack.command(context_settings={"allow_interspersed_args": False})
@_options
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def run(
    *,
    services: tuple[str, ...],
    data: Path | None,
    fast: bool,
    command: tuple[str, ...],
) -> None:
    """Start the services, run COMMAND with their URLs, and end them with it."""
    from boxoffice.stack.processes import tied_to_us

    program = shutil.which(command[0])
    if program is None:
        click.echo(f"There is no command {command[0]}.", err=True)
        sys.exit(NOT_FOUND)
    with _running(services, data=data, fast=fast) as running:
        launch = tied_to_us([program, *command[1:]], death_signal=signal.SIGTERM)
        environment = {**os.environ, **running.environment()}
        code = _wait_for(subprocess.Popen(launch, env=environment))
        for sentence in _obituaries(running):
            click.echo(sentence, err=True)
    sys.exit(code if code >= 0 else 128 - code)


@stack.command()
def fetch() -> None:
    """Fetch and check what the services need, and start none of them."""
    _report()


@stack.command()
def doctor() -> None:
    """Say what each service uses, and of what is missing how to get it.

    A server is known to run here only by trying, so it is fetched if need be.
    """
    _report()


@contextmanager
def _running(
    services: tuple[str, ...], *, data: Path | None, fast: bool
) -> Iterator[Stack]:
    from boxoffice.stack.assembly import brought_up

    _end_in_order()
    wishes = _wishes(services, data=data, fast=fast)
    try:
        with brought_up(wishes) as running:
            versions = ", ".join(running.versions.values())
            click.echo(f"Up in {running.seconds:.1f} s: {versions}.", err=True)
            yield running
    except StackError as error:
        click.echo(str(error), err=True)
        sys.exit(1)


def _wishes(services: tuple[str, ...], *, data: Path | None, fast: bool) -> Wishes:
    from boxoffice.stack.assembly import Wishes

    chosen = tuple(name for name in SERVICES if name in services) or SERVICES
    return Wishes(environ=os.environ, services=chosen, data=data, fast=fast)


def _report() -> None:
    from boxoffice.stack.assembly import survey

    complete = True
    for name, words, available in survey(_wishes((), data=None, fast=False)):
        complete &= available
        click.echo(f"{name:9} {words}")
    sys.exit(0 if complete else 1)


def _end_in_order() -> None:
    """Turn the first signal into an orderly end, and let no second one spoil it."""
    from boxoffice.stack.launch import end_with_parent

    def end(number: int, _frame: FrameType | None) -> NoReturn:
        for ending in ENDINGS:
            signal.signal(ending, signal.SIG_IGN)
        raise Ended(number)

    for ending in ENDINGS:
        signal.signal(ending, end)
    end_with_parent(signal.SIGTERM, parent=os.getppid())


def _watch(running: Stack) -> None:
    """Wait for the signal that ends us; a server that ends by itself is an error."""
    while True:
        for sentence in _obituaries(running):
            raise StackError(sentence)
        time.sleep(WATCH_POLL_S)


def _obituaries(running: Stack) -> Iterator[str]:
    for name, server in running.servers.items():
        if not server.running:
            yield f"{name} has ended: {server.last_words()}"


def _wait_for(command: subprocess.Popen[bytes]) -> int:
    """The command's exit code; a signal to us ends the command first.

    Ctrl-C reaches the command from the terminal, so that one is not passed on.
    """
    try:
        return command.wait()
    except Ended as ended:
        if ended.number != signal.SIGINT:
            command.send_signal(ended.number)
        try:
            command.wait(COMMAND_GRACE_S)
        except subprocess.TimeoutExpired:
            command.kill()
            command.wait()
        raise

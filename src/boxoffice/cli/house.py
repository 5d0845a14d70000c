"""What the commands share: settings, an open house, and asking the one write path."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import msgspec
import rich_click as click

from boxoffice import settings as settings_
from boxoffice.settings import Settings

if TYPE_CHECKING:
    from boxoffice.application.requests import Accepted
    from boxoffice.bootstrap import Container
    from boxoffice.domain.message import Command

P = ParamSpec("P")
T = TypeVar("T")

COMMAND_ID_BYTES = 16
ID_BYTES = 12


def configured(
    command: Callable[Concatenate[Settings, P], None],
) -> Callable[P, None]:
    """Give a command the settings of the environment, and an option for the folder.

    The environment is read when the command runs, so that help needs no settings.
    """

    @click.option(
        "--data",
        type=click.Path(file_okay=False, path_type=Path),
        help="Folder of an embedded box office.  [default: .boxoffice]",
    )
    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        folder = kwargs.pop("data")
        loaded = settings_.load(os.environ)
        if folder is not None:
            loaded = msgspec.structs.replace(loaded, data=str(folder))
        command(loaded, *args, **kwargs)

    return wrapped


def is_embedded(settings: Settings) -> bool:
    """Tell whether the log is a file in the data folder."""
    return not settings.log_url


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's coroutine on the fast event loop."""
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def in_house(settings: Settings, work: Callable[[Container], Awaitable[T]]) -> T:
    """Open the house, do the work in it, close the house.

    Raises:
        Unavailable: the log does not answer.
    """
    from boxoffice.bootstrap import open_container
    from boxoffice.observability import log_to_stderr

    async def inside() -> T:
        async with open_container(settings) as container:
            return await work(container)

    log_to_stderr(json=False)
    return run_async(inside())


async def tell(container: Container, command: Command) -> Accepted:
    """Have one command decided and stored, as the operator at this console.

    Raises:
        Refused, NotFound: a rule said no.
        Unavailable: nothing was stored; try again.
    """
    from boxoffice.application.codec import encode
    from boxoffice.application.requests import Request
    from boxoffice.application.writer import ask
    from boxoffice.domain.message import Meta

    command_id = secrets.token_bytes(COMMAND_ID_BYTES)
    meta = Meta(
        command=command_id.hex(),
        correlation=command_id.hex(),
        actor="system:console",
        venue=container.settings.venue,
    )
    request = Request(
        command_id=command_id,
        request_hash=sha256(encode(command)).digest(),
        command=command,
        meta=meta,
    )
    return await ask(container.writer, request)


def new_id() -> str:
    """Draw an id for something that is made at this console."""
    return secrets.token_hex(ID_BYTES)


def print_json(value: object) -> None:
    """Print a value for machines, on one line."""
    click.echo(msgspec.json.encode(value).decode())

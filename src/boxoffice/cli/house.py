"""What the commands share: settings, an open house, and asking the one write path."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from functools import wraps
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import msgspec
import rich_click as click

from boxoffice import settings as settings_
from boxoffice.settings import Settings

if TYPE_CHECKING:
    from boxoffice.application.requests import Accepted, Request
    from boxoffice.bootstrap import Container
    from boxoffice.domain.message import Command

P = ParamSpec("P")
T = TypeVar("T")

COMMAND_ID_BYTES = 16
ID_BYTES = 12
NAME_BYTES = 16
CONSOLE = "system:console"
"""Who acts where no person is named."""
SETTLE_PAUSES_S = (0.2, 0.5, 1.0, 2.0, 4.0)
"""Before a command of unknown outcome is asked again, each time."""
UNSETTLED = (
    "The log did not say whether this was done; look before you ask for it again."
)


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


async def tell(
    container: Container, command: Command, *, actor: str = CONSOLE
) -> Accepted:
    """Have one command decided and stored, by the operator or the person named.

    When nobody knows whether it was stored, it is asked again under the same id, so
    that it is done once and its receipt answers.

    Raises:
        Refused, NotFound: a rule said no.
        Unavailable: nothing was stored; try again.
        OutcomeUnknown: the log stayed away; look before asking again.
    """
    from boxoffice.application.writer import ask
    from boxoffice.errors import OutcomeUnknown

    request = _request(command, actor=actor, venue=container.settings.venue)
    try:
        return await ask(container.writer, request)
    except OutcomeUnknown:
        return await _settled(container, request)


async def _settled(container: Container, request: Request) -> Accepted:
    from boxoffice.application.writer import ask
    from boxoffice.errors import OutcomeUnknown, Unavailable

    for pause_s in SETTLE_PAUSES_S:
        await asyncio.sleep(pause_s)
        with suppress(Unavailable):
            return await ask(container.writer, request)
    raise OutcomeUnknown(UNSETTLED)


def _request(command: Command, *, actor: str, venue: str) -> Request:
    from boxoffice.application.codec import encode
    from boxoffice.application.requests import Request
    from boxoffice.domain.message import Meta

    command_id = secrets.token_bytes(COMMAND_ID_BYTES)
    name = command_id.hex()
    return Request(
        command_id=command_id,
        request_hash=sha256(encode(command)).digest(),
        command=command,
        meta=Meta(command=name, correlation=name, actor=actor, venue=venue),
    )


def new_id() -> str:
    """Draw an id for something that is made at this console."""
    return secrets.token_hex(ID_BYTES)


def new_name() -> str:
    """Draw a name for a hold, a buyer, a person or a wish of this console."""
    return secrets.token_hex(NAME_BYTES)


def print_json(value: object) -> None:
    """Print a value for machines, on one line."""
    click.echo(msgspec.json.encode(value).decode())

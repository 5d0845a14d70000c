"""`boxoffice serve`, and each background role as a process of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import rich_click as click

from boxoffice.cli.house import configured, in_house, is_embedded, run_async
from boxoffice.errors import Misconfigured
from boxoffice.settings import Settings

if TYPE_CHECKING:
    from boxoffice.bootstrap import Container
    from boxoffice.cli.data_folder import Announce
    from boxoffice.cli.roles import Running

ROLES = ("api", "relay", "projectors", "reactors")
DEMO_MANAGER = "Demo Manager"
ANYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared with, not listened on


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """How to serve."""

    host: str
    port: int
    roles: tuple[str, ...]
    demo: bool


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="To listen on.")
@click.option(
    "--port",
    type=click.IntRange(1, 65_535),
    default=8000,
    show_default=True,
    help="To listen on; a taken one moves on to the next.",
)
@click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice(ROLES),
    help="Only this role; may be given again.  [default: all]",
)
@click.option("--demo", is_flag=True, help="Load the demo; what is there stays.")
@click.option("--reset", is_flag=True, help="Clear the embedded box office first.")
@configured
def serve(settings: Settings, /, *, reset: bool, **wishes: object) -> None:
    """Open the box office: pages, API and everything behind them, in one process.

    Without BOXOFFICE_*_URL variables all data lie in one folder and nothing else is
    needed.
    """
    from boxoffice.cli.data_folder import check_resettable, occupied

    if reset:
        check_resettable(settings)
    chosen = msgspec.convert(wishes, Wishes)
    if not is_embedded(settings):
        _run(settings, chosen, announce=_tell_nobody)
        return
    with occupied(Path(settings.data), reset=reset) as announce:
        _run(settings, chosen, announce=announce)


def _tell_nobody(_url: str) -> None:
    """Houses on services are found by their own addresses."""


def _run(settings: Settings, wishes: Wishes, *, announce: Announce) -> None:
    from boxoffice.observability import log_to_stderr

    roles = wishes.roles or ROLES
    if len(roles) > 1:
        # One process has one place to ask for its health: the API's.
        settings = msgspec.structs.replace(settings, health_port=0)
    if "api" in roles:
        wishes = _with_port(wishes)
    log_to_stderr(json=not sys.stderr.isatty())
    run_async(_house(settings, wishes, roles=roles, announce=announce))


async def _house(
    settings: Settings, wishes: Wishes, *, roles: Sequence[str], announce: Announce
) -> None:
    from boxoffice.bootstrap import open_container, replay_into_memory
    from boxoffice.cli.fitness import WRITING, end_when_unfit
    from boxoffice.cli.own_sandbox import own_sandbox
    from boxoffice.cli.roles import run_together

    url = _url(wishes.host, wishes.port)
    async with AsyncExitStack() as stack:
        if not {"api", "reactors"}.difference(roles):
            # Whoever takes orders and whoever pays them must know one provider.
            sandbox = own_sandbox(settings, url=url, port=wishes.port + 1)
            settings = await stack.enter_async_context(sandbox)
        container = await stack.enter_async_context(open_container(settings))
        secret = await _demo(container) if wishes.demo else None
        await replay_into_memory(container)

        def started() -> None:
            announce(url)
            _welcome(url, secret, payments=settings.payments_url)

        ready = partial(_running, wishes=wishes, started=started)
        running = [ready(name) for name in roles]
        if WRITING.intersection(roles):
            running.append(end_when_unfit)
        await run_together(container, running)


def _with_port(wishes: Wishes) -> Wishes:
    from boxoffice.cli.free_port import free_port

    port = free_port(wishes.host, wishes.port)
    if port != wishes.port:
        click.echo(f"Port {wishes.port} is taken, so this is {port}.", err=True)
    return msgspec.structs.replace(wishes, port=port)


def _running(name: str, *, wishes: Wishes, started: Callable[[], None]) -> Running:
    from boxoffice.cli.roles import role

    run = role(name)
    if name != "api":
        return run
    return partial(run, host=wishes.host, port=wishes.port, started=started)


async def _demo(container: Container) -> str | None:
    """Load the demo; give the secret of its manager's token when it is new."""
    from boxoffice.cli.tokens import make_token
    from boxoffice.demo.load import load_demo

    await load_demo(
        container.writer, now=container.clock.now(), venue=container.settings.venue
    )
    if any(token.person == DEMO_MANAGER for token in container.tokens.all()):
        return None
    return await make_token(container, person=DEMO_MANAGER, role="manager")


def _url(host: str, port: int) -> str:
    name = "127.0.0.1" if host in ANYWHERE else host
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def _welcome(url: str, secret: str | None, *, payments: str) -> None:
    click.echo(
        f"""
The box office is open.

  Buyers    {url}/
  Staff     {url}/staff
  API       {url}/v1/performances
  OpenAPI   {url}/openapi.json
  Payments  {payments or "nobody takes money: BOXOFFICE_PAYMENTS_URL is empty"}
"""
    )
    if secret:
        click.echo(f"  Token of the {DEMO_MANAGER}, shown only now:\n  {secret}\n")
    else:
        click.echo("  A token for the staff page: boxoffice token add YOUR-NAME\n")
    click.echo("Ctrl-C closes it.")


@click.command()
@click.option(
    "--from",
    "start",
    type=click.IntRange(0, 0),
    help="0: have the whole log published once more, then end.",
)
@configured
def relay(settings: Settings, /, *, start: int | None) -> None:
    """Publish the log to Kafka, in order, as it grows.

    With --from 0 an active relay, or else this process, sends everything again: after
    the topics were deleted. Readers skip what they know.
    """
    _require(settings, "relay", "kafka_url")
    if start is None:
        _background(settings, "relay")
        return
    count = in_house(settings, _republish)
    click.echo(f"Published the log again, up to position {count:,}.")


async def _republish(container: Container) -> int:
    from boxoffice.application.relay import Relay, republish

    relay = Relay(
        store=container.store,
        checkpoints=container.checkpoints,
        bus=container.bus,
        batch_max=container.settings.relay_batch_max,
        lease_s=container.settings.relay_lease_s,
    )
    return await republish(relay)


@click.command()
@configured
def project(settings: Settings, /) -> None:
    """Fold what Kafka brings into the read models in MongoDB and Redis."""
    _require(settings, "project", "kafka_url", "mongo_url", "redis_url")
    _background(settings, "projectors")


@click.command()
@configured
def react(settings: Settings, /) -> None:
    """Do what follows from events and deadlines, such as expiring holds."""
    _background(settings, "reactors")


def _require(settings: Settings, name: str, *needed: str) -> None:
    absent = [field for field in needed if not getattr(settings, field)]
    if absent:
        raise Misconfigured(
            f"`boxoffice {name}` needs BOXOFFICE_{absent[0].upper()};"
            " without services `boxoffice serve` does everything in one process."
        )


def _background(settings: Settings, name: str) -> None:
    from boxoffice.bootstrap import open_container
    from boxoffice.cli.fitness import WRITING, end_when_unfit
    from boxoffice.cli.roles import role, run_together
    from boxoffice.observability import log_to_stderr

    async def house() -> None:
        async with open_container(settings) as container:
            running = [role(name)]
            if name in WRITING:
                running.append(end_when_unfit)
            await run_together(container, running)

    log_to_stderr(json=not sys.stderr.isatty())
    run_async(house())

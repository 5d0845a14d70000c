"""The whole stack: find what it needs, start it, wait until it answers, end it.

A service whose URL is given is checked, and never started or ended. Start a stack
from a thread that outlives it (see `launch`).
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from boxoffice.stack.account import unprivileged_account
from boxoffice.stack.cache import cache_folder
from boxoffice.stack.checks import CHECKS
from boxoffice.stack.errors import PortTaken, StackError, StartFailed
from boxoffice.stack.folders import data_folder
from boxoffice.stack.ports import forget_ports
from boxoffice.stack.recipes import RECIPES, Found, Surroundings
from boxoffice.stack.server import STARTS_MAX, Server

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

log = logging.getLogger(__name__)

SERVICES = ("postgres", "kafka", "mongo", "redis")
GIVEN_LIMIT_S = 60
GIVEN_POLL_S = 0.2


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller wants of the stack."""

    environ: Mapping[str, str]
    services: tuple[str, ...] = SERVICES
    fast: bool = False
    """Whether PostgreSQL may lose data in a power cut: for tests only."""
    data: Path | None = None
    """Where data is kept between runs; None for a folder that is thrown away."""


class Stack(msgspec.Struct, frozen=True, kw_only=True):
    """The services that are up: URLs of all, handles of those that are ours."""

    urls: dict[str, str]
    servers: dict[str, Server]
    versions: dict[str, str]
    seconds: float
    """From the first start to the last answer."""

    def environment(self) -> dict[str, str]:
        """The variables by which tests and `boxoffice` itself find the services."""
        names = {"postgres": "LOG"}
        product = {
            f"BOXOFFICE_{names.get(name, name.upper())}_URL": url
            for name, url in self.urls.items()
        }
        return product | {given_variable(n): url for n, url in self.urls.items()}


def given_variable(service: str) -> str:
    """The environment variable that gives a service's URL."""
    return f"BOXOFFICE_TEST_{service.upper()}_URL"


@contextmanager
def brought_up(wishes: Wishes) -> Iterator[Stack]:
    """A running, answering stack for as long as the block lasts.

    Raises: Missing, when something is not to be had here; StartFailed, when a server
    did not come up; StackError, when the data folder cannot be used.
    """
    given = given_urls(wishes)
    around = surroundings(wishes)
    wanted = [name for name in RECIPES if name in wishes.services and name not in given]
    found = {name: RECIPES[name](around) for name in wanted}
    with ExitStack() as ending:
        folder = ending.enter_context(data_folder(wishes.data, account=around.account))
        begun = time.monotonic()
        servers = _start(found, folder, ending=ending, keep=wishes.data is not None)
        versions = asyncio.run(_all_ready(servers, given, found=found))
        ours = {name: server.url for name, server in servers.items()}
        yield Stack(
            urls={name: (given | ours)[name] for name in wishes.services},
            servers=servers,
            versions=versions,
            seconds=time.monotonic() - begun,
        )


def given_urls(wishes: Wishes) -> dict[str, str]:
    """The wished services that somebody else runs."""
    rows = {name: wishes.environ.get(given_variable(name)) for name in wishes.services}
    return {name: url for name, url in rows.items() if url}


def surroundings(wishes: Wishes) -> Surroundings:
    """What the recipes may know."""
    return Surroundings(
        environ=wishes.environ,
        cache=cache_folder(wishes.environ),
        account=unprivileged_account() if "postgres" in wishes.services else None,
        fast=wishes.fast,
    )


def survey(wishes: Wishes) -> Iterator[tuple[str, str, bool]]:
    """Each service, what it would use or what it lacks, and whether it can be had.

    What is not here yet is fetched: a server is known to run only by trying it.
    """
    given = given_urls(wishes)
    around = surroundings(wishes)
    for name in wishes.services:
        if name in given:
            yield name, f"given by {given_variable(name)}", True
            continue
        try:
            yield name, RECIPES[name](around).origin, True
        except StackError as error:
            yield name, str(error), False


def _start(
    found: Mapping[str, Found], folder: Path, *, ending: ExitStack, keep: bool
) -> dict[str, Server]:
    servers = {}
    for name, recipe in found.items():
        home = folder / name
        home.mkdir(exist_ok=True)
        server = Server(recipe.lay_out(home))
        ending.callback(server.stop if keep else server.drop)
        server.start()
        servers[name] = server
    return servers


async def _all_ready(
    servers: Mapping[str, Server],
    given: Mapping[str, str],
    *,
    found: Mapping[str, Found],
) -> dict[str, str]:
    waits = {name: _ready(server, found[name]) for name, server in servers.items()}
    waits |= {name: _answers(name, url) for name, url in given.items()}
    return dict(zip(waits, await asyncio.gather(*waits.values()), strict=True))


async def _ready(server: Server, recipe: Found) -> str:
    """Wait for a server; one whose port was taken meanwhile is moved to another."""
    for _ in range(STARTS_MAX - 1):
        try:
            return await server.ready()
        except PortTaken as taken:
            log.warning("%s Trying another port.", taken)
        folder = server.plan.folder
        forget_ports(folder)
        server.move(recipe.lay_out(folder))
        server.start()
    return await server.ready()


async def _answers(name: str, url: str) -> str:
    deadline = time.monotonic() + GIVEN_LIMIT_S
    while True:
        try:
            return await asyncio.wait_for(CHECKS[name](url), GIVEN_LIMIT_S)
        except Exception as error:
            if time.monotonic() > deadline:
                raise StartFailed(
                    f"{given_variable(name)} is set, but nothing there answers."
                ) from error
        await asyncio.sleep(GIVEN_POLL_S)

"""Roles of one process live and end together."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

from boxoffice.bootstrap import Container
from boxoffice.cli.roles import ENDINGS, role, run_together
from boxoffice.errors import Misconfigured, Unavailable

NOTHING = cast("Container", None)


@pytest.fixture(autouse=True)
async def signals_as_before() -> AsyncIterator[None]:
    """Handlers stay for the rest of a process; here they must not."""
    yield
    for number in ENDINGS:
        asyncio.get_running_loop().remove_signal_handler(number)


class Watched:
    """A role that runs until it is ended."""

    def __init__(self) -> None:
        self.started = asyncio.Event()
        self.ended = False

    async def __call__(self, _container: Any) -> None:
        self.started.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.ended = True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_all_roles(number: signal.Signals) -> None:
    first, second = Watched(), Watched()
    running = asyncio.create_task(run_together(NOTHING, [first, second]))
    await first.started.wait()
    await second.started.wait()
    os.kill(os.getpid(), number)
    await asyncio.wait_for(running, timeout=5)
    assert first.ended
    assert second.ended


async def test_a_role_that_fails_ends_the_others_and_is_heard() -> None:
    other = Watched()

    async def fails(_container: Any) -> None:
        await other.started.wait()
        raise Unavailable("The log is away.")

    with pytest.raises(Unavailable, match="The log is away"):
        await run_together(NOTHING, [other, fails])
    assert other.ended


async def test_a_role_that_ends_by_itself_ends_the_others() -> None:
    other = Watched()

    async def ends(_container: Any) -> None:
        await other.started.wait()

    await run_together(NOTHING, [other, ends])
    assert other.ended


def test_a_role_that_nobody_offers_is_named() -> None:
    with pytest.raises(Misconfigured, match="offers the role 'prompter'"):
        role("prompter")

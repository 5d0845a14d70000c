"""Processes that may be told where to die; forked, so they start fast."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
from multiprocessing.context import ForkServerProcess

import structlog

from boxoffice.bootstrap import open_container
from boxoffice.settings import Settings
from boxoffice_api import role
from boxoffice_projectors import reactors_role
from tests.e2e.shop import Shop, Wish

END_S = 30.0
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.e2e.mortal"])


def reactor(settings: Settings) -> ForkServerProcess:
    """Start a process that reacts until it dies or is killed."""
    return _started(_react, settings)


def api(settings: Settings, port: int) -> ForkServerProcess:
    """Start a process that answers over HTTP until it dies or is killed."""
    return _started(_serve, settings, port)


def buyer(settings: Settings, wish: Wish) -> ForkServerProcess:
    """Start a process that orders once and ends."""
    return _started(_buy, settings, wish)


def kill(process: ForkServerProcess) -> None:
    """End a process as a power cut would."""
    process.kill()
    process.join(END_S)
    assert not process.is_alive()


def _started(target: object, *arguments: object) -> ForkServerProcess:
    process = _context.Process(target=target, args=arguments, daemon=True)  # type: ignore[arg-type]  # a function
    process.start()
    return process


def _react(settings: Settings) -> None:
    quiet = structlog.make_filtering_bound_logger(logging.ERROR)
    structlog.configure(wrapper_class=quiet)
    asyncio.run(_reacting(settings))


async def _reacting(settings: Settings) -> None:
    async with open_container(settings) as container:
        await reactors_role.run(container)


def _serve(settings: Settings, port: int) -> None:
    quiet = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=quiet)
    asyncio.run(_serving(settings, port))


async def _serving(settings: Settings, port: int) -> None:
    async with open_container(settings) as container:
        await role.run(container, host="127.0.0.1", port=port)


def _buy(settings: Settings, wish: Wish) -> None:
    asyncio.run(_buying(settings, wish))


async def _buying(settings: Settings, wish: Wish) -> None:
    async with open_container(settings) as container:
        await Shop(container).order(wish)

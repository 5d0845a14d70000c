"""An API in a process of its own, on a log in Postgres that other processes have too.

Its clock stands still where the clock of `open_house` does.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx

from boxoffice.bootstrap import migrate
from boxoffice.settings import Settings
from tests.unit.api.serving import HOST, free_port

LIMIT_S = 60.0
SECRET = "the secret of tests"
SERVER = """
import asyncio, sys
from dataclasses import replace
from boxoffice.bootstrap import open_container
from boxoffice.settings import Settings
from boxoffice_api.role import run
from tests.unit.api.house import SetClock

async def serve(url, secret, port, crash_at):
    settings = Settings(log_url=url, secret=secret, crash_at=crash_at)
    async with open_container(settings) as real:
        await run(replace(real, clock=SetClock()), host="127.0.0.1", port=port)

asyncio.run(serve(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]))
"""


async def migrated(postgres_url: str) -> Settings:
    """Give the settings of a house with an empty log in Postgres."""
    settings = Settings(log_url=postgres_url, secret=SECRET)
    await migrate(settings)
    return settings


@asynccontextmanager
async def process(
    settings: Settings, *, crash_at: str = ""
) -> AsyncIterator[tuple[str, Callable[[], None]]]:
    """Serve from a process of its own; give its address and what kills it."""
    port = free_port()
    served = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SERVER, settings.log_url, SECRET, str(port), crash_at),
        cwd=Path(__file__).parents[2],
    )
    try:
        await _answers(f"http://{HOST}:{port}/livez")
        yield f"http://{HOST}:{port}", served.kill
    finally:
        with suppress(ProcessLookupError):
            served.kill()
        await served.wait()


async def _answers(address: str) -> None:
    async with httpx.AsyncClient() as client, asyncio.timeout(LIMIT_S):
        while True:
            with suppress(httpx.TransportError):
                await client.get(address)
                return
            await asyncio.sleep(0.05)

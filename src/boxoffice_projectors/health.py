"""Whether this process lives and is ready, told over HTTP.

`/livez` says that the event loop turns. `/readyz` names what keeps a role from doing
its work, 503 as long as there is something. `/metrics` is for Prometheus.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

NOT_STARTED = "It has not started yet."

log = structlog.get_logger()


class Health:
    """What is wrong now, by part.

    A part that begins its work is no news for the log; one that is well again is.
    """

    def __init__(self) -> None:
        self._problems: dict[str, str] = {}

    @property
    def problems(self) -> dict[str, str]:
        """Parts that are not ready, each with the reason."""
        return dict(self._problems)

    @property
    def ready(self) -> bool:
        """Whether every part does its work."""
        return not self._problems

    def expect(self, part: str) -> None:
        """Be not ready until this part reports."""
        self._problems.setdefault(part, NOT_STARTED)

    def report(self, part: str, problem: str) -> None:
        """Say what keeps a part from its work; "" when nothing does."""
        if problem == self._problems.get(part, ""):
            return
        if problem:
            self._problems[part] = problem
            log.error("not_ready", part=part, problem=problem)
        else:
            before = self._problems.pop(part)
            if before != NOT_STARTED:
                log.info("ready_again", part=part)


@asynccontextmanager
async def answering(health: Health, *, port: int) -> AsyncIterator[None]:
    """Answer on a port inside the block; port 0 answers nowhere."""
    if not port:
        yield
        return
    runner = web.AppRunner(_app(health), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, port=port).start()
        yield
    finally:
        await runner.cleanup()


def _app(health: Health) -> web.Application:
    async def livez(_request: web.Request) -> web.Response:
        await asyncio.sleep(0)
        return web.json_response({"status": "alive"})

    async def readyz(_request: web.Request) -> web.Response:
        body = {"ready": health.ready, "problems": health.problems}
        return web.json_response(body, status=200 if health.ready else 503)

    async def metrics(_request: web.Request) -> web.Response:
        return web.Response(
            body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )

    app = web.Application()
    app.router.add_get("/livez", livez)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
    return app

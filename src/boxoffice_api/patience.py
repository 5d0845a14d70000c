"""Whoever only looks is answered in time, whatever is waited for behind.

A log that is frozen lets every reader wait for a thread and a connection in turn, and
none of these knows of the others. So the whole answer has one bound here, inside the
framework's handling of errors: a browser is told by a page. A command has a bound of
its own, since only the writer knows whether it was done.
"""

from __future__ import annotations

import asyncio

from boxoffice.errors import TooSlow
from boxoffice_api.asgi import App, Message, Receive, Scope, Send

LOOKING = frozenset({"GET", "HEAD"})


class Patience:
    """Wraps the handlers of the framework."""

    def __init__(self, app: App, *, patience_s: float) -> None:
        self._app = app
        self._patience_s = patience_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in LOOKING:
            await self._app(scope, receive, send)
            return
        bound = asyncio.timeout(self._patience_s)

        async def begun(message: Message) -> None:
            if not bound.expired():
                bound.reschedule(None)
            await send(message)

        try:
            async with bound:
                await self._app(scope, receive, begun)
        except TimeoutError as error:
            if bound.expired():
                raise TooSlow from error
            raise

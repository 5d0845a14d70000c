"""Whoever only looks is answered in time, whatever is waited for behind."""

from __future__ import annotations

import asyncio
import dataclasses
from threading import Event
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from boxoffice.application.ports.log import LogRecord
from boxoffice.errors import TooSlow
from boxoffice_api.app import create_app
from boxoffice_api.asgi import Message, Receive, Scope, Send
from boxoffice_api.patience import Patience
from tests.unit.api.house import House

SHORT_S = 0.02
LIMIT_S = 5.0


class Slow:
    """An application that answers when it is told to."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.begins_first = False
        self.sent: list[Message] = []

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        if self.begins_first:
            await send({"type": "http.response.start"})
        await self.go_on.wait()
        await send({"type": "http.response.body"})

    async def asked(self, method: str, kind: str = "http") -> None:
        """Ask it through a bound that is short."""

        async def send(message: Message) -> None:
            self.sent.append(message)

        async def receive() -> Message:
            raise AssertionError

        scope: dict[str, Any] = {"type": kind, "method": method}
        await Patience(self, patience_s=SHORT_S)(scope, receive, send)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_who_looks_is_told_to_come_again(method: str) -> None:
    app = Slow()
    with pytest.raises(TooSlow):
        await app.asked(method)
    assert app.sent == []


async def test_an_answer_that_has_begun_may_take_its_time() -> None:
    app = Slow()
    app.begins_first = True
    asyncio.get_running_loop().call_later(3 * SHORT_S, app.go_on.set)
    await app.asked("GET")
    assert len(app.sent) == 2


@pytest.mark.parametrize(
    ("method", "kind"), [("POST", "http"), ("DELETE", "http"), ("GET", "websocket")]
)
async def test_commands_and_sockets_have_bounds_of_their_own(
    method: str, kind: str
) -> None:
    app = Slow()
    asyncio.get_running_loop().call_later(3 * SHORT_S, app.go_on.set)
    await app.asked(method, kind)
    assert len(app.sent) == 1


async def test_programs_get_a_problem_and_browsers_a_page_while_the_log_is_frozen(
    house: House, performance: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    thaw = Event()

    def frozen(*, after: int, limit: int) -> list[LogRecord]:
        assert thaw.wait(LIMIT_S), (after, limit)
        return []

    settings = replace(house.container.settings, command_timeout_s=SHORT_S)
    app = create_app(dataclasses.replace(house.container, settings=settings))
    monkeypatch.setattr(house.container.store, "read", frozen)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://boxoffice.test"
    ) as client:
        data = await client.get(f"/v1/performances/{performance}")
        page = await client.get("/", headers={"accept": "text/html"})
    thaw.set()
    assert (data.status_code, page.status_code) == (503, 503)
    assert data.headers["retry-after"] == page.headers["retry-after"] == "1"
    assert data.json()["type"] == "/problems/too-slow"
    assert "One moment, please" in page.text

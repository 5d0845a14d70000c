"""A box office in memory behind a real socket, with its read side running."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx
import msgspec
from msgspec.structs import replace
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from boxoffice.readmodels.availability import states
from boxoffice_api.routes.availability import AvailabilityView
from boxoffice_projectors import relay_role, role
from tests.read_side import until
from tests.unit.api.house import SETTINGS, House, open_house
from tests.unit.api.serving import HOST, serving
from tests.unit.pages.viewer import Viewer

LIMIT_S = 20.0
AVAILABILITY = msgspec.json.Decoder(AvailabilityView)


@dataclass(frozen=True)
class LiveHouse:
    """A house that answers on a port."""

    house: House
    port: int
    performance: str
    http: httpx.AsyncClient

    @property
    def url(self) -> str:
        return f"ws://{HOST}:{self.port}/live/performances/{self.performance}"

    @property
    def staff_url(self) -> str:
        return f"ws://{HOST}:{self.port}/live/staff/performances/{self.performance}"

    async def buyer(self) -> dict[str, str]:
        """Give the headers of a new buyer."""
        answer = await self.http.post("/v1/buyers")
        self.http.cookies.clear()
        return {"authorization": f"Bearer {answer.json()['token']}"}

    async def hold(self, *places: int, buyer: dict[str, str] | None = None) -> str:
        """Hold places; give the hold."""
        answer = await self.http.post(
            f"/v1/performances/{self.performance}/holds",
            json={"places": places},
            headers=buyer or await self.buyer(),
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["hold"])

    async def states(self) -> dict[int, str]:
        """Give what the availability cache says of every place."""
        path = f"/v1/performances/{self.performance}/availability"
        shown = AVAILABILITY.decode((await self.http.get(path)).content)
        return {o: s for section in shown.sections for o, s in states(section).items()}


@asynccontextmanager
async def live_house(**settings: Any) -> AsyncIterator[LiveHouse]:
    """Open a house with a performance on sale, relay and projectors running."""
    changed = replace(SETTINGS, health_port=0, **settings)
    async with open_house(changed) as house, asyncio.TaskGroup() as roles:
        performance = await house.on_sale()
        running = [
            roles.create_task(relay_role.run(house.container)),
            roles.create_task(role.run(house.container)),
        ]
        try:
            async with serving(house.container) as port, client(port) as http:
                live = LiveHouse(house, port, performance, http)
                await until_shown(live)
                yield live
        finally:
            for task in running:
                task.cancel()


def client(port: int) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=f"http://{HOST}:{port}", timeout=LIMIT_S)


async def until_shown(live: LiveHouse) -> None:
    """Wait for the first documents."""
    path = f"/v1/performances/{live.performance}/availability"

    async def shown() -> bool:
        return (await live.http.get(path)).status_code == HTTPStatus.OK

    await until(shown, "the availability is there")


class Watcher:
    """A client that reads its socket to the end and keeps what it says."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.viewer = Viewer()
        self.last: dict[str, Any] = {}
        self.received = 0
        """Letters of all frames together."""
        self.changed = asyncio.Event()

    async def watch(self) -> None:
        try:
            async for frame in self.socket:
                assert isinstance(frame, str)
                self.received += len(frame)
                self.last = json.loads(frame)
                if self.last["type"] != "bye":
                    self.viewer.take(frame.encode())
                self.changed.set()
        except ConnectionClosed:
            self.changed.set()

    async def until_shows(self, states: dict[int, str]) -> None:
        async with asyncio.timeout(LIMIT_S):
            while self.viewer.states != states:
                self.changed.clear()
                await self.changed.wait()


@asynccontextmanager
async def watching(url: str, **options: Any) -> AsyncIterator[Watcher]:
    """Open a socket and read it in the background."""
    async with connect(url, compression=None, proxy=None, **options) as socket:
        watcher = Watcher(socket)
        task = asyncio.create_task(watcher.watch())
        try:
            yield watcher
        finally:
            await socket.close()
            await task

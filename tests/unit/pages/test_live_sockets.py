"""A socket as the server speaks it: who gets in, who is sent away, how it ends."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
import structlog

from boxoffice.errors import Unavailable
from boxoffice_api.live import sockets
from tests.unit.api.house import House
from tests.unit.pages.site import Visitor

LIMIT_S = 5.0
HOST = "boxoffice.test"


class Client:
    """The far end of one socket; one that `takes` nothing blocks who sends."""

    def __init__(self) -> None:
        self.sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.takes = asyncio.Event()
        self.takes.set()
        self.served = asyncio.Event()
        self.said.put_nowait({"type": "websocket.connect"})

    async def send(self, message: Any) -> None:
        await self.takes.wait()
        self.sent.put_nowait(message)

    async def receive(self) -> Any:
        return await self.said.get()

    async def hears(self) -> dict[str, Any]:
        async with asyncio.timeout(LIMIT_S):
            return await self.sent.get()

    async def hears_frame(self) -> dict[str, Any]:
        message = await self.hears()
        assert message["type"] == "websocket.send", message
        frame: dict[str, Any] = json.loads(message["text"])
        return frame

    async def hears_close(self) -> int:
        while True:
            message = await self.hears()
            if message["type"] == "websocket.close":
                return int(message["code"])

    def says(self, text: str) -> None:
        self.said.put_nowait({"type": "websocket.receive", "text": text})

    def leaves(self) -> None:
        self.said.put_nowait({"type": "websocket.disconnect", "code": 1001})


@asynccontextmanager
async def socket(
    house: House, path: str, headers: Mapping[str, str] | None = None
) -> AsyncIterator[Client]:
    """Open a socket on the application itself; the handler has ended afterwards."""
    await house.project()
    client = Client()
    given = {"host": HOST, **(headers or {})}
    scope = {
        "type": "websocket",
        "scheme": "ws",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(n.encode(), v.encode()) for n, v in given.items()],
        "subprotocols": [],
        "extensions": {"websocket.http.response": {}},
    }

    async def serve() -> None:
        await house.app(scope, client.receive, client.send)
        client.served.set()

    handling = asyncio.create_task(serve())
    try:
        yield client
    finally:
        client.leaves()
        client.takes.set()
        async with asyncio.timeout(LIMIT_S):
            await handling


def hall(performance: str) -> str:
    return f"/live/performances/{performance}"


async def test_a_program_without_cookies_needs_no_origin(
    house: House, performance: str
) -> None:
    async with socket(house, hall(performance)) as client:
        assert (await client.hears())["type"] == "websocket.accept"
        snapshot = await client.hears_frame()
    assert snapshot["type"] == "snapshot"
    assert sum(len(s["states"]) for s in snapshot["sections"]) == 28


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (f"http://{HOST}", None),
        (f"https://{HOST}", None),
        (None, 403),
        ("null", 403),
        ("http://evil.test", 403),
        (f"http://{HOST}.evil.test", 403),
        (f"http://{HOST}:8080", 403),
        (f"ftp://{HOST}", 403),
        (f"http://{HOST}/", 403),
    ],
)
async def test_cookies_count_only_with_the_exact_origin_of_our_own_page(
    house: House, performance: str, origin: str | None, status: int | None
) -> None:
    headers = {"cookie": "bo_buyer=x"} | ({"origin": origin} if origin else {})
    async with socket(house, hall(performance), headers) as client:
        answer = await client.hears()
    assert answer.get("status") == status


async def test_a_client_that_talks_too_much_is_sent_away(
    house: House, performance: str
) -> None:
    async with socket(house, hall(performance)) as client:
        for _ in range(sockets.HEARD_MAX):
            client.says("hello?")
        assert await client.hears_close() == sockets.POLICY_VIOLATION


async def test_a_client_that_says_a_little_is_not_listened_to(
    house: House, performance: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "BEAT_S", 0.01)
    async with socket(house, hall(performance)) as client:
        client.says("snapshot, please")
        kinds = [(await client.hears())["type"]]
        kinds += [(await client.hears_frame())["type"] for _ in range(3)]
    assert kinds == ["websocket.accept", "snapshot", "beat", "beat"]


async def test_a_client_that_takes_nothing_is_sent_away_and_the_rest_go_on(
    house: House, performance: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "STALL_MAX_S", 0.1)
    monkeypatch.setattr(sockets, "GOODBYE_S", 0.1)
    monkeypatch.setattr(sockets, "BEAT_S", 0.02)
    async with (
        socket(house, hall(performance)) as stuck,
        socket(house, hall(performance)) as fine,
    ):
        assert (await stuck.hears())["type"] == "websocket.accept"
        stuck.takes.clear()
        assert (await fine.hears())["type"] == "websocket.accept"
        assert (await fine.hears_frame())["type"] == "snapshot"
        for _ in range(20):
            assert (await fine.hears_frame())["type"] == "beat"
        async with asyncio.timeout(LIMIT_S):
            await stuck.served.wait()
        assert not stuck.takes.is_set()


async def test_a_till_watches_the_board_and_a_gate_does_not(
    house: House, performance: str
) -> None:
    path = f"/live/staff/performances/{performance}"
    async with socket(house, path, house.staff("till")) as client:
        assert (await client.hears())["type"] == "websocket.accept"
        assert (await client.hears_frame())["board"]["totals"]["places"] == 28
    async with socket(house, path, house.staff("gate")) as client:
        assert (await client.hears())["status"] == 403


async def test_the_staff_cookie_opens_the_board_from_our_own_page_only(
    house: House, performance: str
) -> None:
    visitor = Visitor(house)
    token = house.staff()["authorization"].removeprefix("Bearer ")
    await visitor.request("POST", "/staff/session", data={"token": token})
    cookie = {"cookie": f"bo_staff={visitor.cookies['bo_staff']}"}
    path = f"/live/staff/performances/{performance}"
    async with socket(house, path, cookie | {"origin": f"http://{HOST}"}) as client:
        assert (await client.hears())["type"] == "websocket.accept"
    async with socket(house, path, cookie | {"origin": "http://evil.test"}) as client:
        assert (await client.hears())["status"] == 403


async def test_a_board_whose_token_nobody_can_check_is_to_be_opened_later(
    house: House, performance: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "STAFF_BEAT_S", 0.02)
    monkeypatch.setattr("boxoffice_api.auth.KNOWN_FOR_S", 0.0)

    def away(_digest: bytes) -> None:
        raise Unavailable("The log does not answer.")

    path = f"/live/staff/performances/{performance}"
    with structlog.testing.capture_logs() as logs:
        async with socket(house, path, house.staff()) as client:
            assert (await client.hears())["type"] == "websocket.accept"
            monkeypatch.setattr(house.container.tokens, "find", away)
            assert await client.hears_close() == sockets.TRY_AGAIN_LATER
    (line,) = logs
    assert (line["event"], line["path"]) == ("listener_unchecked", path)


async def test_a_revoked_token_closes_the_board(
    house: House, performance: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "STAFF_BEAT_S", 0.02)
    monkeypatch.setattr("boxoffice_api.auth.KNOWN_FOR_S", 0.0)
    headers = house.staff()
    path = f"/live/staff/performances/{performance}"
    async with socket(house, path, headers) as client:
        assert (await client.hears())["type"] == "websocket.accept"
        (manager,) = {
            token.staff
            for token in house.container.tokens.all()
            if token.person == "A manager"
        }
        house.container.tokens.revoke(manager, house.clock.now())
        assert await client.hears_close() == sockets.POLICY_VIOLATION
    digest = hashlib.sha256(headers["authorization"].removeprefix("Bearer ").encode())
    found = house.container.tokens.find(digest.digest())
    assert found is not None
    assert found.revoked_at is not None

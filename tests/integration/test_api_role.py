"""The role `api` on a real socket: when it begins, how it ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from threading import Event

import pytest

from boxoffice.application.ports.log import LogRecord
from boxoffice.application.ports.vault import Particulars, Vault
from boxoffice.domain.ids import PersonId
from boxoffice.errors import Misconfigured
from boxoffice_api import health
from boxoffice_api.role import run
from tests.unit.api.house import ANN, open_house
from tests.unit.api.serving import ANSWER_LIMIT_S, HOST, free_port, serving, talk

LIVE = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
READY = b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n"


async def test_requests_are_answered_once_it_says_that_it_started() -> None:
    async with open_house() as house, serving(house.container) as port:
        reply = await talk(port, LIVE)
    assert reply.status == 200
    assert b"server:" not in reply.head.lower()


async def test_a_taken_port_is_told_in_a_sentence() -> None:
    async with open_house() as house, serving(house.container) as port:
        with pytest.raises(Misconfigured, match=f"port {port}"):
            await run(house.container, host=HOST, port=port)


async def test_after_its_end_the_port_is_free_and_the_house_still_open() -> None:
    async with open_house() as house:
        port = free_port()
        for _ in range(2):
            started = asyncio.Event()
            role = asyncio.create_task(
                run(house.container, host=HOST, port=port, started=started.set)
            )
            await started.wait()
            role.cancel()
            with pytest.raises(asyncio.CancelledError):
                await role
        assert house.container.writer.alive


@pytest.mark.parametrize(
    ("trusted", "is_secure"),
    [(None, True), ("*", True), ("10.3.0.0/16,fd00::/8", False)],
)
async def test_a_cookie_is_secure_when_a_trusted_proxy_says_https(
    monkeypatch: pytest.MonkeyPatch, *, trusted: str | None, is_secure: bool
) -> None:
    monkeypatch.delenv("FORWARDED_ALLOW_IPS", raising=False)
    if trusted is not None:
        monkeypatch.setenv("FORWARDED_ALLOW_IPS", trusted)
    async with open_house() as house, serving(house.container) as port:
        reply = await talk(
            port,
            b"POST /v1/buyers HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"
            b"X-Forwarded-Proto: https\r\n\r\n",
        )
    assert reply.status == 201
    assert (b"; Secure" in reply.head) == is_secure


class SlowVault:
    """Keeps people when it is told to."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self.asked = Event()
        self.answer = Event()

    def keep(self, person: PersonId, particulars: Particulars) -> None:
        self.asked.set()
        assert self.answer.wait(ANSWER_LIMIT_S)
        self._vault.keep(person, particulars)

    def open(self, persons: Sequence[PersonId]) -> dict[PersonId, Particulars]:
        return self._vault.open(persons)

    def forget(self, persons: Sequence[PersonId]) -> None:
        self._vault.forget(persons)

    def close(self) -> None:
        """The house closes the vault behind this one."""


async def test_an_order_under_way_is_finished_before_the_end() -> None:
    async with open_house() as house:
        vault = SlowVault(house.container.vault)
        buyer = await house.buyer()
        hold = await house.held(await house.on_sale(), buyer, 1)
        body = json.dumps(ANN).encode()
        request = (
            f"POST {hold}/order HTTP/1.1\r\nHost: x\r\n"
            f"Authorization: {buyer['authorization']}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode() + body
        async with serving(replace(house.container, vault=vault)) as port:
            ordering = asyncio.create_task(talk(port, request))
            assert await asyncio.to_thread(vault.asked.wait, ANSWER_LIMIT_S)
            asyncio.get_running_loop().call_later(0.2, vault.answer.set)
        reply = await ordering
    assert reply.status == 202
    assert json.loads(reply.body)["lines"][0]["place"] == 1


async def test_two_requests_on_one_connection_are_both_answered() -> None:
    async with open_house() as house, serving(house.container) as port:
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(LIVE + LIVE)
        heads = [await reader.readuntil(b"}") for _ in range(2)]
        writer.close()
    assert all(head.startswith(b"HTTP/1.1 200") for head in heads)


async def test_a_process_that_still_reads_its_past_lives_and_is_not_ready(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    go_on = Event()

    def slow(tags: Collection[str], *, after: int, upto: int) -> list[LogRecord]:
        assert go_on.wait(ANSWER_LIMIT_S)
        return tagged(tags, after=after, upto=upto)

    monkeypatch.setattr(health, "PING_LIMIT_S", 0.01)
    async with open_house() as house:
        await house.on_sale()
        store = house.container.store
        tagged, length = store.tagged, store.head().position
        monkeypatch.setattr(store, "tagged", slow)
        async with serving(house.container) as port:
            live, early = await talk(port, LIVE), await talk(port, READY)
            monkeypatch.setattr(health, "PING_LIMIT_S", ANSWER_LIMIT_S)
            go_on.set()
            late = await talk(port, READY)
    assert (live.status, early.status, late.status) == (200, 503, 200)
    check = json.loads(early.body)["checks"]["programme"]
    assert check["detail"] == f"has read 0 of {length} events"

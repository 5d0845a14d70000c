"""Webhooks: signed, sent at least once, tried again until somebody takes them.

What has to be sent lies in the ledger's file, written in the transaction of what it
tells, so none is lost with this process. It names its endpoint by number: the next
process may know that one by another address.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

import aiohttp
import msgspec
import structlog

from boxoffice.sandbox.faults import Mischief
from boxoffice.sandbox.ledger import Ledger

BATCH = 32
POLL_S = 0.5
TRIES_MAX = 40
PAUSE_FIRST_S = 0.25
PAUSE_MOST_S = 30.0
LIMIT_S = 5.0
OLD_S = 3_600
HELD_BACK_S = 1.0
"""How long a webhook waits that others shall overtake."""
FORGERIES = ("wrong-secret", "wrong-amount", "too-old")
OK, GOOD_BELOW = 200, 300
NOBODY = 0
"""Stands for the status when there was no answer."""

log = structlog.get_logger()

Post = Callable[[str, bytes, Mapping[str, str]], Awaitable[int]]
"""Sends a body to an address; gives the status, or `NOBODY`."""


def signature(secret: str, body: bytes, *, at: float) -> str:
    """Give the value of `Stripe-Signature` for a body."""
    signed = f"{int(at)}.".encode() + body
    code = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={int(at)},v1={code}"


class Hooks:
    """The endpoints of one sandbox and what they have still to be told."""

    def __init__(
        self,
        ledger: Ledger,
        mischief: Mischief,
        *,
        endpoints: Sequence[str],
        secret: str,
        name: Callable[[str], str],
        now: Callable[[], float],
    ) -> None:
        self._db = ledger.db
        self._mischief = mischief
        self._endpoints = {str(place): url for place, url in enumerate(endpoints)}
        self._secret = secret
        self._name = name
        self._now = now
        self._news = asyncio.Event()

    def note(self, kind: str, thing: dict[str, Any]) -> None:
        """Write down an event for every endpoint, in the transaction under way."""
        hooks = self._mischief.faults.hooks
        for place in self._endpoints:
            event = {
                "id": self._name("evt"),
                "object": "event",
                "type": kind,
                "created": int(self._now()),
                "data": {"object": thing},
            }
            if not self._mischief.happens(hooks.drop):
                self._write(place, event, "good")
            if self._mischief.happens(hooks.duplicate):
                self._write(place, event, "good")
            if self._mischief.happens(hooks.forge):
                for how in FORGERIES:
                    self._write(place, event, how)
        self._news.set()

    def _write(self, place: str, event: dict[str, Any], how: str) -> None:
        hooks = self._mischief.faults.hooks
        delay_s = hooks.delay_ms / 1000
        if delay_s:
            delay_s *= 0.1 + 0.9 * self._mischief.share()
        if self._mischief.happens(hooks.reorder):
            delay_s += HELD_BACK_S
        self._db.execute(
            "insert into events (id, endpoint, body, due, signed_as)"
            " values (?, ?, ?, ?, ?)",
            (
                self._name("out"),
                place,
                msgspec.json.encode(event),
                self._now() + delay_s,
                how,
            ),
        )

    async def deliver(self) -> None:
        """Send what is due, until cancelled."""
        limit = aiohttp.ClientTimeout(total=LIMIT_S)
        async with aiohttp.ClientSession(timeout=limit) as session:
            while True:
                self._news.clear()
                if not await self._sent(partial(_post, session)):
                    await self._wait()

    async def _sent(self, post: Post) -> int:
        """Send a batch; what nobody expected ends this batch alone."""
        try:
            return await self.send_due(post)
        except Exception:
            log.exception("webhooks_not_sent")
            return 0

    async def send_due(self, post: Post) -> int:
        """Send a batch of what is due; give how many were sent."""
        rows = self._due()
        await asyncio.gather(*(self._send(post, row) for row in rows))
        return len(rows)

    def _due(self) -> list[tuple[str, str, bytes, int, str]]:
        return self._db.execute(
            "select id, endpoint, body, tries, signed_as from events"
            " where due <= ? order by due limit ?",
            (self._now(), BATCH),
        ).fetchall()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(POLL_S):
                await self._news.wait()
        except TimeoutError:
            return

    async def _send(self, post: Post, row: tuple[str, str, bytes, int, str]) -> None:
        name, place, body, tries, how = row
        endpoint = self._endpoints.get(place)
        if endpoint is None:
            self._db.execute("delete from events where id = ?", (name,))
            return
        sent, header = self._signed(body, how)
        headers = {"Stripe-Signature": header, "Content-Type": "application/json"}
        is_taken = OK <= await post(endpoint, sent, headers) < GOOD_BELOW
        if is_taken or how != "good" or tries >= TRIES_MAX:
            self._db.execute("delete from events where id = ?", (name,))
            return
        pause = min(PAUSE_FIRST_S * 2**tries, PAUSE_MOST_S)
        self._db.execute(
            "update events set tries = tries + 1, due = ? where id = ?",
            (self._now() + pause, name),
        )

    def _signed(self, body: bytes, how: str) -> tuple[bytes, str]:
        now = self._now()
        match how:
            case "wrong-secret":
                return body, signature("whsec_wrong", body, at=now)
            case "too-old":
                return body, signature(self._secret, body, at=now - OLD_S)
            case "wrong-amount":
                header = signature(self._secret, body, at=now)
                return body.replace(b'"amount":', b'"amount":9'), header
            case _:
                return body, signature(self._secret, body, at=now)


async def _post(
    session: aiohttp.ClientSession,
    address: str,
    body: bytes,
    headers: Mapping[str, str],
) -> int:
    try:
        async with session.post(address, data=body, headers=headers) as answer:
            await answer.read()
            return answer.status
    except (aiohttp.ClientError, OSError):
        return NOBODY

"""The API as a buyer's program uses it: keep-alive, and the same key until answered.

A command whose answer was lost (the connection broke, time ran out, 503) is sent again
with the same Idempotency-Key until it is answered, so the crowd never does anything
twice and never gives up what it may have bought.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from time import monotonic
from types import TracebackType
from typing import Self

import aiohttp
import msgspec

from boxoffice.errors import BoxOfficeError, NotFound, Unavailable
from boxoffice.readmodels.availability import Availability as Section
from boxoffice.readmodels.availability import states
from boxoffice.storm.house_view import Availability
from boxoffice.storm.tally import Tally

REQUEST_LIMIT_S = 10.0
"""Twice what the server lets a command wait before it answers 503."""
RETRY_FIRST_S = 0.1
RETRY_MOST_S = 1.0
SERVER_ERROR = 500
TOO_MANY = 429
OK = 200
DONE = (OK, 201, 202)
LOOK_FIRST_S = 0.05
LOOK_MOST_S = 1.0
INSTRUMENT = "pm_card_visa"
"""A card of the sandbox that is always good."""
CONFIRMED = "confirmed"
UNDER_WAY = ("placed",)


class Problem(msgspec.Struct, frozen=True):
    """What we read of a problem document."""

    type: str = "/problems/unknown"
    detail: str = ""
    places: tuple[int, ...] = ()

    @property
    def code(self) -> str:
        """The stable code of the problem."""
        return self.type.rsplit("/", 1)[-1]


class Placed(msgspec.Struct, frozen=True):
    """A hold that was placed."""

    hold: str


class Ordered(msgspec.Struct, frozen=True):
    """An order, as far as it has come."""

    order: str
    status: str
    lines: list[msgspec.Raw]


class Welcomed(msgspec.Struct, frozen=True):
    """A new buyer."""

    token: str


class House(msgspec.Struct, frozen=True):
    """Every section's availability."""

    sections: list[Section]


class Performance(msgspec.Struct, frozen=True):
    """What we read of a performance."""

    performance: str
    on_sale: bool


class Performances(msgspec.Struct, frozen=True):
    """A page of what is on."""

    items: list[Performance]


async def first_on_sale(url: str) -> str:
    """Give the next performance that is on sale there.

    Raises:
        Unavailable: nobody answers.
        NotFound: nothing is on sale.
    """
    limit = aiohttp.ClientTimeout(total=REQUEST_LIMIT_S)
    try:
        async with (
            aiohttp.ClientSession(url, timeout=limit) as session,
            session.get("/v1/performances?limit=200") as answer,
        ):
            page = msgspec.json.decode(await answer.read(), type=Performances)
    except (aiohttp.ClientError, OSError, msgspec.DecodeError) as error:
        raise Unavailable(f"No box office answers at {url}.") from error
    for one in page.items:
        if one.on_sale:
            return one.performance
    raise NotFound("Nothing is on sale there.")


class Client:
    """One process's connections to one server, for one performance."""

    def __init__(
        self, url: str, performance: str, *, connections: int, tally: Tally
    ) -> None:
        self._root = f"/v1/performances/{performance}"
        self._tally = tally
        self._etag = ""
        self._session = aiohttp.ClientSession(
            url,
            connector=aiohttp.TCPConnector(limit=connections),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=REQUEST_LIMIT_S),
        )
        self.deadline = float("inf")
        """When lost answers are not asked for again, by the monotonic clock."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def welcome(self) -> str:
        """Become a new buyer; give the token that proves it."""
        body, _ = await self._insist("POST", "/v1/buyers", {}, b"")
        return msgspec.json.decode(_expected(body), type=Welcomed).token

    async def hold(
        self, token: str, places: list[int], *, key: str
    ) -> Placed | Problem:
        """Hold places; a refusal is an answer."""
        headers = _command_headers(token, key)
        content = msgspec.json.encode({"places": places})
        body, seconds = await self._insist(
            "POST", f"{self._root}/holds", headers, content
        )
        self._tally.hold_s.append(seconds)
        if isinstance(body, Problem):
            return body
        return msgspec.json.decode(body, type=Placed)

    async def purchase(
        self, token: str, hold: str, *, name: str, key: str
    ) -> Ordered | Problem:
        """Order what a hold keeps, pay, and wait until it is decided.

        A refusal is an answer; so is an order that ended unpaid.
        """
        headers = _command_headers(token, key)
        wish = {
            "name": name,
            "email": f"{name.replace(' ', '.').lower()}@storm.example",
            "method": "card",
            "instrument": INSTRUMENT,
        }
        path = f"{self._root}/holds/{hold}/order"
        started = monotonic()
        content = msgspec.json.encode(wish)
        body, _ = await self._insist("POST", path, headers, content)
        if isinstance(body, Problem):
            return body
        placed = msgspec.json.decode(body, type=Ordered)
        decided = await self._decided(token, placed)
        self._tally.purchase_s.append(monotonic() - started)
        return decided

    async def _decided(self, token: str, order: Ordered) -> Ordered | Problem:
        """Look at an order now and then, until it is confirmed or has ended."""
        headers = {"Authorization": f"Bearer {token}"}
        pause = LOOK_FIRST_S
        while order.status in UNDER_WAY:
            await asyncio.sleep(pause)
            pause = min(2 * pause, LOOK_MOST_S)
            if monotonic() > self.deadline:
                raise Unavailable(f"Order {order.order} was not decided in time.")
            path = f"/v1/orders/{order.order}"
            body, _ = await self._insist("GET", path, headers, b"")
            order = msgspec.json.decode(_expected(body), type=Ordered)
        if order.status != CONFIRMED:
            return Problem(type=f"/problems/order-{order.status}")
        return order

    async def availability(self) -> Availability | None:
        """Look at the house; None when nothing changed or nobody answered."""
        headers = {"If-None-Match": self._etag} if self._etag else {}
        path = f"{self._root}/availability"
        try:
            async with self._session.get(path, headers=headers) as answer:
                if answer.status != OK:
                    return None
                self._etag = answer.headers.get("ETag", "")
                return _availability(await answer.read())
        except (aiohttp.ClientError, TimeoutError, OSError):
            return None

    async def _insist(
        self, method: str, path: str, headers: Mapping[str, str], content: bytes
    ) -> tuple[bytes | Problem, float]:
        """Send until answered; give the answer and how long the last try took."""
        pause = RETRY_FIRST_S
        while True:
            started = monotonic()
            answered = await self._once(method, path, headers, content)
            if not isinstance(answered, str):
                return answered, monotonic() - started
            self._tally.retried[answered] += 1
            if monotonic() + pause > self.deadline:
                raise Unavailable(f"{path} was not answered in time ({answered}).")
            await asyncio.sleep(pause)
            pause = min(2 * pause, RETRY_MOST_S)

    async def _once(
        self, method: str, path: str, headers: Mapping[str, str], content: bytes
    ) -> bytes | Problem | str:
        """Give the answer, or in a word why there is none."""
        try:
            async with self._session.request(
                method, path, headers=headers, data=content
            ) as answer:
                body = await answer.read()
                if answer.status in DONE:
                    return body
                if answer.status >= SERVER_ERROR or answer.status == TOO_MANY:
                    return str(answer.status)
                return _problem(body)
        except (aiohttp.ClientError, OSError) as error:
            return "connection" if not isinstance(error, TimeoutError) else "timeout"


def _command_headers(token: str, key: str) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Idempotency-Key": key,
    }


def _expected(body: bytes | Problem) -> bytes:
    if isinstance(body, Problem):
        raise BoxOfficeError(f"The server refused: {body.detail or body.code}.")
    return body


def _problem(body: bytes) -> Problem:
    try:
        return msgspec.json.decode(body, type=Problem)
    except msgspec.DecodeError:
        return Problem()


def _availability(body: bytes) -> Availability:
    """Order free places as they stand: section by section, along the rows."""
    counted: Counter[str] = Counter()
    free: list[int] = []
    for section in msgspec.json.decode(body, type=House).sections:
        by_ordinal = states(section)
        counted.update(by_ordinal.values())
        free += [ordinal for ordinal, state in by_ordinal.items() if state == "f"]
    return Availability(tuple(free), held=counted["h"], sold=counted["s"])

"""The read models of a running server, read over HTTP as documents.

Read models of an embedded house live in its server's memory, so this is how another
process compares them with the log. Every document is fetched as it is stored. That the
server has folded everything is asked with a token of the log's head: it answers only
when it has. What the server does not show to anybody, such as dead letters, is not
there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import aiohttp
import msgspec

from boxoffice.application import generations, tokens
from boxoffice.application.ports.documents import Document, Seen
from boxoffice.application.ports.log import EventStore
from boxoffice.errors import Misconfigured, Unavailable

AT_ONCE_MAX = 8
ANSWER_LIMIT_S = 10.0
PAGE = 200
PAGES_MAX = 100
OK = 200
ORDERS = "order"
ORDERS_PAGE = 500
PATHS = {
    "seat_map": "/v1/performances/{performance}/seat-map/{section}",
    "availability": "/v1/performances/{performance}/availability/{section}",
    "sales_board": "/v1/performances/{performance}/sales-board",
}


class _Section(msgspec.Struct, frozen=True):
    section: int


class _Performance(msgspec.Struct, frozen=True):
    performance: str
    sections: list[_Section]


class _Page(msgspec.Struct, frozen=True):
    items: list[_Performance]
    next: str | None


class _Record(msgspec.Struct, frozen=True):
    key: str
    position: int
    body: msgspec.Raw


class _Records(msgspec.Struct, frozen=True):
    epoch: int
    generation: int
    reached: int
    items: list[_Record]
    next: str | None


class _Tag(msgspec.Struct, frozen=True):
    """What an ETag says: epoch, generation and position of a document."""

    epoch: int
    generation: int
    position: int


class ServerDocuments:
    """A server's documents; nothing can be written. Belongs to one event loop."""

    def __init__(
        self, session: aiohttp.ClientSession, store: EventStore, *, staff: str
    ) -> None:
        self._session = session
        self._store = store
        self._headers = {"Authorization": f"Bearer {staff}"}
        self._slots = asyncio.Semaphore(AT_ONCE_MAX)
        self._orders: dict[str, Document] = {}

    async def keys(
        self,
        model: str,
        generation: int,
    ) -> list[str]:
        """List what the server's catalogue leads to; orders are fetched with it."""
        if model == ORDERS:
            self._orders = await self._all_orders(generation)
            return sorted(self._orders)
        if model not in PATHS:
            return []
        found = await self._performances()
        if model == "sales_board":
            return sorted(one.performance for one in found)
        return sorted(
            f"{one.performance}/{section.section}"
            for one in found
            for section in one.sections
        )

    async def get(
        self, model: str, generation: int, keys: Sequence[str]
    ) -> dict[str, Document]:
        """Fetch documents as they are stored."""
        if model == generations.MODEL:
            return {key: await self._origin(key) for key in keys}
        if model == ORDERS:
            return {key: self._orders[key] for key in keys if key in self._orders}
        if model not in PATHS:
            return {}
        found = await asyncio.gather(*(self._fetch(model, key) for key in keys))
        return {
            key: Document(key, tag.position, body)
            for key, (tag, body) in zip(keys, found, strict=True)
            if tag.generation == generation
        }

    async def generation(self, model: str) -> int:
        """Tell which generation answers; a house without performances has its first."""
        if model == ORDERS:
            return (await self._page(limit=1)).generation
        tag = await self._any_tag(model)
        return generations.FIRST if tag is None else tag.generation

    async def watermarks(
        self,
        model: str,
        generation: int,  # noqa: ARG002 - a server shows the one that serves
    ) -> dict[int, int]:
        """Have the server show everything up to the log's head; name that position."""
        if model == ORDERS:
            return {0: (await self._page(limit=1)).reached}
        head = await asyncio.to_thread(self._store.head)
        token = tokens.encode(tokens.Token(head.log, head.epoch, head.position))
        for one in await self._performances():
            key = one.performance
            if model != "sales_board":
                key = f"{key}/{one.sections[0].section}"
            await self._fetch(model, key, token=token)
        return {0: head.position}

    async def seen(
        self,
        model: str,  # noqa: ARG002 - a server does not show it
        generation: int,  # noqa: ARG002 - nor of any generation
    ) -> Seen:
        """Tell nothing; who compares documents does not need it."""
        return Seen()

    async def _origin(self, key: str) -> Document:
        model, _, _ = key.partition("/")
        if model == ORDERS:
            epoch = (await self._page(limit=1)).epoch
            origin = generations.Origin(epoch, partitions=1)
            return Document(key, epoch, msgspec.json.encode(origin))
        tag = await self._any_tag(model)
        epoch = (await asyncio.to_thread(self._store.head)).epoch
        origin = generations.Origin(epoch if tag is None else tag.epoch, partitions=1)
        return Document(key, origin.epoch, msgspec.json.encode(origin))

    async def _any_tag(self, model: str) -> _Tag | None:
        for key in (await self.keys(model, 0))[:1]:
            tag, _ = await self._fetch(model, key)
            return tag
        return None

    async def _performances(self) -> list[_Performance]:
        found: list[_Performance] = []
        path = f"/v1/performances?limit={PAGE}"
        after = ""
        for _ in range(PAGES_MAX):
            body, _ = await self._ask(path + after)
            page = msgspec.json.decode(body, type=_Page)
            found += page.items
            if page.next is None:
                break
            after = f"&after={page.next}"
        return found

    async def _all_orders(self, generation: int) -> dict[str, Document]:
        """Fetch all stored orders; none when another generation serves."""
        found: dict[str, Document] = {}
        page = await self._page()
        while generation == page.generation:
            found |= {
                one.key: Document(one.key, one.position, bytes(one.body))
                for one in page.items
            }
            if page.next is None:
                return found
            page = await self._page(after=page.next)
        return {}

    async def _page(self, *, after: str = "", limit: int = ORDERS_PAGE) -> _Records:
        body, _ = await self._ask(f"/v1/orders/records?limit={limit}&after={after}")
        return msgspec.json.decode(body, type=_Records)

    async def _fetch(
        self, model: str, key: str, *, token: str = ""
    ) -> tuple[_Tag, bytes]:
        performance, _, section = key.partition("/")
        path = PATHS[model].format(performance=performance, section=section)
        body, tag = await self._ask(f"{path}?token={token}" if token else path)
        epoch, generation, position = tag.strip('"').split(".")
        return _Tag(int(epoch), int(generation), int(position)), body

    async def _ask(self, path: str) -> tuple[bytes, str]:
        try:
            async with (
                self._slots,
                self._session.get(path, headers=self._headers) as answer,
            ):
                body = await answer.read()
        except (aiohttp.ClientError, OSError) as error:
            raise Unavailable("The server does not answer.") from error
        if answer.status != OK:
            raise Unavailable(f"The server answered {answer.status} to {path}.")
        return body, answer.headers.get("ETag", "")

    # ------------------------------------------------------- what nobody may do here

    async def put(
        self, model: str, generation: int, documents: Sequence[Document]
    ) -> list[str]:
        """Refuse."""
        raise _read_only(f"{len(documents)} documents of {model}/{generation}")

    async def mark(
        self,
        model: str,
        generation: int,
        watermarks: Mapping[int, int],
        *,
        seen: Seen | None = None,  # noqa: ARG002 - refused whatever it is
    ) -> None:
        """Refuse."""
        raise _read_only(f"{len(watermarks)} watermarks of {model}/{generation}")

    async def switch(self, model: str, generation: int) -> None:
        """Refuse."""
        raise _read_only(f"generation {generation} of {model}")

    async def drop(self, model: str, generation: int) -> None:
        """Refuse."""
        raise _read_only(f"generation {generation} of {model}")

    async def ping(self) -> None:
        """Raise Unavailable unless the server answers."""
        await self._ask("/livez")

    async def close(self) -> None:
        """Leave the session to whoever opened it."""


def _read_only(what: str) -> Unavailable:
    return Unavailable(f"Another process keeps {what}; it cannot be changed here.")


def server_session(url: str) -> aiohttp.ClientSession:
    """Open connections to a server.

    Raises:
        Misconfigured: this is no URL.
    """
    try:
        return aiohttp.ClientSession(
            url,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=ANSWER_LIMIT_S),
        )
    except ValueError as error:
        example = "http://127.0.0.1:8000"
        raise Misconfigured(f"{url!r} is not a URL such as {example}.") from error

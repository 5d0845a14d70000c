"""Documents in Redis: for what is read often and folded again in seconds.

Per document one hash with position and body, so that both change in one step; per
generation one set of all keys, one hash of watermarks and one of what was seen; one
hash of all generation pointers. No command looks at keys that it does not name. The
server must not evict (`noeviction`): a cache that forgets single documents would serve
holes.

A flushed Redis forgets the generation pointers too, and only `switch` brings them
back: that is how a projector notices, also when it raised its watermarks since.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from boxoffice.application.bounds import check_bounds
from boxoffice.application.ports.documents import Document, Seen
from boxoffice.infrastructure.redis import scripts
from boxoffice.infrastructure.redis.connection import connect, translated

CALL_DOCUMENTS_MAX = 500
CALL_BYTES_MAX = 4 * 1024 * 1024
"""Redis serves nobody else while it runs one call."""


class RedisDocuments:
    """The documents below one prefix; connects with the first call."""

    def __init__(self, url: str, *, prefix: str) -> None:
        self._redis = connect(url)
        self._prefix = prefix
        self._generations = f"{prefix}generations"
        self._put = self._redis.register_script(scripts.PUT)
        self._mark = self._redis.register_script(scripts.MARK)
        self._raise = self._redis.register_script(scripts.RAISE)

    async def get(
        self, model: str, generation: int, keys: Sequence[str]
    ) -> dict[str, Document]:
        build = self._build(model, generation)
        pipeline = self._redis.pipeline(transaction=False)
        for key in keys:
            pipeline.hmget(f"{build}doc/{key}", "position", "body")
        with translated():
            rows = await pipeline.execute()
        return {
            key: Document(key=key, position=int(position), body=body)
            for key, (position, body) in zip(keys, rows, strict=True)
            if position is not None
        }

    async def put(
        self, model: str, generation: int, documents: Sequence[Document]
    ) -> list[str]:
        check_bounds(model, documents)
        build = self._build(model, generation)
        refused = []
        for call in _calls(documents):
            keys: list[str] = [f"{build}index"]
            values: list[str | int | bytes] = []
            for document in call:
                keys.append(f"{build}doc/{document.key}")
                values += [document.key, document.position, document.body]
            with translated():
                places = await self._put(keys=keys, args=values)
            refused += [call[place].key for place in places]
        return refused

    async def keys(self, model: str, generation: int) -> list[str]:
        build = self._build(model, generation)
        with translated():
            stored: Any = await self._redis.smembers(f"{build}index")
        return sorted(key.decode() for key in stored)

    async def watermarks(self, model: str, generation: int) -> dict[int, int]:
        build = self._build(model, generation)
        with translated():
            stored = await self._redis.hgetall(f"{build}watermarks")
        return {int(partition): int(position) for partition, position in stored.items()}

    async def seen(self, model: str, generation: int) -> Seen:
        build = self._build(model, generation)
        with translated():
            row: Any = await self._redis.hmget(f"{build}seen", "position", "hash")
        position, digest = row
        return Seen() if position is None else Seen(int(position), digest)

    async def mark(
        self,
        model: str,
        generation: int,
        watermarks: Mapping[int, int],
        *,
        seen: Seen | None = None,
    ) -> None:
        build = self._build(model, generation)
        seen = seen or Seen()
        values: list[int | bytes] = [seen.position, seen.hash]
        values += [number for item in watermarks.items() for number in item]
        with translated():
            await self._mark(keys=[f"{build}watermarks", f"{build}seen"], args=values)

    async def generation(self, model: str) -> int:
        with translated():
            return int(await self._redis.hget(self._generations, model) or 0)

    async def switch(self, model: str, generation: int) -> None:
        with translated():
            await self._raise(keys=[self._generations], args=[model, generation])

    async def drop(self, model: str, generation: int) -> None:
        build = self._build(model, generation)
        keys = await self.keys(model, generation)
        with translated():
            await self._redis.unlink(f"{build}watermarks", f"{build}seen")
            for start in range(0, len(keys), CALL_DOCUMENTS_MAX):
                some = keys[start : start + CALL_DOCUMENTS_MAX]
                await self._redis.unlink(*(f"{build}doc/{key}" for key in some))
            await self._redis.unlink(f"{build}index")

    async def ping(self) -> None:
        with translated():
            await self._redis.ping()

    async def close(self) -> None:
        await self._redis.aclose()

    def _build(self, model: str, generation: int) -> str:
        return f"{self._prefix}{model}/{generation}/"


def _calls(documents: Sequence[Document]) -> Iterator[list[Document]]:
    """Cut into calls that are small enough for one step."""
    call: list[Document] = []
    size = 0
    for document in documents:
        if len(call) == CALL_DOCUMENTS_MAX or size > CALL_BYTES_MAX:
            yield call
            call, size = [], 0
        call.append(document)
        size += len(document.body)
    if call:
        yield call

"""Documents in MongoDB: one collection per model and generation, such as `seat_map_g1`.

A document is `{_id, position, body}`; a replacement names the position it must be
above, so redelivery and late writers change nothing. Only single documents are relied
on: no transaction, majority and journal on writing, majority on reading. Everything
here can be dropped and folded again from the log.

A dropped database forgets the generation pointers too, and only `switch` brings them
back: that is how a projector notices, also when it raised its watermarks since.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from pymongo import AsyncMongoClient, ReplaceOne
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import (
    BulkWriteError,
    ConfigurationError,
    InvalidURI,
    OperationFailure,
    PyMongoError,
)
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from boxoffice.application.bounds import check_bounds
from boxoffice.application.indexed import Indexes, check_indexed
from boxoffice.application.ports.documents import Document, Query, Seen
from boxoffice.errors import Misconfigured, Unavailable, Unstorable
from boxoffice.infrastructure.mongo.bodies import restored, stored

CALL_TIMEOUT_MS = 5_000
"""Limit of one call, with all its retries and the wait for a primary."""
NEWER_IS_THERE = 11000
"""Duplicate key: the position guard matched nothing, so the insert met the document."""
UNSTORABLE = frozenset({2, 15, 22, 52, 121, 10334})
"""What the server answers to a document that it will never take: bad value, nested too
deep, invalid, field name, validation, too large."""

_Collection = AsyncCollection[dict[str, Any]]


class MongoDocuments:
    """The documents of one database; connects with the first call."""

    def __init__(
        self, url: str, *, database: str, indexes: Indexes | None = None
    ) -> None:
        try:
            self._client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
                url,
                timeoutMS=CALL_TIMEOUT_MS,
                appname="boxoffice",
            )
        except (ConfigurationError, InvalidURI, ValueError) as error:
            raise Misconfigured(f"The MongoDB URL cannot be used: {error}") from error
        self._database = self._client.get_database(
            database,
            write_concern=WriteConcern("majority", j=True),
            read_concern=ReadConcern("majority"),
        )
        self._watermarks: _Collection = self._database["watermarks"]
        self._generations: _Collection = self._database["generations"]
        self._indexes = indexes or {}
        self._indexed: set[str] = set()

    async def get(
        self, model: str, generation: int, keys: Sequence[str]
    ) -> dict[str, Document]:
        wanted = {"_id": {"$in": list(keys)}}
        with _translated():
            rows = await self._collection(model, generation).find(wanted).to_list()
        return {document.key: document for document in map(restored, rows)}

    async def put(
        self, model: str, generation: int, documents: Sequence[Document]
    ) -> list[str]:
        check_bounds(model, documents)
        collection = await self._with_indexes(model, generation)
        writes = [_guarded(document) for document in documents]
        with _translated():
            refused = await _write(collection, writes)
            # Two inserts of one key at once: the loser may be the newer one, and now
            # that the document exists its guard decides.
            again = await _write(collection, [writes[place] for place in refused])
        return [documents[refused[place]].key for place in again]

    async def find(self, model: str, generation: int, query: Query) -> list[Document]:
        check_indexed(query, self._indexes[model])
        wanted: dict[str, Any] = {f"body.{k}": v for k, v in query.where.items()}
        by, order = f"body.{query.by}", -1 if query.newest else 1
        if query.after is not None:
            wanted[by] = {"$lt" if query.newest else "$gt": query.after}
        rows = self._collection(model, generation).find(wanted)
        with _translated():
            listed = await rows.sort(by, order).limit(query.limit).to_list()
        return [restored(row) for row in listed]

    async def keys(self, model: str, generation: int) -> list[str]:
        found = self._collection(model, generation).find({}, {"_id": True})
        with _translated():
            return sorted(row["_id"] for row in await found.to_list())

    async def watermarks(self, model: str, generation: int) -> dict[int, int]:
        with _translated():
            row = await self._watermarks.find_one({"_id": f"{model}/{generation}"})
        positions = row.get("positions", {}) if row else {}
        return {int(partition): at for partition, at in positions.items()}

    async def seen(self, model: str, generation: int) -> Seen:
        with _translated():
            row = await self._watermarks.find_one({"_id": f"{model}/{generation}"})
        if row is None or "seen" not in row:
            return Seen()
        return Seen(int(row["seen"]["position"]), bytes(row["seen"]["hash"]))

    async def mark(
        self,
        model: str,
        generation: int,
        watermarks: Mapping[int, int],
        *,
        seen: Seen | None = None,
    ) -> None:
        raised: dict[str, Any] = {
            f"positions.{number}": at for number, at in watermarks.items()
        }
        if seen is not None:  # Compared field by field, so the position decides.
            raised["seen"] = {"position": seen.position, "hash": seen.hash}
        if raised:
            await _raise(self._watermarks, f"{model}/{generation}", raised)

    async def generation(self, model: str) -> int:
        with _translated():
            row = await self._generations.find_one({"_id": model})
        return int(row["generation"]) if row else 0

    async def switch(self, model: str, generation: int) -> None:
        await _raise(self._generations, model, {"generation": generation})

    async def drop(self, model: str, generation: int) -> None:
        with _translated():
            await self._watermarks.delete_one({"_id": f"{model}/{generation}"})
            await self._collection(model, generation).drop()
        self._indexed.discard(f"{model}_g{generation}")

    async def ping(self) -> None:
        with _translated():
            await self._client.admin.command("ping")

    async def close(self) -> None:
        await self._client.close()

    async def _with_indexes(self, model: str, generation: int) -> _Collection:
        """Give a collection that has its indexes; looked at once in each process."""
        collection = self._collection(model, generation)
        if model in self._indexes and collection.name not in self._indexed:
            with _translated():
                for fields in self._indexes[model]:
                    await collection.create_index([(f"body.{n}", 1) for n in fields])
            self._indexed.add(collection.name)
        return collection

    def _collection(self, model: str, generation: int) -> _Collection:
        return self._database[f"{model}_g{generation}"]


def _guarded(document: Document) -> ReplaceOne[Any]:
    older = {"_id": document.key, "position": {"$lt": document.position}}
    return ReplaceOne(older, stored(document), upsert=True)


async def _write(collection: _Collection, writes: Sequence[Any]) -> list[int]:
    """Write what its guard allows; give the places of the others.

    Raises:
        Unstorable: the server refuses one of the documents as such.
    """
    if not writes:
        return []
    try:
        await collection.bulk_write(writes, ordered=False)
    except BulkWriteError as error:
        refusals = error.details["writeErrors"]
        codes = {refusal["code"] for refusal in refusals}
        if codes & UNSTORABLE:
            raise Unstorable(f"MongoDB says: {refusals}") from error
        if codes != {NEWER_IS_THERE} or error.details["writeConcernErrors"]:
            raise
        return sorted(refusal["index"] for refusal in refusals)
    except OperationFailure as error:
        if error.code in UNSTORABLE:
            raise Unstorable(f"MongoDB says: {error}") from error
        raise
    return []


async def _raise(collection: _Collection, key: str, fields: Mapping[str, Any]) -> None:
    """Set fields of a document, unless they are higher already."""
    with _translated():
        await collection.update_one({"_id": key}, {"$max": fields}, upsert=True)


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what the driver raises into errors of ours."""
    try:
        yield
    except PyMongoError as error:
        raise Unavailable(f"MongoDB did not answer: {error}") from error

"""What only a real MongoDB can do to us, and what staff can ask of it."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from boxoffice.application.ports.documents import Document
from boxoffice.errors import Misconfigured, Unavailable, Unstorable
from boxoffice.infrastructure.mongo import documents
from boxoffice.infrastructure.mongo.documents import MongoDocuments
from boxoffice.stack.server import Server
from tests.services import mongo_database, own_stack

pytestmark = pytest.mark.service


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with own_stack("mongo") as stack:
        yield stack.servers["mongo"]


@pytest.fixture
def database(server: Server) -> Iterator[str]:
    with mongo_database(server.url) as name:
        yield name


@pytest.fixture
async def store(server: Server, database: str) -> AsyncIterator[MongoDocuments]:
    made = MongoDocuments(server.url, database=database)
    yield made
    await made.close()


@pytest.fixture
async def client(server: Server) -> AsyncIterator[AsyncMongoClient[dict[str, Any]]]:
    async with AsyncMongoClient[dict[str, Any]](server.url) as made:
        yield made


def a_document(key: str, position: int, body: bytes = b'{"free":3}') -> Document:
    return Document(key=key, position=position, body=body)


async def test_staff_can_query_what_is_inside_a_document(
    store: MongoDocuments, client: AsyncMongoClient[dict[str, Any]], database: str
) -> None:
    await store.put("sales_board", 2, [a_document("a", 7), a_document("b", 8, b"{}")])
    found = await client[database]["sales_board_g2"].find({"body.free": 3}).to_list()
    assert found == [{"_id": "a", "position": 7, "body": {"free": 3}}]


async def test_a_dropped_database_forgets_everything_and_the_pointer_tells(
    store: MongoDocuments, client: AsyncMongoClient[dict[str, Any]], database: str
) -> None:
    await store.put("seat_map", 1, [a_document("a", 1), a_document("b", 1)])
    await store.switch("seat_map", 1)
    await client.drop_database(database)
    await store.put("seat_map", 1, [a_document("b", 2)])
    await store.mark("seat_map", 1, {0: 2})
    assert await store.generation("seat_map") == 0
    assert await store.keys("seat_map", 1) == ["b"]


async def test_a_database_dropped_during_writes_may_be_written_again(
    store: MongoDocuments, client: AsyncMongoClient[dict[str, Any]], database: str
) -> None:
    async def write(position: int) -> list[str]:
        batch = [a_document(f"k{number}", position) for number in range(200)]
        return await store.put("seat_map", 1, batch)

    for position in range(1, 11):
        dropping = client.drop_database(database)
        written, _ = await asyncio.gather(
            write(position), dropping, return_exceptions=True
        )
        assert written == [] or isinstance(written, Unavailable)
    assert await write(11) == []
    assert len(await store.keys("seat_map", 1)) == 200


async def test_a_document_that_is_no_json_is_refused(store: MongoDocuments) -> None:
    for body in (b"", b"{", b"\xff", b'"\xff"', b"[" * 100_000):
        with pytest.raises(Unstorable):
            await store.put("seat_map", 1, [a_document("a", 1, body)])


async def test_a_document_nested_too_deep_is_refused(store: MongoDocuments) -> None:
    body = b"[" * 200 + b"]" * 200
    with pytest.raises(Unstorable):
        await store.put("seat_map", 1, [a_document("a", 1, body)])


async def test_writes_wait_for_majority_and_journal(store: MongoDocuments) -> None:
    concern = store._database.write_concern.document
    assert concern == {"w": "majority", "j": True}
    assert store._database.read_concern.document == {"level": "majority"}


async def test_acknowledged_documents_survive_a_killed_server(
    store: MongoDocuments, server: Server
) -> None:
    for position in range(1, 51):
        await store.put("seat_map", 1, [a_document("a", position)])
    await store.mark("seat_map", 1, {0: 50})
    server.stop(hard=True)
    server.start()
    await server.ready()
    assert await store.get("seat_map", 1, ["a"]) == {"a": a_document("a", 50)}
    assert await store.watermarks("seat_map", 1) == {0: 50}


async def test_a_server_that_is_down_is_unavailable(
    server: Server, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "CALL_TIMEOUT_MS", 300)
    store = MongoDocuments(server.url, database=database)
    server.stop(hard=True)
    for call in (
        store.ping(),
        store.get("seat_map", 1, ["a"]),
        store.put("seat_map", 1, [a_document("a", 1)]),
        store.mark("seat_map", 1, {0: 1}),
        store.generation("seat_map"),
    ):
        with pytest.raises(Unavailable):
            await call
    server.start()
    await server.ready()
    await store.close()


async def test_a_frozen_server_is_unavailable_within_its_deadline(
    server: Server, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "CALL_TIMEOUT_MS", 500)
    store = MongoDocuments(server.url, database=database)
    await store.put("seat_map", 1, [a_document("a", 1)])
    os.kill(server.pid, signal.SIGSTOP)
    try:
        with pytest.raises(Unavailable):
            await store.put("seat_map", 1, [a_document("a", 2)])
    finally:
        os.kill(server.pid, signal.SIGCONT)
    assert await store.put("seat_map", 1, [a_document("a", 3)]) == []
    await store.close()


# Cut off while it connects, the driver leaves its socket to the collector.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
async def test_a_cancelled_call_never_answers_the_next_one(
    store: MongoDocuments,
) -> None:
    keys = [f"k{number}" for number in range(20)]
    await store.put("seat_map", 1, [a_document(key, 1) for key in keys])

    async def read(number: int) -> None:
        key = keys[number % len(keys)]
        reading = asyncio.create_task(store.get("seat_map", 1, [key]))
        for _ in range(number % 7):
            await asyncio.sleep(0)
        if number % 2:
            reading.cancel()
        answer = await asyncio.gather(reading, return_exceptions=True)
        if isinstance(answer[0], dict):
            assert list(answer[0]) == [key]

    for start in range(0, 400, 20):
        await asyncio.gather(*(read(number) for number in range(start, start + 20)))


@pytest.mark.parametrize("url", ["http://127.0.0.1", "mongodb://", "mongodb://h:port"])
def test_an_address_of_something_else_is_misconfigured(url: str) -> None:
    with pytest.raises(Misconfigured):
        MongoDocuments(url, database="t")

"""Every store that lists documents by their fields lists the same ones."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import msgspec
import pytest
from pymongo import AsyncMongoClient

from boxoffice.application.ports.documents import Document, ListedDocuments, Query
from boxoffice.infrastructure.memory.documents import MemoryDocuments
from boxoffice.infrastructure.mongo.documents import MongoDocuments

STORES = ["memory", pytest.param("mongo", marks=pytest.mark.service)]
INDEXES = {"order": (("performances", "number"), ("status", "number"))}


@pytest.fixture(params=STORES)
async def documents(request: pytest.FixtureRequest) -> AsyncIterator[ListedDocuments]:
    store: ListedDocuments
    if request.param == "memory":
        store = MemoryDocuments(INDEXES)
    else:
        url = request.getfixturevalue("mongo_url")
        database = request.getfixturevalue("new_mongo_database")()
        store = MongoDocuments(url, database=database, indexes=INDEXES)
    yield store
    await store.drop("order", 1)
    await store.close()


def an_order(
    key: str, number: int, *performances: str, status: str = "placed", position: int = 1
) -> Document:
    body = {"number": number, "performances": performances, "status": status}
    return Document(key, position, msgspec.json.encode(body))


async def listed(documents: ListedDocuments, query: Query) -> list[str]:
    return [found.key for found in await documents.find("order", 1, query)]


def of_performance(
    name: str, *, limit: int = 10, after: int | None = None, newest: bool = False
) -> Query:
    return Query({"performances": name}, "number", limit, after, newest)


async def test_documents_are_listed_by_their_number(
    documents: ListedDocuments,
) -> None:
    put = [an_order("c", 30, "p"), an_order("a", 10, "p"), an_order("b", 20, "q", "p")]
    await documents.put("order", 1, put)
    found = await documents.find("order", 1, of_performance("p"))
    assert found == [put[1], put[2], put[0]]
    assert await listed(documents, of_performance("q")) == ["b"]
    assert await listed(documents, of_performance("r")) == []


async def test_pages_follow_each_other_both_ways(documents: ListedDocuments) -> None:
    put = [an_order(f"k{n}", n, "p") for n in range(1, 8)]
    await documents.put("order", 1, put)
    assert await listed(documents, of_performance("p", limit=3)) == ["k1", "k2", "k3"]
    following = of_performance("p", limit=3, after=3)
    assert await listed(documents, following) == ["k4", "k5", "k6"]
    newest = of_performance("p", limit=2, newest=True)
    assert await listed(documents, newest) == ["k7", "k6"]
    older = of_performance("p", limit=9, after=3, newest=True)
    assert await listed(documents, older) == ["k2", "k1"]


async def test_a_document_is_listed_as_it_is_now(documents: ListedDocuments) -> None:
    await documents.put("order", 1, [an_order("a", 1, "p")])
    later = an_order("a", 1, "p", status="confirmed", position=2)
    await documents.put("order", 1, [later])
    await documents.put("order", 1, [an_order("a", 1, "p", status="stale")])
    for status, keys in {"placed": [], "stale": [], "confirmed": ["a"]}.items():
        query = Query({"status": status}, "number", 10)
        assert await listed(documents, query) == keys


async def test_generations_are_listed_apart(documents: ListedDocuments) -> None:
    await documents.put("order", 1, [an_order("a", 1, "p")])
    await documents.put("order", 2, [an_order("b", 1, "p")])
    assert await listed(documents, of_performance("p")) == ["a"]
    await documents.drop("order", 1)
    assert await listed(documents, of_performance("p")) == []
    await documents.drop("order", 2)


async def test_what_has_no_index_is_not_asked_for(documents: ListedDocuments) -> None:
    for query in (
        Query({"buyer": "b"}, "number", 10),
        Query({"status": "placed"}, "total", 10),
        Query({"status": "placed", "performances": "p"}, "number", 10),
    ):
        with pytest.raises(LookupError):
            await documents.find("order", 1, query)


@pytest.mark.service
async def test_mongo_has_an_index_for_every_list(
    mongo_url: str, new_mongo_database: Callable[[], str]
) -> None:
    mongo_database = new_mongo_database()
    store = MongoDocuments(mongo_url, database=mongo_database, indexes=INDEXES)
    await store.put("order", 1, [an_order(f"k{n}", n, "p") for n in range(20)])
    async with AsyncMongoClient[dict[str, object]](mongo_url) as client:
        collection = client[mongo_database]["order_g1"]
        names = await collection.index_information()
    await store.close()
    assert "body.performances_1_body.number_1" in names
    assert "body.status_1_body.number_1" in names

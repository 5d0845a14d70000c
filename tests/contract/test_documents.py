"""Every document store keeps the promises of the `Documents` port."""

import asyncio
import uuid
from collections.abc import AsyncIterator

import msgspec
import pytest

from boxoffice.application.bounds import DOCUMENT_BYTES_MAX
from boxoffice.application.ports.documents import Document, Documents, Seen
from boxoffice.errors import Unstorable
from boxoffice.infrastructure.memory.documents import MemoryDocuments
from boxoffice.infrastructure.mongo.documents import MongoDocuments
from boxoffice.infrastructure.redis.documents import RedisDocuments

STORES = [
    "memory",
    pytest.param("mongo", marks=pytest.mark.service),
    pytest.param("redis", marks=pytest.mark.service),
]

BODIES = {
    "empty object": b"{}",
    "unicode": '{"name":"Théâtre ☃ 𝄞","quote":"\\"\\\\"}'.encode(),
    "nested": b'{"rows":[[1,[2,[3,{"a":[]}]]],{}],"none":null,"yes":true}',
    "floats": b'{"a":0.1,"b":-0.0,"c":1e300,"d":1.0,"e":5e-324}',
    "int32 edge": b'{"a":2147483648,"b":-2147483649}',
    "int64 edge": b'{"a":9223372036854775807,"b":-9223372036854775808}',
    "uint64": b'{"a":18446744073709551615}',
    "huge int": b'{"a":123456789012345678901234567890}',
    "key order": b'{"b":1,"a":2,"_id":3,"position":4,"$set":5,"x.y":6,"":7}',
    "NUL": b'{"a\\u0000b":"c\\u0000d"}',
    "repeated key": b'{"a":1,"a":2}',
    "white space": b'{ "a" : [ 1, 2 ] }',
    "array": b"[1,2,3]",
    "text": b'"text"',
    "number": b"7",
    "null": b"null",
    "deep": b'{"a":' * 80 + b"1" + b"}" * 80,
}


@pytest.fixture(params=STORES)
async def documents(request: pytest.FixtureRequest) -> AsyncIterator[Documents]:
    store: Documents
    if request.param == "memory":
        store = MemoryDocuments()
    elif request.param == "mongo":
        url = request.getfixturevalue("mongo_url")
        database = request.getfixturevalue("new_mongo_database")()
        store = MongoDocuments(url, database=database)
    else:
        url = request.getfixturevalue("redis_url")
        store = RedisDocuments(url, prefix=f"t{uuid.uuid4().hex}:")
    yield store
    for generation in (1, 2):
        await store.drop("seat_map", generation)
    await store.close()


def a_document(key: str, position: int, note: str = "") -> Document:
    body = msgspec.json.encode({"key": key, "at": position, "note": note})
    return Document(key=key, position=position, body=body)


async def test_a_document_comes_back_as_it_was_put(documents: Documents) -> None:
    put = [a_document("p1/main", 5), a_document("p1/balcony", 7)]
    assert await documents.put("seat_map", 1, put) == []
    expected = {document.key: document for document in put}
    assert await documents.get("seat_map", 1, ["p1/balcony", "p1/main"]) == expected


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
async def test_the_bytes_of_a_body_are_kept(documents: Documents, body: bytes) -> None:
    put = Document(key="k", position=1, body=body)
    await documents.put("seat_map", 1, [put])
    assert await documents.get("seat_map", 1, ["k"]) == {"k": put}


@pytest.mark.parametrize("key", ["a", "a b", "ü/☃", "a:b{c}*?[d]", "$a.b", "x" * 200])
async def test_any_text_is_a_key(documents: Documents, key: str) -> None:
    await documents.put("seat_map", 1, [a_document(key, 1)])
    assert await documents.keys("seat_map", 1) == [key]
    assert await documents.get("seat_map", 1, [key]) == {key: a_document(key, 1)}


async def test_what_was_never_put_is_left_out(documents: Documents) -> None:
    await documents.put("seat_map", 1, [a_document("a", 1)])
    assert list(await documents.get("seat_map", 1, ["b", "a"])) == ["a"]
    assert await documents.get("seat_map", 1, []) == {}
    assert await documents.get("seat_map", 2, ["a"]) == {}
    assert await documents.get("sales_board", 1, ["a"]) == {}


async def test_a_newer_position_replaces_the_document(documents: Documents) -> None:
    await documents.put("seat_map", 1, [a_document("a", 1)])
    assert await documents.put("seat_map", 1, [a_document("a", 2)]) == []
    assert await documents.get("seat_map", 1, ["a"]) == {"a": a_document("a", 2)}


@pytest.mark.parametrize("position", [1, 4, 5])
async def test_an_older_or_equal_position_changes_nothing(
    documents: Documents, position: int
) -> None:
    await documents.put("seat_map", 1, [a_document("a", 5, "first")])
    late = [a_document("a", position, "late"), a_document("b", position)]
    assert await documents.put("seat_map", 1, late) == ["a"]
    expected = {"a": a_document("a", 5, "first"), "b": a_document("b", position)}
    assert await documents.get("seat_map", 1, ["a", "b"]) == expected


async def test_positions_above_32_bits_are_compared(documents: Documents) -> None:
    first, second = 2**40 + 1, 2**40 + 2
    await documents.put("seat_map", 1, [a_document("a", second)])
    assert await documents.put("seat_map", 1, [a_document("a", first)]) == ["a"]
    assert await documents.put("seat_map", 1, [a_document("a", second + 1)]) == []


async def test_a_redelivered_batch_is_refused_whole(documents: Documents) -> None:
    batch = [a_document(f"k{number}", number + 1) for number in range(700)]
    assert await documents.put("seat_map", 1, batch) == []
    refused = await documents.put("seat_map", 1, batch)
    assert sorted(refused) == sorted(document.key for document in batch)
    stored = await documents.get("seat_map", 1, [document.key for document in batch])
    assert stored == {document.key: document for document in batch}


async def test_of_racing_writers_the_newest_wins(documents: Documents) -> None:
    async def write(position: int) -> None:
        await documents.put("seat_map", 1, [a_document(key, position) for key in "abc"])

    for first in range(0, 200, 20):
        await asyncio.gather(*(write(first + step) for step in range(1, 21)))
        newest = {key: a_document(key, first + 20) for key in "abc"}
        assert await documents.get("seat_map", 1, list("abc")) == newest


async def test_of_racing_first_writers_the_newest_wins(documents: Documents) -> None:
    """All find nothing and insert: one that meets the document may be the newest."""

    async def write(key: str, position: int) -> list[str]:
        return await documents.put("seat_map", 1, [a_document(key, position)])

    for key in map(str, range(150)):
        refused = await asyncio.gather(*(write(key, at) for at in range(1, 17)))
        assert refused[-1] == []
        assert await documents.get("seat_map", 1, [key]) == {key: a_document(key, 16)}


async def test_exactly_one_of_racing_equals_is_written(documents: Documents) -> None:
    async def write(note: str) -> list[str]:
        return await documents.put("seat_map", 1, [a_document("a", 1, note)])

    answers = await asyncio.gather(*(write(str(note)) for note in range(10)))
    assert sorted(answers) == [[]] + [["a"]] * 9
    winner = str(answers.index([]))
    assert await documents.get("seat_map", 1, ["a"]) == {
        "a": a_document("a", 1, winner)
    }


async def test_keys_are_sorted(documents: Documents) -> None:
    assert await documents.keys("seat_map", 1) == []
    await documents.put("seat_map", 1, [a_document(key, 1) for key in "cabB"])
    await documents.put("seat_map", 1, [a_document("a", 2)])
    assert await documents.keys("seat_map", 1) == ["B", "a", "b", "c"]


async def test_nothing_put_is_nothing_refused(documents: Documents) -> None:
    assert await documents.put("seat_map", 1, []) == []


async def test_a_document_at_its_bound_is_stored(documents: Documents) -> None:
    body = b'"' + b"x" * (DOCUMENT_BYTES_MAX - 2) + b'"'
    largest = Document(key="a", position=1, body=body)
    await documents.put("seat_map", 1, [largest])
    assert await documents.get("seat_map", 1, ["a"]) == {"a": largest}


async def test_a_document_above_its_bound_stops_the_call(documents: Documents) -> None:
    body = b'"' + b"x" * (DOCUMENT_BYTES_MAX - 1) + b'"'
    batch = [a_document("a", 1), Document(key="b", position=1, body=body)]
    with pytest.raises(Unstorable, match="'b' of seat_map"):
        await documents.put("seat_map", 1, batch)
    assert await documents.keys("seat_map", 1) == []


async def test_watermarks_are_kept_by_partition(documents: Documents) -> None:
    assert await documents.watermarks("seat_map", 1) == {}
    await documents.mark("seat_map", 1, {0: 10, 3: 2**40})
    await documents.mark("seat_map", 1, {1: 7})
    await documents.mark("seat_map", 1, {})
    assert await documents.watermarks("seat_map", 1) == {0: 10, 1: 7, 3: 2**40}
    assert await documents.watermarks("seat_map", 2) == {}


async def test_a_watermark_never_falls(documents: Documents) -> None:
    await documents.mark("seat_map", 1, {0: 10, 1: 10})
    await documents.mark("seat_map", 1, {0: 9, 1: 11})
    assert await documents.watermarks("seat_map", 1) == {0: 10, 1: 11}


async def test_racing_watermarks_end_at_the_highest(documents: Documents) -> None:
    marks = [documents.mark("seat_map", 1, {0: at, 1: 50 - at}) for at in range(51)]
    await asyncio.gather(*marks)
    assert await documents.watermarks("seat_map", 1) == {0: 50, 1: 50}


async def test_what_was_seen_is_noted_with_the_watermarks(documents: Documents) -> None:
    assert await documents.seen("seat_map", 1) == Seen()
    await documents.mark(
        "seat_map", 1, {0: 10, 1: 2**40}, seen=Seen(2**40, b"\x00\xff")
    )
    assert await documents.seen("seat_map", 1) == Seen(2**40, b"\x00\xff")
    assert await documents.watermarks("seat_map", 1) == {0: 10, 1: 2**40}
    assert await documents.seen("seat_map", 2) == Seen()
    await documents.drop("seat_map", 1)
    assert await documents.seen("seat_map", 1) == Seen()


async def test_what_was_seen_never_falls(documents: Documents) -> None:
    await documents.mark("seat_map", 1, {0: 10}, seen=Seen(10, b"b"))
    await documents.mark("seat_map", 1, {0: 11})
    await documents.mark("seat_map", 1, {1: 9}, seen=Seen(9, b"zzz"))
    assert await documents.seen("seat_map", 1) == Seen(10, b"b")
    await documents.mark("seat_map", 1, {0: 12}, seen=Seen(12, b"a"))
    assert await documents.seen("seat_map", 1) == Seen(12, b"a")
    assert await documents.watermarks("seat_map", 1) == {0: 12, 1: 9}


async def test_what_was_seen_needs_no_watermark(documents: Documents) -> None:
    await documents.mark("seat_map", 1, {}, seen=Seen(3, b"c"))
    assert await documents.watermarks("seat_map", 1) == {}
    assert await documents.seen("seat_map", 1) == Seen(3, b"c")


async def test_the_serving_generation_is_a_pointer(documents: Documents) -> None:
    assert await documents.generation("seat_map") == 0
    await documents.put("seat_map", 1, [a_document("a", 1)])
    assert await documents.generation("seat_map") == 0
    await documents.switch("seat_map", 1)
    await documents.switch("seat_map", 2)
    assert await documents.generation("seat_map") == 2
    assert await documents.generation("sales_board") == 0


async def test_the_pointer_never_goes_back(documents: Documents) -> None:
    await documents.switch("seat_map", 2)
    await documents.switch("seat_map", 1)
    assert await documents.generation("seat_map") == 2


async def test_generations_stand_side_by_side(documents: Documents) -> None:
    await documents.put("seat_map", 1, [a_document("a", 9, "old")])
    await documents.put("seat_map", 2, [a_document("a", 3, "new")])
    await documents.mark("seat_map", 1, {0: 9})
    await documents.mark("seat_map", 2, {0: 3})
    await documents.drop("seat_map", 1)
    assert await documents.keys("seat_map", 1) == []
    assert await documents.get("seat_map", 1, ["a"]) == {}
    assert await documents.watermarks("seat_map", 1) == {}
    assert await documents.keys("seat_map", 2) == ["a"]
    assert await documents.watermarks("seat_map", 2) == {0: 3}


async def test_a_dropped_generation_can_be_filled_again(documents: Documents) -> None:
    await documents.put("seat_map", 1, [a_document("a", 9)])
    await documents.drop("seat_map", 1)
    await documents.drop("seat_map", 1)
    assert await documents.put("seat_map", 1, [a_document("a", 1)]) == []


async def test_marks_do_not_bring_back_the_pointer(documents: Documents) -> None:
    """So a pointer of 0 tells a projector, for sure, that its documents were lost."""
    await documents.put("seat_map", 1, [a_document("a", 1)])
    await documents.mark("seat_map", 1, {0: 1})
    assert await documents.generation("seat_map") == 0


async def test_the_store_answers(documents: Documents) -> None:
    await documents.ping()  # Raises when it does not.
    assert await documents.generation("seat_map") == 0

"""Everything a house keeps, read through: all but the vault and the payment sandbox.

Every row of every table, every message, every document, every cached value, every line
of every log, and every file of an embedded house. The sandbox is not the house: it
prints its test cards. The vault of an embedded house is a file of its own; the
service's two tables are read like all others, because everything in them is sealed.
"""

from __future__ import annotations

import asyncio
import base64
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
from aiokafka import AIOKafkaConsumer, ConsumerRecord
from pymongo import MongoClient
from redis import Redis

from tests.e2e.house import House

SETTLE_S = 60.0
OF_OTHERS = ("vault.", "sandbox")
OF_STAFF = frozenset({"table staff", "table staff_tokens", "table staff_rights"})
"""Where the house knows what the ids of its staff mean."""
CODED_BYTES_MIN = 8
"""Less of a coded word is found by chance."""

Found = Iterator[tuple[str, bytes]]


def forms(word: str) -> set[bytes]:
    """Give a word as it might lie there, in small letters: plain, in hex, in base64.

    Coded it depends on the letters it was written in.
    """
    found = {word.lower().encode()}
    for written in {word, word.lower(), word.upper(), word.capitalize()}:
        plain = written.encode()
        coded = (base64.b64encode(b"." * n + plain) for n in range(3))
        inner = (code[4 * bool(n) : -4].lower() for n, code in enumerate(coded))
        found |= {form for form in inner if len(form) >= CODED_BYTES_MIN}
        found.add(plain.hex().encode())
    return found


def hits(stores: Iterable[tuple[str, bytes]], *words: str) -> set[tuple[str, str]]:
    """Give which words lie where, in any of their forms."""
    wanted = [(word, form) for word in words for form in forms(word)]
    found = set()
    for where, content in stores:
        small = content.lower()
        found |= {(where, word) for word, form in wanted if form in small}
    return found


def everything(house: House) -> Found:
    """Read a house on the real services."""
    yield from tables(house.setting("LOG_URL"))
    url, prefix = house.setting("KAFKA_URL"), house.setting("TOPIC_PREFIX")
    yield from asyncio.run(messages(url, prefix))
    yield from documents(house.setting("MONGO_URL"), house.setting("MONGO_DATABASE"))
    yield from cached(house.setting("REDIS_URL"))
    yield from logs(house.folder)


def everything_embedded(house: House) -> Found:
    """Read an embedded house that is closed."""
    folder = house.folder / "data"
    yield from rows(folder / "log.sqlite")
    for path in folder.iterdir():
        if path.is_file() and not path.name.startswith((*OF_OTHERS, "log.sqlite")):
            yield f"file {path.name}", path.read_bytes()
    yield from logs(house.folder)


def tables(url: str) -> Found:
    """Read every table of a log in PostgreSQL."""
    with psycopg.connect(url) as connection:
        names = connection.execute(
            "select table_name from information_schema.tables"
            " where table_schema = 'boxoffice' and table_type = 'BASE TABLE'"
        ).fetchall()
        assert names
        for (name,) in names:
            query = f"select (t.*)::text, row_to_json(t)::text from boxoffice.{name} t"
            for row in connection.execute(query.encode()):
                yield f"table {name}", "\n".join(row).encode()
        for data, meta in connection.execute("select data, meta from boxoffice.events"):
            yield "events", bytes(data) + bytes(meta)


def rows(path: Path) -> Found:
    """Read every table of a log in a file."""
    with closing(sqlite3.connect(path)) as connection:
        names = connection.execute(
            "select name from sqlite_master where type = 'table'"
        ).fetchall()
        assert names
        for (name,) in names:
            for row in connection.execute(f"select * from {name}"):
                yield f"table {name}", b"\n".join(map(_bytes, row))


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


async def messages(url: str, prefix: str) -> list[tuple[str, bytes]]:
    """Read every message of a house's topics, from the first to the last."""
    consumer = AIOKafkaConsumer(bootstrap_servers=url, auto_offset_reset="earliest")
    await consumer.start()
    try:
        topics = [t for t in await consumer.topics() if t.startswith(prefix)]
        assert topics
        consumer.subscribe(topics)
        found: list[tuple[str, bytes]] = []
        async with asyncio.timeout(SETTLE_S):
            while not found or await behind(consumer):
                polled = await consumer.getmany(timeout_ms=1_000)
                records = [r for batch in polled.values() for r in batch]
                found += [(f"topic {r.topic}", shown(r)) for r in records]
    finally:
        await consumer.stop()
    return found


def shown(record: ConsumerRecord[bytes, bytes]) -> bytes:
    """Give key, value and headers of a message."""
    return b"%b %b %a" % (record.key or b"", record.value or b"", record.headers)


async def behind(consumer: AIOKafkaConsumer) -> bool:
    """Tell whether there is more to come."""
    ends = await consumer.end_offsets(list(consumer.assignment()))
    return any([await consumer.position(at) < end for at, end in ends.items()])


def documents(url: str, database: str) -> Found:
    """Read every document of a database."""
    with MongoClient[dict[str, object]](url) as client:
        names = client[database].list_collection_names()
        assert names
        for name in names:
            for document in client[database][name].find({}):
                yield f"collection {name}", repr(document).encode()


def cached(url: str) -> Found:
    """Read every value of a cache, of whatever kind."""
    with Redis.from_url(url) as client:
        keys = list(client.scan_iter())
        assert keys
        for key in keys:
            where = f"key {key.decode(errors='replace')}"
            yield where, key + repr(_value(client, key)).encode()


def _value(client: Any, key: bytes) -> object:
    kind = client.type(key).decode()
    if kind in ("string", "none"):
        return client.get(key)
    read = {
        "hash": client.hgetall,
        "set": client.smembers,
        "list": lambda name: client.lrange(name, 0, -1),
        "zset": lambda name: client.zrange(name, 0, -1),
        "stream": client.xrange,
    }
    return read[kind](key)


def logs(folder: Path) -> Found:
    """Read what the processes of a house have printed."""
    files = [path for path in folder.glob("**/*.log") if path.stem != "sandbox"]
    assert files
    for path in files:
        yield f"log {path.name}", path.read_bytes()

"""No name, e-mail address or card number lies anywhere but sealed in the vault.

A whole sale is run with words that stand nowhere else, and then everything the house
keeps is read through: every table, every message, every document, every cached value
and every line of every log. The payment sandbox is not the house; it prints its
test cards.
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord
from pymongo import MongoClient
from redis import Redis

from tests.e2e.house import House

SALE_S = 240
SETTLE_S = 60.0
NAME = "Zyxwyna Quibblethorpe"
MAILBOX = "zyxwyna.quibblethorpe"
CARD = "4242424242424242"
WORDS = ("zyxwyna", "quibblethorpe", CARD, "4000000000000002")
DECLINED = "pm_card_visa_chargeDeclined"


@pytest.mark.slow
@pytest.mark.timeout(SALE_S)
def test_a_full_run_leaves_no_personal_data_outside_the_vault(house: House) -> None:
    house.start_all("--demo")
    with httpx.Client(base_url=house.url, timeout=30) as client:
        codes = [bought(client, number) for number in range(6)]
        declined(client)
        mistaken(client)
    assert len(set(codes)) == 6
    assert 0 == house.run("verify").returncode
    found = dict.fromkeys(
        f"{where}: {word}"
        for where, content in everything(house)
        for word in WORDS
        for form in forms(word)
        if form in content.lower()
    )
    assert not found, list(found)


def test_the_scanner_finds_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "api.log").write_text(f"sold to {NAME.upper()}")
    ((_, content),) = logs(tmp_path)
    assert any(form in content.lower() for form in forms("quibblethorpe"))
    hidden = base64.b64encode(b"..zyxwyna quibblethorpe")
    assert any(form in hidden.lower() for form in forms("quibblethorpe"))
    assert any(form in NAME.lower().encode().hex().encode() for form in forms(WORDS[0]))


def bought(client: httpx.Client, number: int) -> str:
    """Buy two places as somebody with a name; give the order's code."""
    answer = ordered(client, instrument="pm_card_visa", number=number)
    assert 202 == answer.status_code, answer.text
    code: str = answer.json()["order"]
    return settled(client, code, "confirmed", answer.request.headers["authorization"])


def declined(client: httpx.Client) -> None:
    """Try to buy with a card that is declined, and give up."""
    answer = ordered(client, instrument=DECLINED, number=90)
    token = answer.request.headers["authorization"]
    code = answer.json()["order"]
    cancelled = client.post(
        f"/v1/orders/{code}/cancel", json={}, headers={"authorization": token}
    )
    assert cancelled.is_success, cancelled.text
    settled(client, code, "cancelled", token)


def mistaken(client: httpx.Client) -> None:
    """Put personal data where they do not belong; all of it is refused."""
    answer = ordered(client, instrument=CARD, number=91)
    assert 400 <= answer.status_code < 500, answer.text
    client.get(f"/v1/orders/{CARD}")
    client.get(f"/orders/{MAILBOX}@privacy.example")


def ordered(client: httpx.Client, *, instrument: str, number: int) -> httpx.Response:
    token = client.post("/v1/buyers").json()["token"]
    headers = {"authorization": f"Bearer {token}", "idempotency-key": uuid4().hex}
    (show, *_) = client.get("/v1/performances").json()["items"]
    root = f"/v1/performances/{show['performance']}"
    places = [2 * number + 1, 2 * number + 2]
    held = client.post(f"{root}/holds", json={"places": places}, headers=headers)
    assert 201 == held.status_code, held.text
    wish = {
        "name": NAME,
        "email": f"{MAILBOX}.{number}@privacy.example",
        "method": "card",
        "instrument": instrument,
    }
    headers["idempotency-key"] = uuid4().hex
    path = f"{root}/holds/{held.json()['hold']}/order"
    return client.post(path, json=wish, headers=headers)


def settled(client: httpx.Client, code: str, status: str, token: str) -> str:
    """Wait until an order has come to this."""
    deadline = time.monotonic() + SETTLE_S
    while True:
        shown = client.get(f"/v1/orders/{code}", headers={"authorization": token})
        assert 200 == shown.status_code, shown.text
        if shown.json()["status"] == status:
            return code
        assert time.monotonic() < deadline, shown.text
        time.sleep(0.1)


# ------------------------------------------------------------- reading everything

Found = Iterator[tuple[str, bytes]]


def forms(word: str) -> list[bytes]:
    """Give a word as it might lie there: plain, in hex, or in base64."""
    plain = word.encode()
    shifts = [base64.b64encode(b"." * n + plain)[4 * bool(n) : -4] for n in range(3)]
    return [plain, plain.hex().encode(), *(s.lower() for s in shifts if len(s) > 7)]


def everything(house: House) -> Found:
    yield from tables(house.setting("LOG_URL"))
    url, prefix = house.setting("KAFKA_URL"), house.setting("TOPIC_PREFIX")
    yield from asyncio.run(messages(url, prefix))
    yield from documents(house.setting("MONGO_URL"), house.setting("MONGO_DATABASE"))
    yield from cached(house.setting("REDIS_URL"))
    yield from logs(house.folder)


def tables(url: str) -> Found:
    with psycopg.connect(url) as connection:
        names = connection.execute(
            "select table_name from information_schema.tables"
            " where table_schema = 'boxoffice' and table_type = 'BASE TABLE'"
        ).fetchall()
        assert names
        for (name,) in names:
            rows = connection.execute(
                f"select (t.*)::text, row_to_json(t)::text from boxoffice.{name} t"
            ).fetchall()
            for row in rows:
                yield f"table {name}", "\n".join(row).encode()
        columns = connection.execute("select data, meta from boxoffice.events")
        seen = 0
        for data, meta in columns:
            seen += 1
            yield "events", bytes(data) + bytes(meta)
        assert seen


async def messages(url: str, prefix: str) -> list[tuple[str, bytes]]:
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
                found += [(r.topic, shown(r)) for r in records]
    finally:
        await consumer.stop()
    return found


def shown(record: ConsumerRecord[bytes, bytes]) -> bytes:
    """Give key, value and headers of a message."""
    return b"%b %b %a" % (record.key or b"", record.value or b"", record.headers)


async def behind(consumer: AIOKafkaConsumer) -> bool:
    ends = await consumer.end_offsets(list(consumer.assignment()))
    return any([await consumer.position(at) < end for at, end in ends.items()])


def documents(url: str, database: str) -> Found:
    with MongoClient[dict[str, object]](url) as client:
        names = client[database].list_collection_names()
        assert names
        for name in names:
            for document in client[database][name].find({}):
                yield f"collection {name}", repr(document).encode()


def cached(url: str) -> Found:
    with Redis.from_url(url) as client:
        keys = list(client.scan_iter())
        assert keys
        for key in keys:
            kind = client.type(key)
            if kind == b"string":
                yield f"key {key!r}", key + bytes(client.get(key) or b"")
            elif kind == b"hash":
                yield f"key {key!r}", repr(client.hgetall(key)).encode()
            else:
                yield f"key {key!r}", key + bytes(client.dump(key) or b"")


def logs(folder: Path) -> Found:
    files = [path for path in folder.glob("**/*.log") if path.stem != "sandbox"]
    assert files
    for path in files:
        yield path.name, path.read_bytes()

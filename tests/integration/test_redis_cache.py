"""What only a real Redis can do to us: be flushed, restarted, frozen, cut off."""

import asyncio
import os
import signal
import uuid
from collections.abc import AsyncIterator, Iterator

import pytest
from redis.asyncio import Redis

from boxoffice.application.ports.documents import Document
from boxoffice.errors import Misconfigured, Unavailable
from boxoffice.infrastructure.redis import channels, documents
from boxoffice.infrastructure.redis.documents import RedisDocuments
from boxoffice.infrastructure.redis.fanout import RedisFanout, RedisListener
from boxoffice.stack.server import Server
from tests.services import own_stack

pytestmark = pytest.mark.service

SOON_S = 30.0
"""A bound, not a wait: what is asserted happens long before."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with own_stack("redis") as stack:
        yield stack.servers["redis"]


@pytest.fixture
def prefix() -> str:
    return f"t{uuid.uuid4().hex}:"


@pytest.fixture
async def cache(server: Server, prefix: str) -> AsyncIterator[RedisDocuments]:
    made = RedisDocuments(server.url, prefix=prefix)
    yield made
    await made.close()


@pytest.fixture
async def fanout(server: Server, prefix: str) -> AsyncIterator[RedisFanout]:
    made = RedisFanout(server.url, prefix=prefix)
    yield made
    await made.close()


@pytest.fixture
async def client(server: Server) -> AsyncIterator[Redis]:
    async with Redis.from_url(server.url) as made:
        yield made


def a_document(key: str, position: int) -> Document:
    return Document(key=key, position=position, body=b"{}" * 100)


async def filled(cache: RedisDocuments, count: int) -> list[str]:
    keys = [f"k{number:05}" for number in range(count)]
    await cache.put("seats", 1, [a_document(key, 1) for key in keys])
    await cache.mark("seats", 1, {0: 1})
    await cache.switch("seats", 1)
    return keys


async def test_a_flush_forgets_everything_and_the_pointer_tells(
    cache: RedisDocuments, client: Redis
) -> None:
    keys = await filled(cache, 3)
    await client.flushall()
    await cache.mark("seats", 1, {0: 2})
    await cache.put("seats", 1, [a_document("k00001", 2)])
    assert await cache.generation("seats") == 0
    assert list(await cache.get("seats", 1, keys)) == ["k00001"]


async def test_a_flushed_cache_can_be_filled_again(
    cache: RedisDocuments, client: Redis
) -> None:
    await filled(cache, 3)
    await client.flushall()
    await client.script_flush()
    keys = await filled(cache, 3)
    assert await cache.keys("seats", 1) == keys
    assert await cache.generation("seats") == 1


async def test_no_command_walks_the_keys(cache: RedisDocuments, client: Redis) -> None:
    keys = await filled(cache, 10)
    await client.config_resetstat()
    await cache.put("seats", 1, [a_document(key, 2) for key in keys])
    await cache.get("seats", 1, keys)
    await cache.keys("seats", 1)
    await cache.drop("seats", 1)
    used = {name.removeprefix("cmdstat_") for name in await client.info("commandstats")}
    assert used & {"keys", "scan", "sscan", "hscan", "eval"} == set()
    assert {"evalsha", "hmget", "smembers", "unlink"} <= used


async def test_many_documents_cost_few_round_trips(
    cache: RedisDocuments, client: Redis
) -> None:
    await filled(cache, 1)
    await client.config_resetstat()
    count = 3 * documents.CALL_DOCUMENTS_MAX
    batch = [a_document(f"k{number}", 1) for number in range(count)]
    await cache.put("seats", 1, batch)
    stats = await client.info("commandstats")
    assert stats["cmdstat_evalsha"]["calls"] == 3


async def test_nothing_is_left_of_a_dropped_generation(
    cache: RedisDocuments, client: Redis, prefix: str
) -> None:
    await filled(cache, 2 * documents.CALL_DOCUMENTS_MAX)
    await cache.drop("seats", 1)
    assert await client.keys(f"{prefix}*") == [f"{prefix}generations".encode()]


async def test_calls_work_again_after_a_restart(
    cache: RedisDocuments, server: Server
) -> None:
    await filled(cache, 3)
    server.stop(hard=True)
    with pytest.raises(Unavailable):
        await cache.get("seats", 1, ["k00001"])
    with pytest.raises(Unavailable):
        await cache.put("seats", 1, [a_document("a", 1)])
    with pytest.raises(Unavailable):
        await cache.ping()
    server.start()
    await server.ready()
    assert await cache.generation("seats") == 0
    assert await cache.put("seats", 1, [a_document("a", 1)]) == []


async def test_a_frozen_server_is_unavailable_within_its_deadline(
    cache: RedisDocuments, server: Server
) -> None:
    await filled(cache, 1)
    os.kill(server.pid, signal.SIGSTOP)
    try:
        with pytest.raises(Unavailable):
            async with asyncio.timeout(SOON_S):
                await cache.get("seats", 1, ["k00000"])
    finally:
        os.kill(server.pid, signal.SIGCONT)
    assert list(await cache.get("seats", 1, ["k00000"])) == ["k00000"]


async def test_a_cancelled_call_never_answers_the_next_one(
    cache: RedisDocuments,
) -> None:
    keys = await filled(cache, 50)

    async def read(number: int) -> None:
        key = keys[number % len(keys)]
        reading = asyncio.create_task(cache.get("seats", 1, [key]))
        for _ in range(number % 7):
            await asyncio.sleep(0)
        if number % 2:
            reading.cancel()
        answer = await asyncio.gather(reading, return_exceptions=True)
        if isinstance(answer[0], dict):
            assert list(answer[0]) == [key]

    for start in range(0, 2_000, 20):
        await asyncio.gather(*(read(number) for number in range(start, start + 20)))


async def next_payload(listener: RedisListener) -> bytes | None:
    async with asyncio.timeout(SOON_S):
        return await listener.get(timeout_s=SOON_S)


@pytest.mark.parametrize("how", ["restart", "cut"])
async def test_a_listener_is_told_once_that_the_connection_was_gone(
    fanout: RedisFanout, server: Server, client: Redis, how: str
) -> None:
    async with fanout.listen("p1") as first, fanout.listen("p2") as second:
        await fanout.publish([("p1", b"1")])
        assert await next_payload(first) == b"1"
        if how == "restart":
            server.stop(hard=True)
            server.start()
            await server.ready()
        else:
            await client.client_kill_filter(_type="pubsub")
        for listener in (first, second):
            with pytest.raises(Unavailable):
                await next_payload(listener)
        await fanout.publish([("p1", b"2"), ("p2", b"3")])
        assert await next_payload(first) == b"2"
        assert await next_payload(second) == b"3"


async def test_a_silent_connection_is_given_up(
    fanout: RedisFanout, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "QUIET_MAX_S", 0.2)
    async with fanout.listen("p1") as listener:
        os.kill(server.pid, signal.SIGSTOP)
        try:
            assert await listener.get(timeout_s=1) is None
        finally:
            os.kill(server.pid, signal.SIGCONT)
        with pytest.raises(Unavailable):
            await next_payload(listener)
        await fanout.publish([("p1", b"1")])
        assert await next_payload(listener) == b"1"


async def test_a_quiet_connection_is_kept(
    fanout: RedisFanout, client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "QUIET_MAX_S", 0.05)
    async with fanout.listen("p1") as listener:
        before = await client.client_list(_type="pubsub")
        assert await listener.get(timeout_s=0.5) is None
        after = await client.client_list(_type="pubsub")
        assert [one["id"] for one in before] == [one["id"] for one in after]
        await fanout.publish([("p1", b"1")])
        assert await next_payload(listener) == b"1"


async def test_all_listeners_of_a_process_share_one_connection(
    fanout: RedisFanout, client: Redis
) -> None:
    listeners = [fanout.listen(f"p{number % 3}") for number in range(30)]
    for listener in listeners:
        await listener.__aenter__()
    assert len(await client.client_list(_type="pubsub")) == 1
    assert len(await client.pubsub_channels("*")) == 3
    for listener in listeners:
        await listener.__aexit__(None, None, None)


async def test_listening_to_a_server_that_is_down_is_unavailable(
    fanout: RedisFanout, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "SUBSCRIBE_WAIT_S", 0.3)
    server.stop(hard=True)
    with pytest.raises(Unavailable):
        await fanout.listen("p1").__aenter__()
    with pytest.raises(Unavailable):
        await fanout.publish([("p1", b"1")])
    server.start()
    await server.ready()
    monkeypatch.setattr(channels, "SUBSCRIBE_WAIT_S", SOON_S)
    async with fanout.listen("p1") as listener:
        await fanout.publish([("p1", b"2")])
        assert await next_payload(listener) == b"2"


def test_an_address_of_something_else_is_misconfigured() -> None:
    with pytest.raises(Misconfigured):
        RedisDocuments("http://127.0.0.1", prefix="t:")

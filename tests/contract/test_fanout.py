"""Every fanout keeps the promises of the `Fanout` port."""

import asyncio
import uuid
from collections.abc import AsyncIterator

import pytest

from boxoffice.errors import Unavailable
from boxoffice.infrastructure.memory.fanout import MemoryFanout
from boxoffice.infrastructure.redis.fanout import RedisFanout

ROOM = 16
SOON_S = 10.0
"""A bound, not a wait: what is asserted arrives long before."""

AnyFanout = MemoryFanout | RedisFanout


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.service)])
async def fanout(request: pytest.FixtureRequest) -> AsyncIterator[AnyFanout]:
    made: AnyFanout
    if request.param == "memory":
        made = MemoryFanout(payloads_max=ROOM)
    else:
        url = request.getfixturevalue("redis_url")
        prefix = f"t{uuid.uuid4().hex[:12]}:"
        made = RedisFanout(url, prefix=prefix, payloads_max=ROOM)
    yield made
    await made.close()


async def test_a_listener_gets_payloads_in_order(fanout: AnyFanout) -> None:
    payloads = [b"one", b"", bytes(range(256))]
    async with fanout.listen("p1") as listener:
        await fanout.publish([("p1", payload) for payload in payloads])
        assert [await listener.get(timeout_s=SOON_S) for _ in payloads] == payloads


async def test_every_listener_gets_every_payload(fanout: AnyFanout) -> None:
    async with fanout.listen("p1") as first, fanout.listen("p1") as second:
        await fanout.publish([("p1", b"x")])
        assert await first.get(timeout_s=SOON_S) == b"x"
        assert await second.get(timeout_s=SOON_S) == b"x"


async def test_channels_are_apart(fanout: AnyFanout) -> None:
    async with fanout.listen("p1") as first, fanout.listen("p2") as second:
        await fanout.publish([("p2", b"b"), ("p1", b"a"), ("p3", b"c")])
        assert await first.get(timeout_s=SOON_S) == b"a"
        assert await second.get(timeout_s=SOON_S) == b"b"
        assert await first.get(timeout_s=0.01) is None


async def test_nothing_is_kept_for_those_who_come_later(fanout: AnyFanout) -> None:
    await fanout.publish([("p1", b"early")])
    async with fanout.listen("p1") as listener:
        await fanout.publish([("p1", b"late")])
        assert await listener.get(timeout_s=SOON_S) == b"late"


async def test_nothing_is_missed_once_listening(fanout: AnyFanout) -> None:
    for number in range(50):
        async with fanout.listen(f"p{number}") as listener:
            await fanout.publish([(f"p{number}", b"x")])
            assert await listener.get(timeout_s=SOON_S) == b"x"


async def test_a_late_listener_of_a_busy_channel_misses_nothing(
    fanout: AnyFanout,
) -> None:
    async with fanout.listen("p1") as first:
        async with fanout.listen("p1") as second:
            await fanout.publish([("p1", b"1")])
            assert await second.get(timeout_s=SOON_S) == b"1"
        await fanout.publish([("p1", b"2")])
        assert await first.get(timeout_s=SOON_S) == b"1"
        assert await first.get(timeout_s=SOON_S) == b"2"


async def test_a_channel_can_be_left_and_joined_again(fanout: AnyFanout) -> None:
    for payload in (b"1", b"2", b"3"):
        async with fanout.listen("p1") as listener:
            await fanout.publish([("p1", payload)])
            assert await listener.get(timeout_s=SOON_S) == payload


async def test_channels_joined_and_left_at_once_still_work(fanout: AnyFanout) -> None:
    async def visit(payload: bytes) -> bool:
        async with fanout.listen("p1") as listener:
            await fanout.publish([("p1", payload)])
            heard = [await listener.get(timeout_s=SOON_S)]
            while heard[-1] not in {payload, None}:
                heard.append(await listener.get(timeout_s=SOON_S))
        return payload in heard

    for turn in range(10):
        visits = (visit(f"{turn}.{number}".encode()) for number in range(5))
        assert all(await asyncio.gather(*visits))


async def test_a_listener_waits_for_what_comes(fanout: AnyFanout) -> None:
    async with fanout.listen("p1") as listener:
        waiting = asyncio.create_task(listener.get(timeout_s=SOON_S))
        await asyncio.sleep(0)
        await fanout.publish([("p1", b"x")])
        assert await waiting == b"x"


async def test_time_runs_out_with_none(fanout: AnyFanout) -> None:
    async with fanout.listen("p1") as listener:
        assert await listener.get(timeout_s=0) is None
        assert await listener.get(timeout_s=0.01) is None


async def test_a_slow_listener_is_told_once_that_it_lost(fanout: AnyFanout) -> None:
    async with fanout.listen("p1") as slow, fanout.listen("p1") as quick:
        for number in range(ROOM + 1):
            await fanout.publish([("p1", str(number).encode())])
            assert await quick.get(timeout_s=SOON_S) == str(number).encode()
        with pytest.raises(Unavailable):
            await slow.get(timeout_s=SOON_S)
        await fanout.publish([("p1", b"fresh")])
        assert await slow.get(timeout_s=SOON_S) == b"fresh"


async def test_a_cancelled_get_loses_nothing(fanout: AnyFanout) -> None:
    async with fanout.listen("p1") as listener:
        waiting = asyncio.create_task(listener.get(timeout_s=SOON_S))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await fanout.publish([("p1", b"x")])
        assert await listener.get(timeout_s=SOON_S) == b"x"

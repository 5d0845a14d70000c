"""Log to bus to stores on real services; every end is compared with a fresh replay."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import pytest
from pymongo import AsyncMongoClient
from redis.asyncio import Redis

from boxoffice.application.ports.documents import Document
from boxoffice.application.rebuild import rebuild
from boxoffice.application.verification import Verdict
from boxoffice.infrastructure.kafka.topics import delete_topics
from boxoffice.readmodels.registry import MODELS
from boxoffice_projectors import relay_role
from boxoffice_projectors.health import Health
from tests.histories import history
from tests.integration.read_side_house import Services, real_house, role_process
from tests.read_side import House, projecting, relaying, until


@pytest.fixture
async def house(
    new_postgres_database: Callable[[], str],
    kafka_url: str,
    mongo_url: str,
    new_mongo_database: Callable[[], str],
    new_redis_database: Callable[[], str],
) -> AsyncIterator[House]:
    services = Services(
        postgres=new_postgres_database(),
        kafka=kafka_url,
        mongo=mongo_url,
        mongo_database=new_mongo_database(),
        redis=new_redis_database(),
    )
    async with real_house(services) as opened:
        yield opened
        await delete_topics(kafka_url, prefix=opened.settings.topic_prefix)


async def check_settled(house: House) -> Verdict:
    verdict = await house.verify()
    assert verdict.ok, [check for check in verdict.checks if not check.ok]
    return verdict


async def play(house: House, seed: int, *, commands: int = 60) -> int:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    return await asyncio.to_thread(
        house.recorder.play, history(seed, commands=commands, begin=yesterday)
    )


async def shown(house: House) -> dict[str, dict[str, Document]]:
    found = {}
    for model in MODELS:
        sink = house.sink(model)
        generation = await sink.generation(model.name)
        keys = await sink.keys(model.name, generation)
        found[model.name] = await sink.get(model.name, generation, keys)
    return found


async def ready(health: Health) -> None:
    async def is_ready() -> bool:
        return health.ready

    await until(is_ready, "every projector is ready again")


async def test_what_is_shown_is_what_the_log_says(house: House) -> None:
    async with relaying(house), projecting(house):
        for seed in range(3):
            await play(house, seed)
            await check_settled(house)


async def test_sending_everything_again_changes_nothing(house: House) -> None:
    await play(house, 1)
    async with relaying(house), projecting(house):
        await check_settled(house)
        before = await shown(house)
        await relay_role.republish(house)
        await play(house, 2)
        await check_settled(house)
        after = await shown(house)
        for model, documents in before.items():
            assert documents.items() <= after[model].items()


async def test_killed_projectors_and_relays_lose_and_double_nothing(
    house: House,
) -> None:
    for seed in range(2):
        async with role_process(house, "relay") as relay:
            async with role_process(house, "project") as projector:
                await play(house, seed, commands=30)
                await house.verify(wait_s=2.0)
                await play(house, seed + 10, commands=30)
                await projector.kill()
            await play(house, seed + 20, commands=30)
            await relay.kill()
        await play(house, seed + 30, commands=30)
    async with role_process(house, "relay"), role_process(house, "project"):
        await check_settled(house)


async def test_a_dropped_database_is_rebuilt(house: House) -> None:
    await play(house, 1)
    async with relaying(house), projecting(house) as health:
        await check_settled(house)
        url, name = house.settings.mongo_url, house.settings.mongo_database
        async with AsyncMongoClient[dict[str, object]](url) as client:
            await client.drop_database(name)
        await play(house, 2, commands=10)

        async def missed() -> bool:
            return any("gone" in text for text in health.problems.values())

        await until(missed, "somebody noticed")
        assert not (await house.verify(wait_s=0.5)).ok
        await rebuild(house.side)
        await ready(health)
        await play(house, 3)
        await check_settled(house)


async def test_a_dropped_database_is_filled_again_by_starting_projectors(
    house: House,
) -> None:
    await play(house, 1)
    async with relaying(house):
        async with projecting(house):
            await check_settled(house)
        url, name = house.settings.mongo_url, house.settings.mongo_database
        async with AsyncMongoClient[dict[str, object]](url) as client:
            await client.drop_database(name)
        async with projecting(house):
            await play(house, 2)
            await check_settled(house)


async def test_a_flushed_cache_is_rebuilt(house: House) -> None:
    await play(house, 1)
    async with relaying(house), projecting(house) as health:
        await check_settled(house)
        async with Redis.from_url(house.settings.redis_url) as client:
            await client.flushdb()
        await play(house, 2, commands=10)
        await rebuild(house.side)
        await ready(health)
        await play(house, 3)
        await check_settled(house)


async def test_deleted_topics_are_filled_again(house: House) -> None:
    await play(house, 1)
    async with relaying(house), projecting(house) as health:
        await check_settled(house)
        url, prefix = house.settings.kafka_url, house.settings.topic_prefix
        assert await delete_topics(url, prefix=prefix)
        await play(house, 2)
        await relay_role.republish(house)
        await ready(health)
        await play(house, 3)
        await check_settled(house)


async def test_a_rebuild_while_people_buy(house: House) -> None:
    await play(house, 1, commands=300)
    async with relaying(house), projecting(house) as health:
        rebuilding = asyncio.create_task(rebuild(house.side))
        for seed in itertools.count(100):
            await play(house, seed, commands=5)
            if rebuilding.done():
                break
        outcome = await rebuilding
        assert {one.differences for one in outcome} == {()}
        await play(house, 99)
        await check_settled(house)
        await ready(health)

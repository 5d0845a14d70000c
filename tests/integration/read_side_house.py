"""A house on four real services, and its roles as processes that can be killed."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

from boxoffice.infrastructure.kafka.bus import KafkaBus
from boxoffice.infrastructure.mongo.documents import MongoDocuments
from boxoffice.infrastructure.postgres.checkpoints import PostgresCheckpoints
from boxoffice.infrastructure.postgres.event_store import PostgresEventStore
from boxoffice.infrastructure.postgres.migrate import migrate
from boxoffice.infrastructure.redis.documents import RedisDocuments
from boxoffice.infrastructure.redis.fanout import RedisFanout
from boxoffice.readmodels.registry import INDEXES
from boxoffice.settings import Settings
from tests.histories import Clock, Recorder
from tests.read_side import House, HouseClock, new_writer


@dataclass(frozen=True)
class Services:
    """Empty corners of the four services."""

    postgres: str
    kafka: str
    mongo: str
    mongo_database: str
    redis: str

    def settings(self) -> Settings:
        """Give settings with topics that nobody else uses."""
        return Settings(
            log_url=self.postgres,
            kafka_url=self.kafka,
            mongo_url=self.mongo,
            mongo_database=self.mongo_database,
            redis_url=self.redis,
            redis_prefix=f"{uuid4().hex[:8]}:",
            topic_prefix=f"test-{uuid4().hex[:12]}",
            partitions=2,
            relay_lease_s=1.0,
            health_port=0,
        )


@asynccontextmanager
async def real_house(services: Services) -> AsyncIterator[House]:
    """Open a house on services; its log is migrated and empty."""
    await asyncio.to_thread(migrate, services.postgres)
    settings = services.settings()
    async with AsyncExitStack() as stack:
        store = PostgresEventStore(services.postgres)
        stack.callback(store.close)
        documents = MongoDocuments(
            services.mongo, database=services.mongo_database, indexes=INDEXES
        )
        stack.push_async_callback(documents.close)
        cache = RedisDocuments(services.redis, prefix=settings.redis_prefix)
        stack.push_async_callback(cache.close)
        fanout = RedisFanout(services.redis, prefix=settings.redis_prefix)
        stack.push_async_callback(fanout.close)
        writer = new_writer(store)
        stack.push_async_callback(asyncio.to_thread, writer.drain, 5.0)
        time = Clock()
        yield House(
            settings=settings,
            store=store,
            checkpoints=PostgresCheckpoints(store),
            writer=writer,
            bus=KafkaBus(
                services.kafka,
                prefix=settings.topic_prefix,
                log=settings.log_name,
                epoch=lambda: store.head().epoch,
                partitions=settings.partitions,
            ),
            documents=documents,
            cache=cache,
            fanout=fanout,
            clock=HouseClock(time),
            recorder=Recorder(store, time),
            time=time,
        )


class Role:
    """A role in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def kill(self) -> None:
        """End it as a power cut would."""
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)
        await self._process.wait()

    @property
    def alive(self) -> bool:
        return self._process.returncode is None


@asynccontextmanager
async def role_process(house: House, command: str) -> AsyncIterator[Role]:
    """Run `boxoffice relay` or `boxoffice project` inside the block."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("BOXOFFICE_")}
    given = {
        f"BOXOFFICE_{name.upper()}": str(getattr(house.settings, name))
        for name in house.settings.__struct_fields__
        if getattr(house.settings, name) != ""
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "boxoffice",
        command,
        env=kept | given,
        stdout=asyncio.subprocess.DEVNULL,
    )
    role = Role(process)
    try:
        yield role
    finally:
        await role.kill()

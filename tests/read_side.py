"""A read side for tests: a container's ports, roles as tasks, bounded waiting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from boxoffice.application.ports.bus import Bus
from boxoffice.application.ports.checkpoints import Checkpoints
from boxoffice.application.ports.documents import Documents, ListedDocuments
from boxoffice.application.ports.fanout import Fanout
from boxoffice.application.ports.log import EventStore
from boxoffice.application.ports.payments import PaymentProvider
from boxoffice.application.rebuild import ReadSide
from boxoffice.application.topics import FAMILIES
from boxoffice.application.verification import Verdict, verify
from boxoffice.application.write_path import WritePath
from boxoffice.application.writer import Writer
from boxoffice.infrastructure.memory.bus import MemoryBus
from boxoffice.infrastructure.memory.checkpoints import MemoryCheckpoints
from boxoffice.infrastructure.memory.documents import MemoryDocuments
from boxoffice.infrastructure.memory.event_store import MemoryEventStore
from boxoffice.infrastructure.memory.fanout import MemoryFanout
from boxoffice.infrastructure.payments.memory import MemoryPaymentProvider
from boxoffice.readmodels.registry import INDEXES, AnyModel
from boxoffice.settings import Settings
from boxoffice_projectors import reactors_role, relay_role, role
from boxoffice_projectors.health import Health
from tests.histories import Clock, Recorder

WAIT_S = 30.0
POLL_S = 0.02


async def until(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    """Poll a condition, bounded."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + WAIT_S
    while not await condition():
        assert loop.time() < deadline, f"it never came true: {what}"
        await asyncio.sleep(POLL_S)


def wall_time() -> datetime:
    """The time that leases run by."""
    return datetime.now(UTC)


class HouseClock:
    """A port's view of the clock that a test sets."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        return self._clock.at

    def offset_s(self) -> float:
        return 0.0


@dataclass(frozen=True)
class House:
    """The ports that the read side uses."""

    settings: Settings
    store: EventStore
    checkpoints: Checkpoints
    writer: Writer
    bus: Bus
    documents: ListedDocuments
    cache: Documents
    fanout: Fanout
    clock: HouseClock
    recorder: Recorder
    time: Clock
    payments: PaymentProvider = field(default_factory=MemoryPaymentProvider)

    @property
    def side(self) -> ReadSide:
        return ReadSide(
            store=self.store,
            documents=self.documents,
            cache=self.cache,
            checkpoints=self.checkpoints,
            partitions=dict.fromkeys(FAMILIES, self.settings.partitions),
        )

    def sink(self, model: AnyModel) -> Documents:
        return self.side.sink(model)

    async def verify(self, *, wait_s: float = WAIT_S) -> Verdict:
        return await verify(
            self.store,
            self.checkpoints,
            documents=self.documents,
            cache=self.cache,
            wait_s=wait_s,
        )


def memory_house(*, partitions: int = 2, topic: int | None = None) -> House:
    """A house without any service; its `topic` may have other partitions."""
    time = Clock()
    store = MemoryEventStore(now=time)
    return House(
        settings=Settings(health_port=0, partitions=partitions, relay_lease_s=0.5),
        store=store,
        checkpoints=MemoryCheckpoints(now=wall_time),
        writer=new_writer(store),
        bus=MemoryBus(partitions=topic or partitions),
        documents=MemoryDocuments(INDEXES),
        cache=MemoryDocuments(),
        fanout=MemoryFanout(),
        clock=HouseClock(time),
        recorder=Recorder(store, time),
        time=time,
    )


def new_writer(store: EventStore) -> Writer:
    """A writer with a queue of its own."""
    path = WritePath(store, families_max=8)
    return Writer(path, queue_max=1_000, batch_max=100, timeout_s=5.0)


@asynccontextmanager
async def running(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run coroutines beside the block; fail when one of them ended."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        yield
    finally:
        ended = [task for task in tasks if task.done()]
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
        assert not ended, ended


@asynccontextmanager
async def relaying(house: House) -> AsyncIterator[Health]:
    """Run the relay inside the block."""
    health = Health()
    async with running(relay_role.run(house, health=health)):
        yield health


@asynccontextmanager
async def projecting(house: House) -> AsyncIterator[Health]:
    """Run the projectors inside the block."""
    health = Health()
    async with running(role.run(house, health=health)):
        yield health


@asynccontextmanager
async def reacting(house: House) -> AsyncIterator[Health]:
    """Run the reactors inside the block."""
    health = Health()
    async with running(reactors_role.run(house, health=health)):
        yield health

"""The one place where ports meet adapters.

`open_container(settings)` opens everything in order and closes it in reverse. The
kind of each adapter follows from its URL; without URLs the house is embedded: a
SQLite log in the data folder, and bus, documents and cache inside this process.
Drivers are imported when their URL asks for them, so that an embedded house starts
without loading any.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from boxoffice.application import crash_points
from boxoffice.application.ports.bus import Bus
from boxoffice.application.ports.checkpoints import Checkpoints
from boxoffice.application.ports.clock import Clock
from boxoffice.application.ports.documents import Documents, ListedDocuments
from boxoffice.application.ports.fanout import Fanout
from boxoffice.application.ports.log import EventStore
from boxoffice.application.ports.payments import PaymentProvider
from boxoffice.application.ports.staff import StaffTokens
from boxoffice.application.ports.vault import Vault
from boxoffice.application.reach import Reach
from boxoffice.application.rebuild import ReadSide, rebuild
from boxoffice.application.topics import FAMILIES, partitions_of
from boxoffice.application.write_path import WritePath
from boxoffice.application.writer import Writer
from boxoffice.errors import BoxOfficeError, Misconfigured, Unavailable
from boxoffice.infrastructure.clock import MEASURED_AGAIN_S, StoreClock, utc_now
from boxoffice.infrastructure.memory.bus import MemoryBus
from boxoffice.infrastructure.memory.checkpoints import MemoryCheckpoints
from boxoffice.infrastructure.memory.documents import MemoryDocuments
from boxoffice.infrastructure.memory.event_store import MemoryEventStore
from boxoffice.infrastructure.memory.fanout import MemoryFanout
from boxoffice.infrastructure.memory.staff_tokens import MemoryStaffTokens
from boxoffice.infrastructure.memory.vault import MemoryVault
from boxoffice.infrastructure.own_secret import with_secret
from boxoffice.infrastructure.payments.absent import NoPaymentProvider
from boxoffice.infrastructure.payments.memory import MemoryPaymentProvider
from boxoffice.infrastructure.payments.mortal import MortalProvider
from boxoffice.infrastructure.payments.notices import SECRETS_MAX
from boxoffice.infrastructure.sealing import Sealer
from boxoffice.observability import WriterFigures
from boxoffice.readmodels.order import ORDER
from boxoffice.readmodels.registry import INDEXES, MODELS
from boxoffice.settings import Settings


@dataclass(frozen=True)
class Container:
    """Every port this process uses, and the writer."""

    settings: Settings
    store: EventStore
    checkpoints: Checkpoints
    tokens: StaffTokens
    writer: Writer
    reach: Reach
    bus: Bus
    documents: ListedDocuments
    cache: Documents
    fanout: Fanout
    clock: Clock
    payments: PaymentProvider
    vault: Vault


@asynccontextmanager
async def open_container(settings: Settings) -> AsyncIterator[Container]:
    """Open the house; on the way out drain the writer and close everything.

    Raises:
        Misconfigured: a URL is of no kind we know.
        Unavailable: a service does not answer.
    """
    async with AsyncExitStack() as stack:
        crash_points.plan(settings.crash_at)
        settings = with_secret(settings)
        log = await asyncio.to_thread(_open_log, settings)
        stack.callback(log.close)
        clock = await asyncio.to_thread(StoreClock, log.store)
        reach = Reach()
        writer = await asyncio.to_thread(
            _open_writer, settings, log.writing, reach=reach
        )
        stack.push_async_callback(asyncio.to_thread, writer.drain, settings.drain_s)
        documents, cache, fanout = _open_read_side(settings, stack)
        payments = _open_payments(settings)
        if settings.crash_at:
            payments = MortalProvider(payments)
        stack.push_async_callback(payments.close)
        ticking = asyncio.create_task(_keep_time(clock))
        stack.push_async_callback(_cancelled, ticking)
        yield Container(
            settings=settings,
            store=log.store,
            checkpoints=log.checkpoints,
            tokens=log.tokens,
            writer=writer,
            reach=reach,
            bus=_open_bus(settings, log.store),
            documents=documents,
            cache=cache,
            fanout=fanout,
            clock=clock,
            payments=payments,
            vault=log.vault,
        )


@dataclass(frozen=True)
class _Log:
    """The log as all use it, and as the writer alone does."""

    store: EventStore
    writing: EventStore
    checkpoints: Checkpoints
    tokens: StaffTokens
    vault: Vault

    def close(self) -> None:
        self.vault.close()
        if self.writing is not self.store:
            self.writing.close()
        self.store.close()


def log_url(settings: Settings) -> str:
    """Give the log's URL; without one it is a file in the data folder."""
    return settings.log_url or f"sqlite:///{Path(settings.data).absolute()}/log.sqlite"


def _open_log(settings: Settings) -> _Log:
    url = log_url(settings)
    kind, _, rest = url.partition("://")
    if kind in ("postgres", "postgresql"):
        return _open_postgres(url, settings)
    if kind == "sqlite":
        return _open_sqlite(rest.removeprefix("/"), settings)
    if kind == "memory":
        return _open_memory(settings)
    msg = "BOXOFFICE_LOG_URL must begin with sqlite:///, postgresql:// or memory://."
    raise Misconfigured(msg)


def _open_postgres(url: str, settings: Settings) -> _Log:
    from boxoffice.infrastructure.postgres.checkpoints import PostgresCheckpoints
    from boxoffice.infrastructure.postgres.event_store import (
        WRITER_POOL_SIZE,
        PostgresEventStore,
    )
    from boxoffice.infrastructure.postgres.staff_tokens import PostgresStaffTokens
    from boxoffice.infrastructure.postgres.vault import PostgresVault

    name = settings.log_name
    store = PostgresEventStore(url, log_name=name)
    return _Log(
        store,
        PostgresEventStore(url, log_name=name, pool_size=WRITER_POOL_SIZE),
        PostgresCheckpoints(store),
        PostgresStaffTokens(store),
        PostgresVault(store, Sealer()),
    )


def _open_sqlite(path: str, settings: Settings) -> _Log:
    from boxoffice.infrastructure.sqlite.checkpoints import SqliteCheckpoints
    from boxoffice.infrastructure.sqlite.event_store import SqliteEventStore
    from boxoffice.infrastructure.sqlite.staff_tokens import SqliteStaffTokens
    from boxoffice.infrastructure.sqlite.vault import VAULT_FILE, SqliteVault

    folder = Path(path).parent
    folder.mkdir(parents=True, exist_ok=True)
    store = SqliteEventStore(path, log_name=settings.log_name)
    return _Log(
        store,
        store,
        SqliteCheckpoints(store),
        SqliteStaffTokens(store),
        SqliteVault(folder / VAULT_FILE, Sealer()),
    )


def _open_memory(settings: Settings) -> _Log:
    store = MemoryEventStore(now=utc_now, log_name=settings.log_name)
    return _Log(
        store,
        store,
        MemoryCheckpoints(now=utc_now),
        MemoryStaffTokens(),
        MemoryVault(Sealer()),
    )


def _open_writer(settings: Settings, store: EventStore, *, reach: Reach) -> Writer:
    figures = WriterFigures()
    path = WritePath(
        store,
        families_max=settings.writer_houses_max,
        orders_max=settings.writer_orders_max,
        observer=figures,
        reach=reach,
    )
    writer = Writer(
        path,
        queue_max=settings.writer_queue_max,
        batch_max=settings.writer_batch_max,
        timeout_s=settings.command_timeout_s,
    )
    figures.watch(writer)
    return writer


def _open_bus(settings: Settings, store: EventStore) -> Bus:
    if not settings.kafka_url:
        return MemoryBus(partitions=settings.partitions)
    from boxoffice.infrastructure.kafka.bus import KafkaBus

    return KafkaBus(
        settings.kafka_url,
        prefix=settings.topic_prefix,
        log=settings.log_name,
        epoch=lambda: store.head().epoch,
        partitions=settings.partitions,
    )


def _open_payments(settings: Settings) -> PaymentProvider:
    """Find whoever takes the money; who starts a sandbox fills in `payments_url`."""
    given = settings.payments_webhook_secrets.split(",")
    webhook_secrets = [secret.strip() for secret in given if secret.strip()]
    if len(webhook_secrets) > SECRETS_MAX:
        msg = f"BOXOFFICE_PAYMENTS_WEBHOOK_SECRETS may name {SECRETS_MAX} at most."
        raise Misconfigured(msg)
    if settings.payments_url:
        return _open_wire(settings, webhook_secrets)
    if settings.log_url.startswith("memory:"):
        return MemoryPaymentProvider(
            webhook_secrets=webhook_secrets,
            notice_window_s=settings.payments_notice_window_s,
        )
    return NoPaymentProvider()


def _open_wire(settings: Settings, webhook_secrets: list[str]) -> PaymentProvider:
    from boxoffice.infrastructure.payments.stripe_wire import StripeWire

    if not settings.payments_url.startswith(("http://", "https://")):
        msg = "BOXOFFICE_PAYMENTS_URL must begin with http:// or https://."
        raise Misconfigured(msg)
    return StripeWire(
        settings.payments_url,
        key=settings.payments_key,
        timeout_s=settings.payment_timeout_s,
        webhook_secrets=webhook_secrets,
        notice_window_s=settings.payments_notice_window_s,
        pay_page=settings.payments_page,
        connections_max=settings.payments_in_flight,
    )


def _open_read_side(
    settings: Settings, stack: AsyncExitStack
) -> tuple[ListedDocuments, Documents, Fanout]:
    documents: ListedDocuments = MemoryDocuments(INDEXES)
    cache: Documents = MemoryDocuments()
    fanout: Fanout = MemoryFanout()
    if settings.mongo_url:
        from boxoffice.infrastructure.mongo.documents import MongoDocuments

        documents = MongoDocuments(
            settings.mongo_url, database=settings.mongo_database, indexes=INDEXES
        )
    if settings.redis_url:
        from boxoffice.infrastructure.redis.documents import RedisDocuments
        from boxoffice.infrastructure.redis.fanout import RedisFanout

        cache = RedisDocuments(settings.redis_url, prefix=settings.redis_prefix)
        fanout = RedisFanout(settings.redis_url, prefix=settings.redis_prefix)
    stack.push_async_callback(documents.close)
    stack.push_async_callback(cache.close)
    stack.push_async_callback(fanout.close)
    return documents, cache, fanout


async def _keep_time(clock: StoreClock) -> None:
    while True:
        await asyncio.sleep(MEASURED_AGAIN_S)
        with contextlib.suppress(BoxOfficeError):
            await asyncio.to_thread(clock.measure)


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def migrate(
    settings: Settings, *, phase: Literal["pre", "post"] | None = None
) -> list[str]:
    """Bring the log's schema and the bus's topics up to date; name what was done.

    `pre` is what old and new code can both bear, and the topics; `post` is the rest of
    the schema; without a phase it is everything. Safe from several processes at once.
    """
    url = settings.migrator_url or log_url(settings)
    done: list[str] = []
    if url.startswith("postgres"):
        from boxoffice.infrastructure.postgres.migrate import (
            migrate as migrate_postgres,
        )

        done += await asyncio.to_thread(migrate_postgres, url, phase=phase or "post")
    if settings.kafka_url and phase != "post":
        done += await _ensure_topics(settings)
    return done


async def _ensure_topics(settings: Settings) -> list[str]:
    from boxoffice.infrastructure.kafka.topics import ensure_topics, topic_name

    log = await asyncio.to_thread(_open_log, settings)
    try:
        epoch = (await asyncio.to_thread(log.store.head)).epoch
    finally:
        log.close()
    names = [
        topic_name(settings.topic_prefix, settings.log_name, epoch, family)
        for family in FAMILIES
    ]
    await ensure_topics(settings.kafka_url, names, partitions=settings.partitions)
    return [f"topic {name}" for name in names]


async def replay_into_memory(container: Container) -> None:
    """Fold the log into the read models that live in this process and start empty."""
    settings = container.settings
    if settings.mongo_url and settings.redis_url:
        return
    side = ReadSide(
        store=container.store,
        documents=container.documents,
        cache=container.cache,
        checkpoints=container.checkpoints,
        partitions=await _partitions(container),
        models=tuple(m for m in MODELS if not _is_kept(settings, m.sink)),
    )
    await rebuild(side)


async def order_documents(container: Container) -> ListedDocuments:
    """Give orders to list: as they are kept, or folded from the log for one question.

    An embedded house keeps them in the memory of its server; its leases are let alone.
    """
    if not container.settings.mongo_url:
        side = ReadSide(
            store=container.store,
            documents=container.documents,
            cache=container.cache,
            checkpoints=MemoryCheckpoints(now=utc_now),
            partitions=dict.fromkeys(FAMILIES, 1),
            models=(ORDER,),
        )
        await rebuild(side)
    return container.documents


async def _partitions(container: Container) -> dict[str, int]:
    """Ask the bus; while it is away, any number does for watermarks that are equal."""
    with contextlib.suppress(Unavailable):
        return await partitions_of(container.bus)
    return dict.fromkeys(FAMILIES, container.settings.partitions)


def _is_kept(settings: Settings, sink: str) -> bool:
    return bool(settings.mongo_url if sink == "documents" else settings.redis_url)

"""The role `projectors`: every read model, kept fresh from the bus."""

from __future__ import annotations

import asyncio

from boxoffice.application.generations import check_epoch, check_log
from boxoffice.errors import BoxOfficeError
from boxoffice_projectors.container import Container
from boxoffice_projectors.health import Health, answering
from boxoffice_projectors.registry import Row, rows
from boxoffice_projectors.runner import Projector

RETRY_S = 0.5


async def run(container: Container, *, health: Health | None = None) -> None:
    """Project until cancelled; answer on `settings.health_port`, unless that is 0."""
    health = health or Health()
    port = container.settings.health_port
    async with answering(health, port=port), asyncio.TaskGroup() as group:
        for row in rows():
            health.expect(row.group)
            group.create_task(_keep_projecting(container, row, health))


async def _keep_projecting(container: Container, row: Row, health: Health) -> None:
    while True:
        try:
            projector = await _projector(container, row, health)
            await projector.run()
        except BoxOfficeError as error:
            health.report(row.group, error.detail)
            await asyncio.sleep(RETRY_S)


async def _projector(container: Container, row: Row, health: Health) -> Projector:
    """Make a projector for the log as it is now.

    Raises:
        Corrupt: the read models were folded from another log, or it was set back.
    """
    head = await asyncio.to_thread(container.store.head)
    documents = container.documents if row.sink == "documents" else container.cache
    for model in row.models:
        name, generation = model.name, await documents.generation(model.name)
        if generation:
            await check_epoch(documents, name, generation, head.epoch)
            await check_log(container.store, documents, name, generation)
    return Projector(
        container.bus,
        documents,
        fanout=container.fanout,
        models=row.models,
        group=row.group,
        epoch=head.epoch,
        health=health,
        batch_max=container.settings.projector_batch_max,
    )

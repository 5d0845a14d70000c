"""The role `reactors`: processes that answer facts and deadlines, and housekeeping."""

from __future__ import annotations

import asyncio

from boxoffice_projectors.checkout import CheckoutReactor
from boxoffice_projectors.container import Container
from boxoffice_projectors.health import Health, answering
from boxoffice_projectors.reactors import HoldExpiry
from boxoffice_projectors.receipts import ReceiptForgetting


async def run(container: Container, *, health: Health | None = None) -> None:
    """React until cancelled; answer on `settings.health_port`, unless that is 0."""
    health = health or Health()
    port = container.settings.health_port
    async with answering(health, port=port), asyncio.TaskGroup() as group:
        group.create_task(HoldExpiry(container, health).run())
        group.create_task(CheckoutReactor(container, health).run())
        group.create_task(ReceiptForgetting(container, health).run())

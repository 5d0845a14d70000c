"""The role `reactors`: processes that answer facts and deadlines with commands."""

from __future__ import annotations

from boxoffice_projectors.container import Container
from boxoffice_projectors.health import Health, answering
from boxoffice_projectors.reactors import HoldExpiry


async def run(container: Container, *, health: Health | None = None) -> None:
    """React until cancelled; answer on `settings.health_port`, unless that is 0."""
    health = health or Health()
    async with answering(health, port=container.settings.health_port):
        await HoldExpiry(container, health).run()

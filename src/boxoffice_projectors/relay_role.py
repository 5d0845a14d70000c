"""The role `relay`: the log, sent to the bus."""

from __future__ import annotations

from boxoffice.application import relay
from boxoffice_projectors import metrics
from boxoffice_projectors.container import Container
from boxoffice_projectors.health import Health, answering

PART = "relay"


async def run(container: Container, *, health: Health | None = None) -> None:
    """Relay until cancelled; answer on `settings.health_port`, unless that is 0.

    A relay that waits for the lease is ready: it stands by.
    """
    health = health or Health()
    async with answering(health, port=container.settings.health_port):
        await relay.run(relay_of(container, health))


async def republish(container: Container) -> int:
    """Have the whole log sent again; give its length."""
    return await relay.republish(relay_of(container, Health()))


def relay_of(container: Container, health: Health) -> relay.Relay:
    """Describe the relay of a container."""
    sent = 0

    def report(state: relay.Report) -> None:
        nonlocal sent
        health.report(PART, state.problem)
        metrics.relay_lag.set(state.head - state.position)
        metrics.relay_messages.inc(max(0, state.messages - sent))
        sent = state.messages

    return relay.Relay(
        store=container.store,
        checkpoints=container.checkpoints,
        bus=container.bus,
        batch_max=container.settings.relay_batch_max,
        lease_s=container.settings.relay_lease_s,
        report=report,
    )

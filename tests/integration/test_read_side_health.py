from __future__ import annotations

import socket

import aiohttp
import pytest

from boxoffice_projectors import metrics
from boxoffice_projectors.health import Health, answering


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.parametrize(("problem", "status"), [("", 200), ("It is down.", 503)])
async def test_readiness_names_what_is_wrong(problem: str, status: int) -> None:
    health = Health()
    health.report("relay", problem)
    metrics.relay_lag.set(7)
    port = free_port()
    async with answering(health, port=port), aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{port}"
        async with session.get(f"{url}/readyz") as answer:
            assert answer.status == status
            body = await answer.json()
            assert body["problems"] == ({"relay": problem} if problem else {})
        async with session.get(f"{url}/livez") as answer:
            assert answer.status == 200
        async with session.get(f"{url}/metrics") as answer:
            text = await answer.text()
    assert "boxoffice_relay_lag_positions 7.0" in text
    assert "boxoffice_projector_gaps_total" in text

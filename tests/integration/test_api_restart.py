"""What a durable log remembers of requests when their process is gone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from boxoffice.bootstrap import migrate
from boxoffice.settings import Settings
from tests.unit.api.house import ANN, open_house


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.service)])
def log_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty log of each durable kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/log.sqlite"
    new_database: Callable[[], str] = request.getfixturevalue("new_postgres_database")
    return new_database()


async def test_a_repeated_request_gets_its_first_answer_from_another_process(
    log_url: str,
) -> None:
    settings = Settings(log_url=log_url, secret="the secret of tests")
    await migrate(settings)
    async with open_house(settings) as house:
        holds = f"/v1/performances/{await house.on_sale()}/holds"
        buyer = await house.buyer()
        keyed = buyer | {"idempotency-key": "hold"}
        body = {"places": [1, 2]}
        held = await house.client.post(holds, json=body, headers=keyed)
        order = f"{held.headers['location']}/order"
        ordering = buyer | {"idempotency-key": "order"}
        placed = await house.client.post(order, json=ANN, headers=ordering)
        assert (held.status_code, placed.status_code) == (201, 202)
        await house.settle(placed.json()["order"], "captured")
    async with open_house(settings) as house:
        again = await house.client.post(holds, json=body, headers=keyed)
        assert held.content == again.content
        again = await house.client.post(order, json=ANN, headers=ordering)
        assert placed.content == again.content
        shown = await house.client.get(placed.headers["location"], headers=buyer)
        assert shown.json()["status"] == "confirmed"
        assert shown.json()["particulars"] == ANN
        state = await house.client.get(held.headers["location"], headers=buyer)
        assert state.json()["state"] == "sold"
        taken = await house.client.post(holds, json=body, headers=await house.buyer())
        assert taken.status_code == 409

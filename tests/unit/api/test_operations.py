import dataclasses
from typing import Any

import pytest

from boxoffice.errors import Unavailable
from boxoffice_api.health import Health, health_of
from tests.unit.api.house import House


class Silent:
    """A port whose other side is away."""

    async def ping(self) -> None:
        raise Unavailable("redis://:hunter2@cache is away")


class Wrong:
    """A clock that is off."""

    def offset_s(self) -> float:
        return -1.5


async def health_with(house: House, **changes: Any) -> Health:
    """Look at a house with other ports."""
    container = dataclasses.replace(house.container, **changes)
    return await health_of(container, epoch=1, tail=house.edge.tail)


async def test_a_house_in_order_is_ready(house: House) -> None:
    answer = await house.client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ready"
    names = {"log", "programme", "bus", "documents", "cache", "clock", "writer"}
    assert set(answer.json()["checks"]) == names


@pytest.mark.parametrize("port", ["bus", "documents", "cache"])
async def test_without_its_read_side_a_house_still_sells(
    house: House, port: str
) -> None:
    changes: dict[str, Any] = {port: Silent()}
    health = await health_with(house, **changes)
    assert health.status == "degraded"
    assert health.checks[port].detail == "unavailable"


async def test_a_wrong_clock_takes_a_house_out_of_service(house: House) -> None:
    changes: dict[str, Any] = {"clock": Wrong()}
    health = await health_with(house, **changes)
    assert health.status == "unready"
    assert health.checks["clock"].detail == "-1.500 s off; at most 1 s"


async def test_a_closing_writer_takes_a_house_out_of_service(house: House) -> None:
    assert house.container.writer.drain(5)
    answer = await house.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["writer"]["ok"] is False
    alive = await house.client.get("/livez")
    assert alive.status_code == 200


async def test_a_log_that_was_set_back_takes_a_house_out_of_service(
    house: House,
) -> None:
    house.container.store.new_epoch()
    answer = await house.client.get("/readyz")
    assert answer.status_code == 503
    assert "start this process anew" in answer.json()["checks"]["log"]["detail"]


async def test_commands_to_a_closing_house_are_answered_with_503(
    house: House, performance: str
) -> None:
    buyer = await house.buyer()
    assert house.container.writer.drain(5)
    answer = await house.client.post(
        f"/v1/performances/{performance}/holds", json={"places": [1]}, headers=buyer
    )
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"


async def test_figures_count_answers_by_route(house: House, performance: str) -> None:
    await house.client.get(f"/v1/performances/{performance}")
    await house.client.get("/nope")
    answer = await house.client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    routes = {
        line.partition('route="')[2].partition('"')[0]
        for line in answer.text.splitlines()
        if line.startswith("boxoffice_http_answers_total")
    }
    assert "/v1/performances/{performance}" in routes
    assert performance not in answer.text
    assert not any("nope" in route for route in routes)


async def test_every_answer_has_its_security_fields(
    house: House, performance: str
) -> None:
    answers = [
        await house.client.get("/livez"),
        await house.client.get("/nope"),
        await house.client.get("/problems"),
        await house.client.post(f"/v1/performances/{performance}/holds"),
        await house.client.put("/livez"),
    ]
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
    assert "default-src 'self'" in answers[2].headers["content-security-policy"]


async def test_an_unknown_method_names_the_known_ones(house: House) -> None:
    answer = await house.client.put("/livez")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]

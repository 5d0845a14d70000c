import json
from typing import Any

import pytest

from boxoffice_api.app import API
from boxoffice_api.openapi import document
from boxoffice_api.spec import SPEC
from tests.unit.api.house import House

METRICS = "/metrics"
NO_COMMANDS = ("/v1/buyers", "/v1/payments/webhook")


def described() -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(document(API))
    return whole


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, methods in described()["paths"].items()
        for method, operation in methods.items()
    ]


def test_every_route_of_the_api_is_described() -> None:
    silent = [
        path for handler in API if SPEC not in handler.opt for path in handler.paths
    ]
    assert silent == [METRICS]


def test_every_operation_has_a_name_of_its_own_and_a_sentence() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]
    assert sorted(set(names)) == sorted(names)
    for _, _, operation in operations():
        assert operation["summary"].endswith(".")


def test_every_reference_leads_somewhere() -> None:
    whole = described()
    text = json.dumps(whole)
    names = {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert names <= set(whole["components"]["schemas"])
    assert {"HoldRequest", "HoldView", "Problem"} <= names


def test_refusals_are_declared_as_problems() -> None:
    for path, method, operation in operations():
        for status, response in operation["responses"].items():
            if int(status) < 400 or path == "/readyz":
                continue
            assert list(response["content"]) == ["application/problem+json"], (
                path,
                method,
                status,
            )


def test_a_command_takes_an_idempotency_key() -> None:
    for path, method, operation in operations():
        names = {parameter["name"] for parameter in operation["parameters"]}
        is_command = method != "get" and path not in NO_COMMANDS
        assert ("Idempotency-Key" in names) is is_command, path


@pytest.mark.parametrize("path", ["/openapi.json", "/problems", "/problems/invalid"])
async def test_the_api_explains_itself(house: House, path: str) -> None:
    answer = await house.client.get(path)
    assert answer.status_code == 200


async def test_the_document_is_openapi_3_1(house: House) -> None:
    answer = await house.client.get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["openapi"].startswith("3.1.")

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import helm_python
import jsonschema
import pytest

from tests.chart.release import CHART, Values, full_values, render

SCHEMA = json.loads((CHART / "values.schema.json").read_text("utf-8"))
WARNING = 2


def findings(chart: Path, values: Values) -> list[str]:
    report = helm_python.lint(chart, dict(values), strict=True)
    loud = [m["error"] for m in report["messages"] if m["severity"] >= WARNING]
    return [*loud, *report["errors"]]


@pytest.mark.parametrize("values", [{}, full_values()], ids=["default", "full"])
def test_the_strict_lint_finds_nothing(values: Values) -> None:
    assert findings(CHART, values) == []


def test_the_strict_lint_finds_a_planted_mistake(tmp_path: Path) -> None:
    broken = tmp_path / "boxoffice"
    shutil.copytree(CHART, broken)
    (broken / "templates" / "planted.yaml").write_text("{{ .Values.absent.key }}\n")

    assert findings(broken, {}) != []


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"replicas": 3}, id="unknown key at the root"),
        pytest.param({"api": {"replica": 3}}, id="misspelt key of a role"),
        pytest.param({"api": {"replicas": 0}}, id="no api at all"),
        pytest.param({"api": {"replicas": "3"}}, id="a number as text"),
        pytest.param({"relay": {"replicas": 3}}, id="more relays than a lease needs"),
        pytest.param({"reactor": {"replicas": 3}}, id="too many reactors"),
        pytest.param({"relay": {"autoscaling": {"enabled": True}}}, id="relay scaled"),
        pytest.param({"api": {"keda": {"enabled": True}}}, id="keda for the api"),
        pytest.param(
            {"projector": {"autoscaling": {"enabled": True}}}, id="hpa for projectors"
        ),
        pytest.param(
            {"projector": {"keda": {"enabled": True}}}, id="keda without brokers"
        ),
        pytest.param(
            {"projector": {"keda": {"enabled": True, "bootstrapServers": "kafka"}}},
            id="brokers without port",
        ),
        pytest.param({"image": {"tag": "latest"}}, id="a tag that moves"),
        pytest.param({"image": {"digest": "sha256:abc"}}, id="half a digest"),
        pytest.param({"image": {"repository": "boxoffice:1"}}, id="tag in repository"),
        pytest.param(
            {"secrets": {"logUrl": {"name": "a", "key": "b", "value": "c"}}},
            id="a secret's value",
        ),
        pytest.param(
            {"secrets": {"logUrl": "postgresql://app:pw@db/boxoffice"}}, id="a URL"
        ),
        pytest.param(
            {"settings": {"BOXOFFICE_LOG_URL": "postgresql://db/x"}},
            id="a store's URL among the settings",
        ),
        pytest.param(
            {"api": {"settings": {"BOXOFFICE_SECRET": "hush"}}},
            id="the signing key among the settings",
        ),
        pytest.param(
            {"settings": {"BOXOFFICE_VENUE": "https://user:pw@example"}},
            id="a password inside a setting",
        ),
        pytest.param(
            {"api": {"settings": {"BOXOFFICE_DRAIN_S": "900"}}},
            id="a drain longer than the grace",
        ),
        pytest.param({"settings": {"PATH": "/tmp"}}, id="a setting of somebody else"),
        pytest.param(
            {"settings": {"BOXOFFICE_PARTITIONS": 8}}, id="an unquoted number"
        ),
        pytest.param(
            {"api": {"resources": {"limits": {"memory": None}}}},
            id="no limit of memory",
        ),
        pytest.param(
            {"api": {"trustedProxies": "ingress-nginx"}}, id="a proxy without address"
        ),
        pytest.param({"ingress": {"enabled": True}}, id="an ingress without host"),
        pytest.param(
            {"podLabels": {"app.kubernetes.io/component": "x"}}, id="a label of ours"
        ),
        pytest.param(
            {"networkPolicy": {"httpFrom": [{}]}}, id="a peer that means everybody"
        ),
        pytest.param(
            {"networkPolicy": {"stores": {"redis": {"ports": []}}}},
            id="a store without port",
        ),
    ],
)
def test_wrong_values_are_refused(values: Values) -> None:
    with pytest.raises(helm_python.HelmValuesError):
        render(values)


@pytest.mark.parametrize(
    "values",
    [
        {"api": {"autoscaling": {"minReplicas": 5, "maxReplicas": 4}}},
        {
            "projector": {
                "keda": {
                    "enabled": True,
                    "bootstrapServers": "kafka:9092",
                    "minReplicas": 5,
                    "maxReplicas": 4,
                }
            }
        },
    ],
    ids=["api", "projector"],
)
def test_a_maximum_below_the_minimum_is_refused(values: Values) -> None:
    with pytest.raises(helm_python.HelmRenderError, match="maxReplicas"):
        render(values)


def test_a_parent_chart_may_give_its_globals() -> None:
    assert render({"global": {"anything": 1}}).manifests == render().manifests


def test_the_schema_is_a_schema_and_closes_every_object() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)

    assert [path for path, node in objects(SCHEMA) if open_ended(node)] == []


def objects(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        if "properties" in node and path.rsplit("/", 1)[-1] not in ("if", "then"):
            yield path, node
        for key, child in node.items():
            yield from objects(child, f"{path}/{key}")


def open_ended(node: dict[str, Any]) -> bool:
    return node.get("additionalProperties") is not False

import copy

import kubernetes_validate
import pytest
import yaml

from tests.chart.release import CHART, Manifest, Release

OLDEST = "1.30"
NEWEST = "1.37"
CUSTOM = {"ScaledObject", "ServiceMonitor", "PrometheusRule"}


def validate(manifest: Manifest, version: str) -> None:
    kubernetes_validate.validate(manifest, version, strict=True)


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_every_manifest_fits_the_schemas_of_kubernetes(
    release: Release, version: str
) -> None:
    plain = [m for m in release.manifests if m["kind"] not in CUSTOM]

    for manifest in plain:
        validate(manifest, version)

    assert plain != []


def test_the_chart_promises_no_older_kubernetes_than_is_checked() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))

    assert chart["kubeVersion"] == f">={OLDEST}.0-0"
    assert kubernetes_validate.latest_version().startswith(f"{NEWEST}.")


def test_an_unknown_field_would_be_noticed(default_release: Release) -> None:
    manifest = copy.deepcopy(default_release.the("Deployment", "api"))
    manifest["spec"]["template"]["spec"]["containers"][0]["readOnly"] = True

    with pytest.raises(kubernetes_validate.ValidationError):
        validate(manifest, NEWEST)


def test_nothing_of_an_operator_is_made_unless_asked_for(
    default_release: Release,
) -> None:
    assert CUSTOM & {m["kind"] for m in default_release.manifests} == set()


def test_everything_of_the_operators_is_made_when_asked_for(
    full_release: Release,
) -> None:
    assert {m["kind"] for m in full_release.manifests} >= CUSTOM

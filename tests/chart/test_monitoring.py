import re

import pytest

from boxoffice import observability
from boxoffice_projectors import metrics
from tests.chart.release import ROLES, Manifest, Release, label, render

ANY = '{namespace="tickets",service=~"house-boxoffice-.+"}'
RELAYS = '{namespace="tickets",service="house-boxoffice-relay"}'
PROJECTORS = '{namespace="tickets",service="house-boxoffice-projector"}'


def rules(release: Release) -> dict[str, Manifest]:
    (manifest,) = release.of_kind("PrometheusRule")
    (group,) = manifest["spec"]["groups"]
    return {rule["alert"]: rule for rule in group["rules"]}


def test_every_role_is_scraped_through_a_service(full_release: Release) -> None:
    (monitor,) = full_release.of_kind("ServiceMonitor")
    selector = monitor["spec"]["selector"]["matchLabels"]
    scraped = {endpoint["port"] for endpoint in monitor["spec"]["endpoints"]}

    reached = {
        label(service, "component")
        for service in full_release.of_kind("Service")
        if selector.items() <= service["metadata"]["labels"].items()
        and service["spec"]["ports"][0]["name"] in scraped
    }

    assert monitor["apiVersion"] == "monitoring.coreos.com/v1"
    assert reached == set(ROLES)
    assert monitor["metadata"]["labels"]["release"] == "prometheus"
    assert {e["path"] for e in monitor["spec"]["endpoints"]} == {"/metrics"}


def test_background_roles_have_no_service_until_they_are_scraped(
    default_release: Release,
) -> None:
    services = {label(s, "component") for s in default_release.of_kind("Service")}

    assert services == {"api"}


def test_a_relay_that_is_not_there_is_noticed(full_release: Release) -> None:
    """Projectors report the same metric, so only the relay's own counts."""
    rule = rules(full_release)["BoxofficeRelayMissing"]

    assert rule["expr"] == f"absent(boxoffice_relay_lag_positions{RELAYS})"
    assert rule["labels"]["severity"] == "critical"


def test_every_rule_is_about_this_release_and_says_what_to_think(
    full_release: Release,
) -> None:
    for rule in rules(full_release).values():
        assert any(of in rule["expr"] for of in (ANY, RELAYS, PROJECTORS))
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert {"summary", "description"} == rule["annotations"].keys()
        assert rule["for"]


@pytest.mark.parametrize(
    ("threshold", "alert", "metric"),
    [
        (
            "writerQueueDepth",
            "BoxofficeWriterQueueDeep",
            f"boxoffice_writer_queue_depth{ANY}",
        ),
        (
            "relayLagPositions",
            "BoxofficeRelayLagging",
            f"boxoffice_relay_lag_positions{RELAYS}",
        ),
        (
            "projectorLagPositions",
            "BoxofficeProjectorLagging",
            f"boxoffice_projector_lag_positions{PROJECTORS}",
        ),
    ],
)
def test_each_threshold_bounds_its_own_metric(
    threshold: str, alert: str, metric: str
) -> None:
    release = render(
        {
            "metrics": {
                "prometheusRule": {
                    "enabled": True,
                    "thresholds": {threshold: 3_000_000},
                }
            }
        }
    )

    rule = rules(release)[alert]

    assert rule["expr"] == f"max({metric}) > 3000000"
    assert "3000000" in rule["annotations"]["description"]


def test_what_the_rules_watch_is_what_the_roles_report(full_release: Release) -> None:
    gauges = (observability._depth, metrics.relay_lag, metrics.projector_lag)
    reported = {family.name for gauge in gauges for family in gauge.describe()}

    for rule in rules(full_release).values():
        (watched,) = re.findall(r"boxoffice_[a-z_]+", rule["expr"])
        assert watched in reported

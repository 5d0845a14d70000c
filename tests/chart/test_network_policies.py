from collections.abc import Iterable

import pytest

from tests.chart.release import ROLES, Manifest, Release, render, selects

DNS = {53}
POSTGRES = {5432}
KAFKA = {9092}
MONGO = {27017}
REDIS = {6379}
PAYMENTS = {443}
DOORS = {
    "api": DNS | POSTGRES | MONGO | REDIS | PAYMENTS,
    "relay": DNS | POSTGRES | KAFKA,
    "projector": DNS | POSTGRES | KAFKA | MONGO | REDIS,
    "reactor": DNS | POSTGRES | PAYMENTS,
    "migration": DNS | POSTGRES | KAFKA,
    "migrate-post": DNS | POSTGRES,
    "test": DNS | {8000},
}


def policies(release: Release, pod: Manifest) -> list[Manifest]:
    return [
        manifest["spec"]
        for manifest in release.of_kind("NetworkPolicy")
        if selects(manifest["spec"]["podSelector"]["matchLabels"], pod)
    ]


def ports(rules: Iterable[Manifest]) -> set[int]:
    return {port["port"] for rule in rules for port in rule["ports"]}


def egress(release: Release, role: str) -> list[Manifest]:
    found = policies(release, release.pod_templates()[role])
    return [rule for policy in found for rule in policy.get("egress", [])]


def ingress(release: Release, role: str) -> list[Manifest]:
    found = policies(release, release.pod_templates()[role])
    return [rule for policy in found for rule in policy.get("ingress", [])]


def test_every_pod_is_denied_everything_first(release: Release) -> None:
    for pod in release.pod_templates().values():
        assert [
            policy
            for policy in policies(release, pod)
            if policy["policyTypes"] == ["Ingress", "Egress"]
            and not {"ingress", "egress"} & policy.keys()
        ] != []


def test_each_role_reaches_its_stores_and_nothing_else(
    default_release: Release,
) -> None:
    opened = {role: ports(egress(default_release, role)) for role in DOORS}

    assert opened == DOORS


def test_nobody_reaches_the_background_roles(default_release: Release) -> None:
    for role in set(DOORS) - {"api"}:
        assert ingress(default_release, role) == []


def test_the_api_is_reached_by_the_ingress_and_by_the_helm_test(
    default_release: Release,
) -> None:
    (rule,) = ingress(default_release, "api")
    controller, test = rule["from"]

    assert ports([rule]) == {8000}
    assert controller["namespaceSelector"]["matchLabels"] == {
        "kubernetes.io/metadata.name": "ingress-nginx"
    }
    assert selects(
        test["podSelector"]["matchLabels"], default_release.pod_templates()["test"]
    )


def test_without_named_peers_only_the_helm_test_reaches_the_api() -> None:
    release = render({"networkPolicy": {"httpFrom": []}})

    (rule,) = ingress(release, "api")

    assert [list(peer) for peer in rule["from"]] == [["podSelector"]]


@pytest.mark.parametrize(("role", "port"), [("api", 8000), ("relay", 9000)])
def test_metrics_are_scraped_from_the_named_peers_alone(
    full_release: Release, role: str, port: int
) -> None:
    *_, rule = ingress(full_release, role)

    assert ports([rule]) == {port}
    assert rule["from"] == [
        {
            "namespaceSelector": {
                "matchLabels": {"kubernetes.io/metadata.name": "monitoring"}
            }
        }
    ]


def test_nobody_scrapes_when_no_peer_is_named() -> None:
    release = render(
        {
            "metrics": {"serviceMonitor": {"enabled": True}},
            "networkPolicy": {"metricsFrom": []},
        }
    )

    assert ingress(release, "relay") == []


def test_the_way_to_a_store_can_be_narrowed(full_release: Release) -> None:
    for role in ROLES:
        (rule,) = (r for r in egress(full_release, role) if ports([r]) == POSTGRES)
        assert rule["to"] == [{"ipBlock": {"cidr": "10.1.0.0/24"}}]


def test_a_role_may_be_given_a_door_of_its_own() -> None:
    rule = {"ports": [{"port": 8443, "protocol": "TCP"}]}
    release = render({"networkPolicy": {"extraEgress": {"reactor": [rule]}}})
    assert 8443 in ports(egress(release, "reactor"))
    assert 8443 not in ports(egress(release, "api"))


def test_both_migrations_are_given_the_door_of_the_migration() -> None:
    rule = {"ports": [{"port": 6432, "protocol": "TCP"}]}
    release = render({"networkPolicy": {"extraEgress": {"migration": [rule]}}})

    for role in ("migration", "migrate-post"):
        assert 6432 in ports(egress(release, role))


def test_no_policy_is_made_where_the_cluster_has_its_own() -> None:
    release = render({"networkPolicy": {"enabled": False}})

    assert release.of_kind("NetworkPolicy") == []
    assert "networkPolicy.enabled is false" in release.notes

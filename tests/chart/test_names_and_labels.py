import re
import tomllib

import yaml

from tests.chart.release import CHART, ROOT, Release, label, render, selects

RECOMMENDED = {
    f"app.kubernetes.io/{name}"
    for name in ("name", "instance", "version", "part-of", "managed-by")
}
LONGEST_RELEASE = "a" * 53


def test_every_manifest_wears_the_recommended_labels(release: Release) -> None:
    for manifest in release.manifests:
        labels = manifest["metadata"]["labels"]
        assert labels.keys() >= RECOMMENDED | {"helm.sh/chart"}
        assert labels["app.kubernetes.io/instance"] == "house"
        assert manifest["metadata"]["namespace"] == "tickets"


def test_a_deployment_selects_its_own_pods_and_no_others(release: Release) -> None:
    for deployment in release.of_kind("Deployment"):
        selector = deployment["spec"]["selector"]["matchLabels"]
        chosen = {
            role
            for role, pod in release.pod_templates().items()
            if selects(selector, pod)
        }
        assert chosen == {label(deployment, "component")}


def test_a_service_selects_pods_that_listen_on_its_port(release: Release) -> None:
    for service in release.of_kind("Service"):
        chosen = {
            role: pod["spec"]["containers"][0].get("ports", [])
            for role, pod in release.pod_templates().items()
            if selects(service["spec"]["selector"], pod)
        }
        (port,) = service["spec"]["ports"]
        (listening,) = chosen[label(service, "component")]
        assert len(chosen) == 1
        assert port["targetPort"] == listening["name"]


def test_selectors_hold_nothing_that_changes_between_releases(
    full_release: Release, default_release: Release
) -> None:
    full, default = (
        [d["spec"]["selector"] for d in r.of_kind("Deployment")]
        for r in (full_release, default_release)
    )

    assert full == default


def test_two_releases_of_one_namespace_never_meet() -> None:
    one, other = render(name="one"), render(name="other")

    def names(release: Release) -> set[tuple[str, str]]:
        return {(m["kind"], m["metadata"]["name"]) for m in release.manifests}

    assert names(one) & names(other) == set()
    for deployment in one.of_kind("Deployment"):
        selector = deployment["spec"]["selector"]["matchLabels"]
        assert not any(selects(selector, p) for p in other.pod_templates().values())


def test_no_name_is_too_long_for_the_longest_release() -> None:
    release = render(name=LONGEST_RELEASE)

    for manifest in release.manifests:
        assert re.fullmatch(
            r"[a-z0-9]([a-z0-9-]{0,51}[a-z0-9])?", manifest["metadata"]["name"]
        )
    for pod in release.pod_templates().values():
        assert all(len(value) <= 63 for value in pod["metadata"]["labels"].values())


def test_names_can_be_chosen() -> None:
    release = render({"fullnameOverride": "tills"})

    names = {manifest["metadata"]["name"] for manifest in release.manifests}

    assert all(name == "tills" or name.startswith("tills-") for name in names)


def test_pods_wear_the_labels_of_the_house_too(full_release: Release) -> None:
    for role, pod in full_release.pod_templates().items():
        assert role == "test" or pod["metadata"]["labels"]["team"] == "tickets"


def test_the_chart_installs_the_version_it_lies_beside() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))

    assert chart["appVersion"] == project["project"]["version"]

import pytest

from tests.chart.release import Manifest, Release, label, render

EVENTS = {
    "migration": {"pre-install", "pre-upgrade"},
    "migrate-post": {"post-install", "post-upgrade"},
}
PHASES = {"migration": "pre", "migrate-post": "post"}
each_job = pytest.mark.parametrize("role", EVENTS)


def hooks(release: Release, role: str) -> dict[str, Manifest]:
    return {
        manifest["kind"]: manifest["metadata"]["annotations"]
        for manifest in release.manifests
        if label(manifest, "component") == role
    }


@each_job
def test_migrations_run_before_the_first_new_pod_and_after_the_last_old_one(
    release: Release, role: str
) -> None:
    (container,) = release.pod_templates()[role]["spec"]["containers"]

    assert container["args"] == ["migrate", "--phase", PHASES[role]]
    assert set(hooks(release, role)["Job"]["helm.sh/hook"].split(",")) == EVENTS[role]


@each_job
def test_what_a_migration_stands_on_comes_before_it(
    release: Release, role: str
) -> None:
    """On a first install nothing else of the release exists yet."""
    found = hooks(release, role)
    job = release.the("Job", role)
    account = release.the("ServiceAccount", role)

    assert set(found) == {"ServiceAccount", "NetworkPolicy", "Job"}
    for kind in ("ServiceAccount", "NetworkPolicy"):
        assert set(found[kind]["helm.sh/hook"].split(",")) == EVENTS[role]
        assert int(found[kind]["helm.sh/hook-weight"]) < int(
            found["Job"]["helm.sh/hook-weight"]
        )
    assert (
        account["metadata"]["name"]
        == job["spec"]["template"]["spec"]["serviceAccountName"]
    )


@each_job
def test_a_success_leaves_nothing_and_a_failure_stays_to_be_read(
    release: Release, role: str
) -> None:
    for annotations in hooks(release, role).values():
        policies = set(annotations["helm.sh/hook-delete-policy"].split(","))
        assert policies == {"before-hook-creation", "hook-succeeded"}


@each_job
def test_a_migration_ends(release: Release, role: str) -> None:
    job = release.the("Job", role)["spec"]

    assert job["activeDeadlineSeconds"] == 900
    assert job["backoffLimit"] == 2
    assert job["template"]["spec"]["restartPolicy"] == "Never"


@each_job
def test_other_deployers_may_order_the_migration(
    full_release: Release, role: str
) -> None:
    for annotations in hooks(full_release, role).values():
        assert annotations["argocd.argoproj.io/sync-wave"] == "-1"


def test_migrations_can_be_left_to_somebody_else() -> None:
    release = render({"migration": {"enabled": False}})

    for role in EVENTS:
        assert hooks(release, role) == {}
        assert role not in release.pod_templates()


def test_nothing_else_is_a_hook_but_the_test(release: Release) -> None:
    hooked = {
        manifest["metadata"]["labels"]["app.kubernetes.io/component"]
        for manifest in release.manifests
        if "helm.sh/hook" in manifest["metadata"].get("annotations", {})
    }

    assert hooked == {*EVENTS, "test"}

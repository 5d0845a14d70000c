import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from boxoffice.cli.roles import STOP_LIMIT_S
from boxoffice.settings import Settings
from tests.chart.release import ROLES, Manifest, Release, Values, render

EVERY_POD = {*ROLES, "migration", "migrate-post", "test"}
USER = 65532


def test_every_role_has_its_pod(release: Release) -> None:
    assert set(release.pod_templates()) == EVERY_POD


def test_no_pod_runs_as_root_or_shares_the_node(release: Release) -> None:
    for pod in release.pod_templates().values():
        security = pod["spec"]["securityContext"]
        assert security["runAsNonRoot"] is True
        assert (security["runAsUser"], security["fsGroup"]) == (USER, USER)
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod["spec"].keys()


def test_no_container_can_gain_rights_or_write_its_root(release: Release) -> None:
    for _, container in release.containers():
        security = container["securityContext"]
        assert security["runAsNonRoot"] is True
        assert security["runAsUser"] == USER
        assert security["allowPrivilegeEscalation"] is False
        assert security["readOnlyRootFilesystem"] is True
        assert security["capabilities"] == {"drop": ["ALL"]}
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        assert "privileged" not in security


def test_no_pod_carries_a_token_of_the_cluster(release: Release) -> None:
    for pod in release.pod_templates().values():
        assert pod["spec"]["automountServiceAccountToken"] is False
    for account in release.of_kind("ServiceAccount"):
        assert account["automountServiceAccountToken"] is False


def test_no_variable_of_a_service_looks_like_a_setting(release: Release) -> None:
    """A Service named boxoffice-api would set BOXOFFICE_API_PORT in every pod."""
    for pod in release.pod_templates().values():
        assert pod["spec"]["enableServiceLinks"] is False


def test_every_container_asks_for_and_is_bound_to_its_share(release: Release) -> None:
    for _, container in release.containers():
        resources = container["resources"]
        for share in (resources["requests"], resources["limits"]):
            assert {"cpu", "memory", "ephemeral-storage"} <= share.keys()
        assert resources["requests"]["memory"] == resources["limits"]["memory"]


def test_scratch_space_is_bounded_and_nothing_of_the_node_is_mounted(
    release: Release,
) -> None:
    for pod in release.pod_templates().values():
        for volume in pod["spec"].get("volumes", []):
            kind = set(volume) - {"name"}
            assert kind <= {"emptyDir", "projected"}
            assert "sizeLimit" in volume.get("emptyDir", {"sizeLimit": ""})


@pytest.mark.parametrize("role", ROLES)
def test_liveness_and_readiness_are_asked_on_the_port_of_the_role(
    release: Release, role: str
) -> None:
    (container,) = release.pod_templates()[role]["spec"]["containers"]
    (port,) = container["ports"]

    asked = {
        name: container[name]["httpGet"]
        for name in ("startupProbe", "livenessProbe", "readinessProbe")
    }

    assert port["containerPort"] == (8000 if role == "api" else Settings().health_port)
    assert {probe["port"] for probe in asked.values()} == {port["name"]}
    assert asked["startupProbe"]["path"] == "/livez"
    assert asked["livenessProbe"]["path"] == "/livez"
    assert asked["readinessProbe"]["path"] == "/readyz"


def test_the_api_listens_where_it_is_probed(default_release: Release) -> None:
    (container,) = default_release.pod_templates()["api"]["spec"]["containers"]

    assert " ".join(container["args"]) == (
        "serve --role api --host 0.0.0.0 --port 8000"
    )
    assert [port["containerPort"] for port in container["ports"]] == [8000]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("times", [None, (0, 1), (5, 45), (120, 600)])
def test_a_pod_has_more_grace_than_its_ending_takes(
    role: str, times: tuple[int, int] | None
) -> None:
    own = (
        {}
        if times is None
        else dict(zip(("preStopSeconds", "drainSeconds"), times, strict=True))
    )
    spec = render({role: own}).pod_templates()[role]["spec"]
    container = spec["containers"][0]

    sleeps = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {})
    taken = sleeps.get("seconds", 0) + int(variable(container, "BOXOFFICE_DRAIN_S"))

    assert spec["terminationGracePeriodSeconds"] > taken + STOP_LIMIT_S
    assert times is None or sum(times) == taken


def test_the_api_waits_for_load_balancers_to_forget_it(
    default_release: Release,
) -> None:
    (container,) = default_release.pod_templates()["api"]["spec"]["containers"]

    assert container["lifecycle"]["preStop"]["sleep"]["seconds"] > 0


@pytest.mark.parametrize("role", ROLES)
def test_pods_of_a_role_spread_over_nodes_and_zones(
    release: Release, role: str
) -> None:
    pod = release.pod_templates()[role]
    spread = pod["spec"]["topologySpreadConstraints"]

    keys = [constraint["topologyKey"] for constraint in spread]
    selectors = [constraint["labelSelector"]["matchLabels"] for constraint in spread]

    assert keys == ["kubernetes.io/hostname", "topology.kubernetes.io/zone"]
    assert all(s.items() <= pod["metadata"]["labels"].items() for s in selectors)
    assert all(s["app.kubernetes.io/component"] == role for s in selectors)


def test_a_rollout_never_takes_a_pod_away_first(release: Release) -> None:
    for deployment in release.of_kind("Deployment"):
        strategy = deployment["spec"]["strategy"]["rollingUpdate"]
        assert strategy == {"maxSurge": 1, "maxUnavailable": 0}


def test_where_pods_run_follows_the_values(full_release: Release) -> None:
    spec = full_release.pod_templates()["api"]["spec"]

    assert spec["nodeSelector"] == {"pool": "sales"}
    assert spec["priorityClassName"] == "sales"
    assert spec["tolerations"][0]["key"] == "sales"
    assert "nodeAffinity" in spec["affinity"]
    assert spec["imagePullSecrets"] == [{"name": "registry"}]


@pytest.mark.parametrize(("status", "verdict"), [(200, 0), (503, 1)])
def test_the_helm_test_passes_only_when_the_api_is_ready(
    default_release: Release, status: int, verdict: int
) -> None:
    pod = default_release.the("Pod", "test")
    (container,) = pod["spec"]["containers"]
    (script,) = container["args"]
    assert pod["metadata"]["annotations"]["helm.sh/hook"] == "test"
    assert container["command"] == ["python", "-c"]
    assert "http://house-boxoffice-api:80" in script

    with answering(status) as address:
        local = script.replace("http://house-boxoffice-api:80", address)
        run = subprocess.run(
            [sys.executable, "-c", local], check=False, timeout=30, capture_output=True
        )

    assert run.returncode == verdict


@pytest.mark.parametrize(
    ("values", "believed"),
    [
        ({}, None),
        ({"ingress": {"enabled": True, "hosts": ["tickets.example"]}}, "*"),
        (
            {
                "api": {"trustedProxies": "10.3.0.0/16"},
                "ingress": {"enabled": True, "hosts": ["tickets.example"]},
            },
            "10.3.0.0/16",
        ),
    ],
    ids=["no ingress", "ingress", "named"],
)
def test_the_api_believes_its_proxy_alone_about_the_scheme(
    values: Values, believed: str | None
) -> None:
    release = render(values)

    told = {
        role: entry["value"]
        for role, container in release.containers()
        for entry in container.get("env", [])
        if entry["name"] == "FORWARDED_ALLOW_IPS"
    }

    assert told == ({} if believed is None else {"api": believed})


@contextmanager
def answering(status: int) -> Iterator[str]:
    """A server on loopback that lives, and is as ready as `status` says."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/livez" else status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def variable(container: Manifest, name: str) -> str:
    (value,) = (entry["value"] for entry in container["env"] if entry["name"] == name)
    return str(value)

import re

from boxoffice.bootstrap import open_container
from boxoffice.settings import Settings
from boxoffice_api.app import framework
from boxoffice_api.edge import open_edge
from tests.chart.release import Manifest, Release, render

HASH_BY = "nginx.ingress.kubernetes.io/upstream-hash-by"


def test_there_is_no_ingress_unless_asked_for(default_release: Release) -> None:
    assert default_release.of_kind("Ingress") == []
    assert "port-forward" in default_release.notes


def test_the_ingress_leads_to_the_api(full_release: Release) -> None:
    (ingress,) = full_release.of_kind("Ingress")
    service = full_release.the("Service", "api")
    (rule,) = ingress["spec"]["rules"]

    assert ingress["spec"]["ingressClassName"] == "nginx"
    assert rule["host"] == "tickets.example"
    for path in rule["http"]["paths"]:
        assert path["backend"]["service"] == {
            "name": service["metadata"]["name"],
            "port": {"name": service["spec"]["ports"][0]["name"]},
        }
    assert ingress["spec"]["tls"][0]["secretName"] == "tickets-tls"
    assert "https://tickets.example/" in full_release.notes


def leads(rule: Manifest, path: str) -> bool:
    """Whether a rule leads a path to the api, by the words of Kubernetes."""
    led: str = rule["path"]
    is_below = rule["pathType"] == "Prefix" and path.startswith(f"{led}/")
    return path == led or is_below


async def test_the_ingress_leads_to_every_route_that_is_for_everybody(
    full_release: Release,
) -> None:
    (ingress,) = full_release.of_kind("Ingress")
    rules = ingress["spec"]["rules"][0]["http"]["paths"]
    async with open_container(Settings(log_url="memory://")) as container:
        served = {route.path for route in framework(open_edge(container)).routes}

    led = {path for path in served if any(leads(rule, path) for rule in rules)}

    assert served - led == {"/livez", "/readyz", "/metrics"}
    assert [r for r in rules if not any(leads(r, path) for path in served)] == []


def test_paths_are_such_as_ingress_nginx_admits(full_release: Release) -> None:
    (ingress,) = full_release.of_kind("Ingress")
    for rule in ingress["spec"]["rules"][0]["http"]["paths"]:
        strict = rule["pathType"] in ("Exact", "Prefix")
        assert not strict or re.fullmatch(r"/[A-Za-z0-9_/-]*", rule["path"])


def test_requests_can_be_spread_by_their_path(full_release: Release) -> None:
    (ingress,) = full_release.of_kind("Ingress")

    assert ingress["metadata"]["annotations"] == {
        HASH_BY: "$request_uri",
        "nginx.ingress.kubernetes.io/proxy-read-timeout": "3600",
    }


def test_affinity_is_off_unless_asked_for() -> None:
    release = render({"ingress": {"enabled": True, "hosts": ["tickets.example"]}})

    (ingress,) = release.of_kind("Ingress")

    assert "annotations" not in ingress["metadata"]

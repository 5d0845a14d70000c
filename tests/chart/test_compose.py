"""compose.yaml is read here, never run: it must say what the chart says."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from boxoffice.cli.roles import STOP_LIMIT_S
from boxoffice.settings import Settings, load
from tests.chart.release import ROLES, ROOT, Release

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PROXIES = "FORWARDED_ALLOW_IPS"
PAGE = "BOXOFFICE_PAYMENTS_PAGE"
STORES = {"postgres", "kafka", "mongo", "redis", "sandbox"}
"""The payment sandbox keeps its books, so it is one of them."""
OURS = {
    role: SERVICES["migrate" if role == "migration" else role]
    for role in (*ROLES, "migration")
}


def stores(service: dict[str, Any]) -> set[str]:
    """The hosts that the service is told about."""
    text = " ".join(service["environment"].values())
    return {store for store in STORES if re.search(rf"(^|[@/ ]){store}:\d", text)}


def test_there_is_a_service_for_every_role_and_store() -> None:
    assert set(SERVICES) == {*ROLES, "migrate", *STORES}


@pytest.mark.parametrize("role", sorted(OURS))
def test_a_role_runs_as_the_chart_runs_it(default_release: Release, role: str) -> None:
    (container,) = default_release.pod_templates()[role]["spec"]["containers"]
    given = {entry["name"] for entry in container["env"]}
    credentials = {n.removesuffix("_FILE") for n in given if n.endswith("_FILE")}

    # One at a time: there is no old pod for which the post phase would have to wait.
    args = ["migrate"] if role == "migration" else container["args"]
    assert OURS[role]["command"] == args
    assert set(OURS[role]["environment"]) - {PROXIES, PAGE} == credentials
    assert OURS[role]["image"] == container["image"]


@pytest.mark.parametrize("role", sorted(OURS))
def test_the_program_accepts_the_environment_of_a_service(role: str) -> None:
    environment = OURS[role]["environment"]

    settings = load(environment)

    for variable, value in environment.items():
        if variable == PROXIES:
            continue
        name = variable.removeprefix("BOXOFFICE_").lower()
        assert getattr(settings, name) == value


@pytest.mark.parametrize("role", sorted(OURS))
def test_a_service_waits_for_its_stores_and_for_the_migration(role: str) -> None:
    awaited = {
        name: wait["condition"] for name, wait in OURS[role]["depends_on"].items()
    }
    healthy = dict.fromkeys(stores(OURS[role]), "service_healthy")
    migrated = {"migrate": "service_completed_successfully"}

    assert awaited == healthy | ({} if role == "migration" else migrated)


def test_whatever_is_awaited_says_when_it_is_healthy() -> None:
    for name in (*STORES, *ROLES):
        check = SERVICES[name]["healthcheck"]
        assert check["test"][0] == "CMD"
        assert check["retries"] >= 10


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_healthy_when_it_is_ready(role: str) -> None:
    port = 8000 if role == "api" else Settings().health_port
    *_, script = SERVICES[role]["healthcheck"]["test"]

    compile(script, "healthcheck", "exec")

    assert f'"http://127.0.0.1:{port}/readyz"' in script


def test_api_and_sandbox_are_published_and_only_on_loopback() -> None:
    published = {n: s["ports"] for n, s in SERVICES.items() if "ports" in s}

    assert published == {
        "api": ["127.0.0.1:8000:8000"],
        "sandbox": ["127.0.0.1:8100:8100"],
    }


def test_only_loopback_is_believed_about_the_scheme_unless_told_otherwise() -> None:
    told = {n: s.get("environment", {}).get(PROXIES) for n, s in SERVICES.items()}

    assert {n: t for n, t in told.items() if t is not None} == {
        "api": "${FORWARDED_ALLOW_IPS:-127.0.0.1,::1}"
    }


def test_services_of_ours_have_no_rights_to_lose() -> None:
    for service in OURS.values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["tmpfs"] == ["/tmp"]


def test_docker_gives_a_service_the_time_to_end() -> None:
    for service in OURS.values():
        grace_s = int(service["stop_grace_period"].removesuffix("s"))
        assert grace_s > STOP_LIMIT_S + Settings().drain_s


def test_who_connects_to_the_log_is_made_with_it() -> None:
    (mounted,) = SERVICES["postgres"]["configs"]
    script = COMPOSE["configs"][mounted["source"]]["content"]
    made = set(re.findall(r"create role (\w+) login", script))
    connecting = {
        urlsplit(url).username
        for service in OURS.values()
        for url in service["environment"].values()
        if url.startswith("postgresql:")
    }

    assert mounted["target"] == "/docker-entrypoint-initdb.d/roles.sql"
    assert connecting == made


def test_every_image_is_of_a_named_version() -> None:
    for service in SERVICES.values():
        _, tag = service["image"].rsplit(":", 1)
        assert re.match(r"\d", tag)


def test_the_signing_key_is_asked_for_and_not_written_down() -> None:
    text = (ROOT / "compose.yaml").read_text("utf-8")

    assert SERVICES["api"]["environment"]["BOXOFFICE_SECRET"].startswith(
        "${BOXOFFICE_SECRET:?"
    )
    assert re.search(r"(?i)password:|://[^/\s]+:[^/\s]+@", text) is None


def test_the_file_says_that_it_is_not_run_by_the_tests() -> None:
    for name in ("compose.yaml", "Dockerfile"):
        comment = (ROOT / name).read_text("utf-8").split("\n\n")[0]
        assert "The tests read this file; none of" in comment

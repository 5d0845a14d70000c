"""Credentials come as files, from Secrets that exist, to those who need them."""

import re
from pathlib import Path, PurePosixPath

import pytest

from boxoffice.settings import load
from tests.chart.release import ROLES, Manifest, Release, render

SECRETS = "/etc/boxoffice/secrets"
NEEDED = {
    "api": {
        "LOG_URL",
        "MONGO_URL",
        "REDIS_URL",
        "SECRET",
        "PUBLIC_URL",
        "PAYMENTS_URL",
        "PAYMENTS_KEY",
        "PAYMENTS_WEBHOOK_SECRETS",
    },
    "relay": {"LOG_URL", "KAFKA_URL"},
    "projector": {"LOG_URL", "KAFKA_URL", "MONGO_URL", "REDIS_URL"},
    "reactor": {"LOG_URL", "SECRET", "PUBLIC_URL", "PAYMENTS_URL", "PAYMENTS_KEY"},
    "migration": {"MIGRATOR_URL", "LOG_URL", "KAFKA_URL"},
    "migrate-post": {"MIGRATOR_URL"},
    "test": set[str](),
}


def environment(pod: Manifest) -> dict[str, str]:
    (container,) = pod["spec"]["containers"]
    return {entry["name"]: entry["value"] for entry in container.get("env", [])}


def credentials(pod: Manifest) -> dict[str, str]:
    """The path of each credential by the setting that it fills."""
    return {
        name.removeprefix("BOXOFFICE_").removesuffix("_FILE"): path
        for name, path in environment(pod).items()
        if name.endswith("_FILE")
    }


def mounted(pod: Manifest) -> dict[str, tuple[str, str]]:
    """Secret and key by the path where the container sees it."""
    return {
        f"{SECRETS}/{item['path']}": (source["secret"]["name"], item["key"])
        for volume in pod["spec"].get("volumes", [])
        for source in volume.get("projected", {}).get("sources", [])
        for item in source["secret"]["items"]
    }


def test_each_role_is_given_what_it_needs_and_no_more(release: Release) -> None:
    given = {role: set(credentials(p)) for role, p in release.pod_templates().items()}

    assert given == NEEDED


def test_every_credential_named_is_a_file_that_is_mounted(release: Release) -> None:
    for pod in release.pod_templates().values():
        assert set(credentials(pod).values()) == set(mounted(pod))


def test_credentials_are_mounted_where_only_the_process_reads(
    release: Release,
) -> None:
    for role in [*ROLES, "migration", "migrate-post"]:
        spec = release.pod_templates()[role]["spec"]
        (volume,) = (v for v in spec["volumes"] if v["name"] == "secrets")
        (mount,) = (
            m for m in spec["containers"][0]["volumeMounts"] if m["name"] == "secrets"
        )
        assert volume["projected"]["defaultMode"] == 0o440
        assert (mount["mountPath"], mount["readOnly"]) == (SECRETS, True)


def test_only_migrations_know_the_owner_of_the_log(release: Release) -> None:
    knowing = {
        role
        for role, pod in release.pod_templates().items()
        if any("migrator" in str(source) for source in mounted(pod).values())
    }

    assert knowing == {"migration", "migrate-post"}


def test_the_names_of_the_secrets_follow_the_values(full_release: Release) -> None:
    assert mounted(full_release.pod_templates()["projector"]) == {
        f"{SECRETS}/log-url": ("house-log", "url"),
        f"{SECRETS}/kafka-url": ("house-kafka", "url"),
        f"{SECRETS}/mongo-url": ("house-mongo", "url"),
        f"{SECRETS}/redis-url": ("house-redis", "url"),
    }


def test_no_manifest_holds_a_secret_or_a_credential(release: Release) -> None:
    assert release.of_kind("Secret") == []
    for manifest in release.manifests:
        assert re.search(r"://[^/\s]*:[^/\s]*@", str(manifest)) is None
    for _, container in release.containers():
        for entry in container.get("env", []):
            assert set(entry) == {"name", "value"}
            assert "://" not in entry["value"]


@pytest.mark.parametrize("role", [*ROLES, "migration", "migrate-post"])
def test_the_program_accepts_the_environment_of_the_role(
    release: Release, role: str, tmp_path: Path
) -> None:
    pod = release.pod_templates()[role]
    local = environment(pod)
    for setting, path in credentials(pod).items():
        file = tmp_path / PurePosixPath(path).name
        file.write_text(f"content of {setting}\n")
        local[f"BOXOFFICE_{setting}_FILE"] = str(file)

    settings = load(local)

    for setting in credentials(pod):
        assert f"content of {setting}" == getattr(settings, setting.lower())


def test_a_role_may_override_a_setting_of_all() -> None:
    release = render(
        {
            "settings": {"BOXOFFICE_VENUE": "all", "BOXOFFICE_PARTITIONS": "12"},
            "relay": {"settings": {"BOXOFFICE_VENUE": "own"}},
        }
    )

    venues = {
        role: environment(release.pod_templates()[role])["BOXOFFICE_VENUE"]
        for role in ROLES
    }

    assert venues == {
        "api": "all",
        "relay": "own",
        "projector": "all",
        "reactor": "all",
    }
    assert environment(release.pod_templates()["relay"])["BOXOFFICE_PARTITIONS"] == "12"

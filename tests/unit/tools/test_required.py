"""Nothing is skipped in silence where CI requires it: services, stacks, the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import noxfile
from tests.e2e.browser import chromium
from tests.services import own_stack, service_url

SKIPPED, FAILED = pytest.skip.Exception, pytest.fail.Exception
ALL = ("postgres", "kafka", "mongo", "redis")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A machine that has nothing, from which nothing can be fetched."""
    for name in ("JAVA_HOME", "BOXOFFICE_TEST_REQUIRE"):
        monkeypatch.delenv(name, raising=False)
    for service in ALL:
        monkeypatch.delenv(f"BOXOFFICE_TEST_{service.upper()}_URL", raising=False)
    for name in ("UV_OFFLINE", "UV_NO_CACHE", "PIP_NO_INDEX"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("BOXOFFICE_CACHE", str(tmp_path))
    monkeypatch.setenv("BOXOFFICE_TEST_CHROMIUM", str(tmp_path / "absent"))
    monkeypatch.setenv("PATH", str(tmp_path))
    return monkeypatch


@pytest.mark.parametrize("required", [*ALL, ",".join(ALL)])
def test_stack_of_four_fails_whichever_of_them_is_required(
    bare: pytest.MonkeyPatch, required: str
) -> None:
    bare.setenv("BOXOFFICE_TEST_REQUIRE", required)
    with pytest.raises(FAILED, match="missing"), own_stack(*ALL):
        pass


def test_stack_that_nobody_requires_is_skipped(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("BOXOFFICE_TEST_REQUIRE", "chromium")
    with pytest.raises(SKIPPED, match="missing"), own_stack(*ALL):
        pass


@pytest.mark.parametrize("service", ALL)
def test_service_without_a_url_fails_where_it_is_required(
    bare: pytest.MonkeyPatch, service: str
) -> None:
    with pytest.raises(SKIPPED, match="is not set"):
        service_url(service)
    bare.setenv("BOXOFFICE_TEST_REQUIRE", f"chromium,{service}")
    with pytest.raises(FAILED, match="is not set"):
        service_url(service)


def test_browser_that_is_not_there_fails_where_it_is_required(
    bare: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(SKIPPED, match="cannot be executed"), chromium():
        pass
    bare.setenv("BOXOFFICE_TEST_REQUIRE", "chromium")
    with pytest.raises(FAILED, match="cannot be executed"), chromium():
        pass


class Recorder:
    """Stands where nox hands a session over, and keeps what would be run."""

    posargs: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.required: set[str] = set()

    def run(self, *_: str, env: dict[str, str], **__: Any) -> None:
        self.required = set(env["BOXOFFICE_TEST_REQUIRE"].split(","))


@pytest.mark.parametrize(
    ("session", "more"),
    [("contract", set()), ("integration", set()), ("e2e", {"chromium"})],
)
def test_ci_requires_all_that_its_tests_take(session: str, more: set[str]) -> None:
    recorder = Recorder()
    getattr(noxfile, session).func(recorder)
    assert {*ALL, *more} == recorder.required

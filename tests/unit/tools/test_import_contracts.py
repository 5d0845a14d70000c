"""The contract on who may command bites: each test plants one import that breaks it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CONTRACT = "only-reactors-command"
PROJECTING = (
    "boxoffice/readmodels/seat_map",
    "boxoffice_projectors/batch",
    "boxoffice_projectors/follower",
    "boxoffice_projectors/registry",
    "boxoffice_projectors/relay_role",
    "boxoffice_projectors/runner",
    "boxoffice_projectors/a_new_one",
)
COMMANDING = (
    "boxoffice.application.deciding.holds",
    "boxoffice.application.requests",
    "boxoffice.application.routing",
    "boxoffice.application.write_path",
    "boxoffice.application.writer",
)
LINTER = Path(sys.executable).with_name("lint-imports")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Our packages apart, to be spoilt."""
    folder = tmp_path / "src"
    shutil.copytree(
        ROOT / "src", folder, ignore=shutil.ignore_patterns("*.js", "*.css", "*.svg")
    )
    return folder


def linted(folder: Path) -> subprocess.CompletedProcess[str]:
    config = ("--config", str(ROOT / "pyproject.toml"), "--contract", CONTRACT)
    return subprocess.run(
        [LINTER, *config, "--no-cache"],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
    )


def plant(folder: Path, module: str, line: str) -> None:
    with (folder / f"{module}.py").open("a") as file:
        file.write(f"\n{line}\n")


def test_what_is_here_keeps_the_contract(copy: Path) -> None:
    done = linted(copy)
    assert 0 == done.returncode, done.stdout + done.stderr


def test_no_projector_may_command(copy: Path) -> None:
    for module in PROJECTING:
        plant(copy, module, "import boxoffice.application.write_path")
    done = linted(copy)
    assert 1 == done.returncode
    for module in PROJECTING:
        name = module.replace("/", ".")
        assert f"{name} -> boxoffice.application.write_path" in done.stdout


def test_no_way_to_command_is_open(copy: Path) -> None:
    for called in COMMANDING:
        plant(copy, "boxoffice_projectors/batch", f"import {called}")
    done = linted(copy)
    assert 1 == done.returncode
    for called in COMMANDING:
        assert f"boxoffice_projectors.batch -> {called}" in done.stdout


def test_no_projector_may_command_through_another(copy: Path) -> None:
    plant(copy, "boxoffice/application/folding", "import boxoffice.application.writer")
    done = linted(copy)
    assert 1 == done.returncode
    assert (
        "boxoffice.application.folding -> boxoffice.application.writer" in done.stdout
    )

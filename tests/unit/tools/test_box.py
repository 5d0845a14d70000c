"""./box says in one sentence what a machine lacks, and writes nothing then."""

import shutil
import subprocess
from pathlib import Path

import pytest

BOX = Path(__file__).parents[3] / "box"
NEEDED = ("sh", "dirname", "cat", "cksum", "mkdir")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    folder = tmp_path / "a clone"
    shutil.copytree(BOX.parent / "requirements", folder / "requirements")
    shutil.copy(BOX, folder / "box")
    return folder


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A PATH with a shell and little else: no python3, no flock."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in NEEDED:
        program = shutil.which(name)
        assert program is not None
        (folder / name).symlink_to(program)
    return folder


def add_python(programs: Path, script: str) -> None:
    python = programs / "python3"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)


def said(clone: Path, programs: Path) -> list[str]:
    done = subprocess.run(
        [clone / "box", "setup"],
        env={"PATH": str(programs)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert not (clone / ".venv").exists()
    return done.stderr.splitlines()


def test_machine_without_python_is_told_so(clone: Path, programs: Path) -> None:
    assert said(clone, programs) == [
        "box: python3 was not found; install Python 3.11 or newer and run this again."
    ]


def test_old_python_is_told_its_version(clone: Path, programs: Path) -> None:
    add_python(programs, '[ "$1" = -V ] && echo Python 3.9.2 && exit\nexit 1')

    assert said(clone, programs) == [
        (
            "box: Python 3.11 or newer is needed and python3 is Python 3.9.2; "
            "put a newer python3 first on PATH."
        )
    ]


def test_python_without_pip_is_told_the_package(clone: Path, programs: Path) -> None:
    add_python(programs, 'case "$*" in *pip*) exit 1 ;; esac')

    assert said(clone, programs) == [
        (
            "box: python3 has no pip; install it (on Debian and Ubuntu: "
            "apt-get install python3-pip) and run this again."
        )
    ]

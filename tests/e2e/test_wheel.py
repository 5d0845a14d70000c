"""The wheel that is built here has all that the program reads, and runs by itself."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen
from zipfile import ZipFile

import psycopg
import pytest

from tests.e2e.house import House, plain_environment

ROOT = Path(__file__).parents[2]
PACKAGES = ("boxoffice", "boxoffice_api", "boxoffice_projectors")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, unpacked as an installer would do it."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d"]
    subprocess.run([*build, str(folder)], cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    site = folder / "site"
    with ZipFile(built) as archive:
        archive.extractall(site)
    return site


@pytest.fixture
def environ(wheel: Path, tmp_path: Path) -> dict[str, str]:
    """What makes a process take the wheel and nothing of this clone."""
    data = {"PYTHONPATH": str(wheel), "BOXOFFICE_DATA": str(tmp_path / "data")}
    return plain_environment() | data


def files(folder: Path, *, under: Path) -> set[str]:
    return {
        str(file.relative_to(under))
        for file in folder.rglob("*")
        if file.is_file() and file.suffix != ".pyc"
    }


def opened(house: House, path: str) -> str:
    with urlopen(house.url + path, timeout=10) as page:  # noqa: S310 - our own
        return str(page.read(), "utf-8")


def test_every_file_of_the_packages_is_in_the_wheel(wheel: Path) -> None:
    for package in PACKAGES:
        wanted = files(ROOT / "src" / package, under=ROOT / "src")
        assert set() == wanted - files(wheel / package, under=wheel)


def test_migrations_and_pins_and_problems_are_in_the_wheel(wheel: Path) -> None:
    migrations = {file.name for file in (ROOT / "migrations/postgres").iterdir()}
    shipped = wheel / "boxoffice/_migrations/postgres"
    assert migrations == {file.name for file in shipped.iterdir()}
    pins = wheel / "boxoffice/stack/requirements"
    assert {"stack.txt", "stack-kafka.txt"} == {file.name for file in pins.iterdir()}
    assert (wheel / "boxoffice_api/_reference/problems.md").is_file()


def test_the_wheel_migrates_a_database(
    environ: dict[str, str],
    wheel: Path,
    tmp_path: Path,
    new_postgres_database: Callable[[], str],
) -> None:
    url = new_postgres_database()
    where = "import boxoffice; print(boxoffice.__file__)"
    house = House(tmp_path, environ | {"BOXOFFICE_LOG_URL": url})
    found = subprocess.run(
        [sys.executable, "-c", where],
        env=environ,
        check=True,
        capture_output=True,
        text=True,
    )
    assert str(wheel / "boxoffice/__init__.py") == found.stdout.strip()
    done = house.run("migrate")
    assert 0 == done.returncode, done.stderr
    with psycopg.connect(url) as connection:
        rows = connection.execute("select position from boxoffice.events").fetchall()
    assert [] == rows


def test_the_wheel_serves_its_demo_and_its_pages(
    environ: dict[str, str], tmp_path: Path
) -> None:
    house = House(tmp_path, environ)
    try:
        house.start("everything", "--demo")
        programme = opened(house, "/")
        (sheet,) = re.findall(r"/static/\w+/boxoffice\.css", programme)
        assert "{" in opened(house, sheet)
        assert "Choose others." in opened(house, "/problems/seats-unavailable")
    finally:
        house.close()

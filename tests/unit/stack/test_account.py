from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from boxoffice.stack.account import Account, enterable, reachable

STRANGER = Account(name="stranger", uid=54_321, gid=54_321)


@pytest.fixture
def folder() -> Iterator[Path]:
    """An open folder on an open way; pytest's own are closed to others."""
    with TemporaryDirectory(dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_an_open_folder_is_reachable_for_a_stranger(folder: Path) -> None:
    assert reachable(folder, STRANGER)


def test_what_lies_in_a_closed_home_is_not_reachable(folder: Path) -> None:
    (folder / "home" / "cache").mkdir(parents=True)
    (folder / "home").chmod(0o700)
    assert not reachable(folder / "home" / "cache", STRANGER)


def test_a_folder_may_be_passed_through_without_being_read(folder: Path) -> None:
    folder.chmod(0o711)
    assert enterable(folder, STRANGER)
    assert not reachable(folder, STRANGER)


def test_what_does_not_exist_yet_closes_no_way(folder: Path) -> None:
    assert reachable(folder / "later" / "server", STRANGER)


def test_nothing_is_closed_when_nobody_else_has_to_get_in(folder: Path) -> None:
    folder.chmod(0o700)
    assert reachable(folder, None)

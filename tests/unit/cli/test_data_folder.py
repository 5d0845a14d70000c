"""The folder of an embedded house: who uses it and what a reset deletes."""

from pathlib import Path

import pytest

from boxoffice.cli.data_folder import check_resettable, occupied, running_at
from boxoffice.errors import Misconfigured
from boxoffice.settings import Settings

OURS = (
    "log.sqlite",
    "log.sqlite-wal",
    "log.sqlite-shm",
    "vault.sqlite",
    "vault.sqlite-wal",
    "sandbox.sqlite",
    "sandbox.sqlite-wal",
    "sandbox-key",
    "sandbox-signing",
    "secret",
    "secret.0a1b",
)
THEIRS = ("notes.txt", "log.sqlite.bak", "my-vault.sqlite", "secrets.txt", "my-secret")


def fill(folder: Path) -> None:
    for name in (*OURS, *THEIRS):
        (folder / name).write_text("x")


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {"in-use"}


def test_a_reset_deletes_our_files_and_nothing_else(tmp_path: Path) -> None:
    fill(tmp_path)
    with occupied(tmp_path, reset=True):
        assert names(tmp_path) == set(THEIRS)


def test_without_a_reset_everything_stays(tmp_path: Path) -> None:
    fill(tmp_path)
    with occupied(tmp_path, reset=False):
        assert names(tmp_path) == {*OURS, *THEIRS}


def test_a_folder_is_made_when_it_is_needed(tmp_path: Path) -> None:
    with occupied(tmp_path / "new" / "house", reset=True):
        assert (tmp_path / "new" / "house").is_dir()


def test_a_folder_in_use_is_not_reset(tmp_path: Path) -> None:
    fill(tmp_path)
    with (
        occupied(tmp_path, reset=False),
        pytest.raises(Misconfigured, match="Another box office is running"),
        occupied(tmp_path, reset=True),
    ):
        pytest.fail("the folder was reset")
    assert names(tmp_path) == {*OURS, *THEIRS}


def test_two_may_use_one_folder(tmp_path: Path) -> None:
    with occupied(tmp_path, reset=False), occupied(tmp_path, reset=False):
        assert running_at(tmp_path) is None


def test_a_folder_says_where_its_house_runs_only_while_it_does(tmp_path: Path) -> None:
    assert running_at(tmp_path) is None
    with occupied(tmp_path, reset=False) as announce:
        assert running_at(tmp_path) is None
        announce("http://127.0.0.1:8001-and-longer")
        announce("http://127.0.0.1:8001")
        assert running_at(tmp_path) == "http://127.0.0.1:8001"
    assert running_at(tmp_path) is None


def test_a_house_on_services_is_not_reset() -> None:
    check_resettable(Settings())
    with pytest.raises(Misconfigured, match="BOXOFFICE_MONGO_URL is set"):
        check_resettable(Settings(mongo_url="mongodb://127.0.0.1"))

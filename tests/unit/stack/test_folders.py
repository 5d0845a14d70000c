from pathlib import Path

import pytest

from boxoffice.stack.errors import StackError
from boxoffice.stack.folders import LOCK, data_folder, sweep


def test_a_throwaway_folder_is_gone_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with data_folder(None, account=None) as folder:
        (folder / "log").write_text("data")
        assert folder.parent == tmp_path
    assert not list(tmp_path.iterdir())


def test_a_folder_that_was_given_stays_with_what_is_in_it(tmp_path: Path) -> None:
    with data_folder(tmp_path / "kept", account=None) as folder:
        (folder / "log").write_text("data")
    assert (tmp_path / "kept" / "log").read_text() == "data"


def test_a_folder_that_cannot_be_made_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(StackError, match=r"cannot be made \(Not a directory\)"),
        data_folder(tmp_path / "file" / "data", account=None),
    ):
        pass


def test_a_folder_has_one_stack_at_a_time(tmp_path: Path) -> None:
    with (
        data_folder(tmp_path, account=None),
        pytest.raises(StackError, match="Another stack is using"),
        data_folder(tmp_path, account=None),
    ):
        pass
    with data_folder(tmp_path, account=None) as folder:
        assert folder == tmp_path


def test_a_sweep_passes_over_the_folder_of_a_stack_that_is_just_ending(
    tmp_path: Path,
) -> None:
    ending = tmp_path / "boxoffice-stack-ending"
    ending.mkdir()
    sweep(tmp_path)
    assert ending.exists()
    assert not list(ending.iterdir())


def test_the_folder_of_a_killed_stack_is_swept_and_a_live_ones_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    killed = tmp_path / "boxoffice-stack-killed"
    killed.mkdir()
    (killed / LOCK).touch()
    strange = tmp_path / "boxoffice-stack-strange"
    strange.mkdir()
    with data_folder(None, account=None) as live:
        sweep(tmp_path)
        assert {*tmp_path.iterdir()} == {live, strange}

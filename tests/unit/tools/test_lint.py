import subprocess
from pathlib import Path, PurePath

import pytest

from tools import lint
from tools.problem import Problem, is_let_off

BARE = "x = 1  # type: " + "ignore"


def git(folder: Path, *command: str) -> None:
    subprocess.run(["git", *command], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    git(tmp_path, "init")
    (tmp_path / ".gitignore").write_text("ignored.py\n")
    (tmp_path / "ignored.py").write_text(BARE)
    (tmp_path / "new.py").write_text(BARE)
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\xff\xfe")
    (tmp_path / "link.py").symlink_to("new.py")
    return tmp_path


def test_every_file_git_would_track_is_read_once(clone: Path) -> None:
    git(clone, "add", "new.py")

    assert lint.files(clone) == [
        Path(".gitignore"),
        Path("new.py"),
        Path("picture.png"),
    ]


def test_problems_are_printed_where_an_editor_can_follow(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    count = lint.report(clone, lint.files(clone))

    assert count == 1
    assert capsys.readouterr().out.startswith("new.py:1: reason: ")


def test_clean_files_print_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "fine.py").write_text("x = 1\n")

    assert lint.report(tmp_path, [Path("fine.py")]) == 0
    assert capsys.readouterr().out == ""


def test_line_is_let_off_in_writing() -> None:
    allowed = "assert True  # house: allow reason because this line shows it"
    problem = Problem(1, "reason", "")

    assert is_let_off(problem, [allowed])
    assert not is_let_off(problem, [allowed.split(" because", maxsplit=1)[0]])
    assert not is_let_off(Problem(1, "wait", ""), [allowed])
    assert not is_let_off(Problem(2, "reason", ""), [allowed])


def test_every_rule_takes_any_text_file() -> None:
    assert list(lint.problems(PurePath("a/b.toml"), "[x]\ny = 1\n")) == []

import sys
from pathlib import Path

import pytest

from boxoffice.stack import programs


def hanging(folder: Path) -> Path:
    program = folder / "hanging"
    program.write_text(f"#!{sys.executable}\nimport signal\nsignal.pause()\n")
    program.chmod(0o755)
    return program


def test_a_program_that_says_nothing_is_a_reason_and_not_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "TRIAL_LIMIT_S", 0.2)
    assert programs.why_not(hanging(tmp_path)) == ("hanging said nothing within 0.2 s")

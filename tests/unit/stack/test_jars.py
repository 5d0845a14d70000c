import hashlib
from pathlib import Path

import pytest

from boxoffice.stack.errors import WrongJars
from boxoffice.stack.jars import verify

JARS = {"broker.jar": b"broker", "clients.jar": b"clients"}
EXPECTED = {name: hashlib.sha256(body).hexdigest() for name, body in JARS.items()}


@pytest.fixture
def libs(tmp_path: Path) -> Path:
    for name, body in JARS.items():
        (tmp_path / name).write_bytes(body)
    return tmp_path


def test_exactly_the_listed_jars_are_accepted(libs: Path) -> None:
    verify(libs, expected=EXPECTED)


def test_a_jar_with_one_other_byte_is_refused(libs: Path) -> None:
    (libs / "clients.jar").write_bytes(b"cliEnts")
    with pytest.raises(WrongJars, match=r"\(altered clients\.jar\)"):
        verify(libs, expected=EXPECTED)


def test_a_jar_that_is_absent_is_refused(libs: Path) -> None:
    (libs / "clients.jar").unlink()
    with pytest.raises(WrongJars, match=r"\(absent clients\.jar\)"):
        verify(libs, expected=EXPECTED)


def test_a_jar_that_nobody_listed_is_refused(libs: Path) -> None:
    (libs / "guest.jar").write_bytes(b"guest")
    with pytest.raises(WrongJars, match=r"\(over guest\.jar\)"):
        verify(libs, expected=EXPECTED)

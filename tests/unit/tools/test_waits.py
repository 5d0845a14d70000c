from pathlib import PurePath

import pytest

from tools.waits import problems

PATH = PurePath("tests/unit/test_hold.py")


def lines(text: str, path: PurePath = PATH) -> list[int]:
    return [it.line for it in problems(path, text)]


@pytest.mark.parametrize("call", ["time.sleep(2)", "sleep(0.1)", "asyncio.sleep(1)"])
def test_pause_is_reported(call: str) -> None:
    assert lines(f"start()\n{call}\n") == [2]


@pytest.mark.parametrize("loop", ["while not ready()", "for _ in range(100)"])
def test_sleep_in_a_polling_loop_is_let_through(loop: str) -> None:
    assert lines(f"{loop}:\n    time.sleep(0.01)\n") == []


def test_yielding_once_is_no_pause() -> None:
    assert lines("asyncio.sleep(0)\n") == []


def test_only_tests_are_looked_at() -> None:
    assert lines("time.sleep(2)\n", PurePath("src/boxoffice/storm.py")) == []

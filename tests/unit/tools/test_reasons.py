from pathlib import PurePath

import pytest

from tools.reasons import problems

PATH = PurePath("src/boxoffice/module.py")
NOQA = "# no" + "qa: "
IGNORE = "# type: " + "ignore"


def lines(text: str) -> list[int]:
    return [it.line for it in problems(PATH, text)]


@pytest.mark.parametrize(
    "comment",
    [
        NOQA + "BLE001",
        NOQA + "BLE001, S603",
        NOQA + "BLE001  -",
        IGNORE,
        IGNORE + "[arg-type]",
        IGNORE + "[arg-type, misc]",
        "# pragma: no " + "cover",
    ],
)
def test_silence_without_a_reason_is_reported(comment: str) -> None:
    assert lines(f"a = 1\nb = 2  {comment}\n") == [2]


@pytest.mark.parametrize(
    "comment",
    [
        NOQA + "BLE001 - whatever the driver raises",
        NOQA + "BLE001, S603  (our own list)",
        IGNORE + "[arg-type]  # the stub is wrong",
        "# an ordinary comment",
    ],
)
def test_silence_with_a_reason_is_let_through(comment: str) -> None:
    assert lines(f"b = 2  {comment}\n") == []


def test_text_in_a_string_silences_nothing() -> None:
    assert lines(f'b = "{NOQA}BLE001"\n') == []

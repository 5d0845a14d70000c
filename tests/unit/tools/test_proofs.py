from pathlib import PurePath

import pytest

from tools.proofs import problems

PATH = PurePath("tests/unit/test_hold.py")


def lines(text: str, path: PurePath = PATH) -> list[int]:
    return [it.line for it in problems(path, text)]


@pytest.mark.parametrize(
    "body",
    [
        "assert hold() == 1",
        "with pytest.raises(Refused): hold()",
        "given(opened).when(hold).then(held)",
        "check_contract(store)",
        "self.assertEqual(1, hold())",
        "raise AssertionError",
        "pytest.fail('no')",
        "for n in range(3):\n        assert n",
    ],
)
def test_function_that_checks_is_let_through(body: str) -> None:
    assert lines(f"def test_hold():\n    {body}\n") == []


@pytest.mark.parametrize("body", ["hold()", "pass", "x = 'assert'", "print(hold())"])
@pytest.mark.parametrize("keyword", ["def", "async def"])
def test_function_that_cannot_fail_is_reported(keyword: str, body: str) -> None:
    assert lines(f"\n{keyword} test_hold():\n    {body}\n") == [2]


def test_only_tests_must_prove() -> None:
    assert lines("def build():\n    hold()\n") == []
    assert lines("def test_x():\n    hold()\n", PurePath("src/a.py")) == []

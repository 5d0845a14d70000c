from pathlib import PurePath

import pytest

from tools.sizes import problems

MODULE = PurePath("src/boxoffice/module.py")
TEST_MODULE = PurePath("tests/unit/test_module.py")


def rules(text: str, path: PurePath = MODULE) -> list[tuple[int, str]]:
    return [(it.line, it.rule) for it in problems(path, text)]


def function(lines: int, docstring: str = "") -> str:
    return "def decide():\n" + docstring + "    step()\n" * lines


def test_body_of_fifty_lines_is_let_through() -> None:
    assert rules(function(50)) == []


def test_body_of_fifty_one_lines_is_reported_where_it_begins() -> None:
    assert rules("\n" + function(51)) == [(2, "body-length")]


def test_docstring_is_no_part_of_the_body() -> None:
    docstring = '    """Decide.\n' + "\n    Why.\n" * 20 + '    """\n'

    assert rules(function(50, docstring)) == []
    assert rules(function(51, docstring)) == [(1, "body-length")]


def test_method_and_coroutine_are_functions_too() -> None:
    method = "class Sale:\n    async def sell(self):\n" + "        step()\n" * 51

    assert rules(method) == [(2, "body-length")]


@pytest.mark.parametrize(("path", "most"), [(MODULE, 400), (TEST_MODULE, 800)])
def test_module_stops_at_its_limit(path: PurePath, most: int) -> None:
    assert rules("pass\n" * most, path) == []
    assert rules("pass\n" * (most + 1), path) == [(1, "module-length")]


def nested(*heads: str) -> str:
    lines = [f"{'    ' * depth}{head}" for depth, head in enumerate(heads)]
    return "\n".join([*lines, "    " * len(heads) + "step()"])


def test_three_blocks_deep_is_let_through() -> None:
    assert rules(nested("def f():", "for a in b:", "with c:", "if d:")) == []


@pytest.mark.parametrize(
    "innermost", ["if d:", "while d:", "async for d in e:", "async with d:"]
)
def test_four_blocks_deep_is_reported(innermost: str) -> None:
    text = nested("async def f():", "for a in b:", "with c:", "if d:", innermost)

    assert rules(text) == [(1, "nesting")]


def test_elif_does_not_nest() -> None:
    branches = "".join(f"    elif a == {n}:\n        step()\n" for n in range(9))

    assert rules("def f():\n    if a:\n        step()\n" + branches) == []


def test_handlers_and_cases_count_like_bodies() -> None:
    handler = nested("def f():", "for a in b:", "for c in d:", "try:")
    handler += "\n            except E:\n                if g:\n                    h()"
    case = nested("def f():", "for a in b:", "match c:", "case 1:", "if d:", "if e:")

    assert rules(handler) == [(1, "nesting")]
    assert rules(case) == [(1, "nesting")]


def test_other_files_are_not_measured() -> None:
    assert rules("x\n" * 1000, PurePath("README.md")) == []

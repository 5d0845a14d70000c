"""A function body has at most 50 lines, a module at most 400 (tests 800), nesting 3.

Reason: the median tells nothing, the tail does. A long body has two reasons to change;
cut it there, not at a length. Docstrings do not count, an `elif` does not nest, and a
function inside a function counts for both.

    valid    def decide(state, command): ...          # 50 lines
    invalid  def decide(state, command): ...          # 51 lines
"""

import ast
from collections.abc import Iterator
from pathlib import PurePath

from tools.problem import Problem

BODY_LINES_MAX = 50
MODULE_LINES_MAX = 400
TEST_MODULE_LINES_MAX = 800
NESTING_MAX = 3

Function = ast.FunctionDef | ast.AsyncFunctionDef
BLOCKS = (
    ast.If,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.With,
    ast.AsyncWith,
    ast.Try,
    ast.TryStar,
    ast.Match,
)


def problems(path: PurePath, text: str) -> Iterator[Problem]:
    if path.suffix != ".py":
        return
    yield from long_module(path, len(text.splitlines()))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, Function):
            yield from long_body(node)
            yield from deep_body(node)


def long_module(path: PurePath, lines: int) -> Iterator[Problem]:
    most = TEST_MODULE_LINES_MAX if path.parts[0] == "tests" else MODULE_LINES_MAX
    if lines > most:
        yield Problem(1, "module-length", f"{lines} lines, at most {most}")


def long_body(function: Function) -> Iterator[Problem]:
    lines = body_lines(function)
    if lines > BODY_LINES_MAX:
        sentence = f"{function.name} has {lines} lines, at most {BODY_LINES_MAX}"
        yield Problem(function.lineno, "body-length", sentence)


def body_lines(function: Function) -> int:
    """From the line after the signature or docstring to the last one."""
    last = function.end_lineno or function.lineno
    body = function.body
    if ast.get_docstring(function, clean=False) is None:
        return last - body[0].lineno + 1
    return last - (body[0].end_lineno or last)


def deep_body(function: Function) -> Iterator[Problem]:
    depth = max(depths(function.body), default=0)
    if depth > NESTING_MAX:
        sentence = f"{function.name} nests {depth} deep, at most {NESTING_MAX}"
        yield Problem(function.lineno, "nesting", sentence)


def depths(body: list[ast.stmt], above: int = 0) -> Iterator[int]:
    """How many blocks each statement stands in, itself included if it is one."""
    for node in body:
        if isinstance(node, Function | ast.ClassDef):
            continue
        here = above + isinstance(node, BLOCKS)
        yield here
        for part in blocks_of(node):
            yield from depths(part, above if is_elif(node, part) else here)


def blocks_of(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        if part := getattr(node, name, None):
            yield part
    for part in [*getattr(node, "handlers", []), *getattr(node, "cases", [])]:
        yield part.body


def is_elif(node: ast.stmt, part: list[ast.stmt]) -> bool:
    """An `elif` is an `if` alone in the `else` of another; it reads as one level."""
    return (
        isinstance(node, ast.If)
        and part is node.orelse
        and len(part) == 1
        and isinstance(part[0], ast.If)
    )

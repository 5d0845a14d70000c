"""Tests wait for a state, never for a time.

Reason: a pause is too short on a busy machine and too long on every other. A sleep may
only stand in the loop that polls, and the loop has a bound.

    valid    while not ready(): assert clock() < deadline; sleep(0.01)
    invalid  sleep(2); assert ready()
"""

import ast
from collections.abc import Iterator
from pathlib import PurePath
from typing import TypeGuard

from tools.problem import Problem

Loop = ast.While | ast.For | ast.AsyncFor


def problems(path: PurePath, text: str) -> Iterator[Problem]:
    if path.suffix != ".py" or path.parts[0] != "tests":
        return
    tree = ast.parse(text)
    polling = {
        id(node)
        for loop in ast.walk(tree)
        if isinstance(loop, Loop)
        for node in ast.walk(loop)
    }
    for node in ast.walk(tree):
        if is_sleep(node) and id(node) not in polling:
            yield Problem(node.lineno, "wait", "sleeps outside a loop that polls")


def is_sleep(node: ast.AST) -> TypeGuard[ast.Call]:
    """`sleep(0)` only lets others run and is no pause."""
    match node:
        case ast.Call(args=[ast.Constant(value=0)]):
            return False
        case ast.Call(func=ast.Name(id="sleep") | ast.Attribute(attr="sleep")):
            return True
    return False

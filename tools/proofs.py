"""Every test function proves something.

Reason: a test that cannot fail is a defect. Proof is an `assert`, a `with` on `raises`
or `warns`, a `raise` or `fail`, or a call whose name says that it checks.

    valid    def test_expired_hold_is_taken_over(): ... assert owner == "second"
    invalid  def test_hold(): hold(place)
"""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePath

from tools.problem import Problem

CHECKS = re.compile(
    r"^_*(assert|assume|check|deny|ensure|exact|expect|fail|is_|must|prove|raises"
    r"|refuse|run_state_machine|then|validate|verif|warns)"
)
Function = ast.FunctionDef | ast.AsyncFunctionDef


def problems(path: PurePath, text: str) -> Iterator[Problem]:
    if path.suffix != ".py" or path.parts[0] != "tests":
        return
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, Function) or not node.name.startswith("test_"):
            continue
        if not any(proves(part) for part in ast.walk(node)):
            yield Problem(node.lineno, "proof", f"{node.name} cannot fail")


def proves(node: ast.AST) -> bool:
    if isinstance(node, ast.Assert | ast.Raise):
        return True
    return isinstance(node, ast.Call) and bool(CHECKS.match(called(node)))


def called(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""

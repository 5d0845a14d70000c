"""What a house rule reports, and how a line is let off."""

import re
from collections.abc import Sequence
from typing import NamedTuple

LET_OFF = re.compile(r"house: allow ([a-z-]+) because \S+")


class Problem(NamedTuple):
    line: int
    rule: str
    sentence: str


def is_let_off(problem: Problem, lines: Sequence[str]) -> bool:
    """Does the line itself allow this rule to be broken, and say why?"""
    if not 0 < problem.line <= len(lines):
        return False
    return problem.rule in LET_OFF.findall(lines[problem.line - 1])

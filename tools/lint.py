"""Run the house rules over every file that git tracks or would track.

Each rule is one module with one function from a path and its text to problems. A line
may be let off in writing: `# house: allow <rule> because <reason>`.
"""

import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePath

from tools import addresses, proofs, reasons, sizes, waits
from tools.problem import Problem, is_let_off

Rule = Callable[[PurePath, str], Iterator[Problem]]

RULES: tuple[Rule, ...] = (
    addresses.problems,
    proofs.problems,
    reasons.problems,
    sizes.problems,
    waits.problems,
)


def files(root: Path) -> list[Path]:
    """What git tracks or would track; links are read where they point to."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, check=True, capture_output=True)
    names = {Path(name) for name in listed.stdout.decode().split("\0") if name}
    return sorted(name for name in names if is_own_file(root / name))


def is_own_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def read(path: Path) -> str:
    """The text, or nothing for a file that is not text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def problems(path: PurePath, text: str) -> Iterator[Problem]:
    lines = text.splitlines()
    for rule in RULES:
        for problem in rule(path, text):
            if not is_let_off(problem, lines):
                yield problem


def report(root: Path, paths: Iterable[Path]) -> int:
    """Print what is wrong and return how many problems there are."""
    found = [(path, it) for path in paths for it in problems(path, read(root / path))]
    for path, it in found:
        print(f"{path}:{it.line}: {it.rule}: {it.sentence}")
    return len(found)


def main() -> None:
    root = Path(__file__).resolve().parent.parent
    sys.exit(1 if report(root, files(root)) else 0)


if __name__ == "__main__":
    main()

"""Every benchmark, one after the other; results go to benchmarks/results.

./box test -s bench [-- --against COMMIT]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
RUNS = (
    "append",
    "append_parts",
    "holds",
    "hold_profile",
    "replay",
    "purchases",
)


def main() -> None:
    """Run them all, also after one that fails; then say which failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", metavar="COMMIT", help="compare a hold with it")
    commit = parser.parse_args().against
    if "BOXOFFICE_TEST_POSTGRES_URL" not in os.environ:
        sys.exit("No server: run it by `boxoffice stack run -- python -m benchmarks`.")
    runs = {name: [name] for name in RUNS}
    if commit:
        runs["against"] = ["against", commit]
    failed = [name for name, command in runs.items() if not succeeds(name, command)]
    if failed:
        sys.exit(f"No figures of: {', '.join(failed)}.")


def succeeds(name: str, command: Sequence[str]) -> bool:
    """Run one; it writes its result only when all of it was right."""
    print(f"\n{name}", flush=True)
    module, *options = command
    result = str(RESULTS / f"{name}.json")
    line = [sys.executable, "-m", f"benchmarks.{module}", *options, "--json", result]
    return subprocess.run(line, check=False).returncode == 0


if __name__ == "__main__":
    main()

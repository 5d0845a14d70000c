"""Every benchmark, one after the other; results go to benchmarks/results.

./box test -s bench
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
RUNS = {
    "append": ("--dump-s", "60"),
    "holds": (),
    "replay": (),
    "purchases": (),
}


def main() -> None:
    """Run them; end with the first failure."""
    if "BOXOFFICE_TEST_POSTGRES_URL" not in os.environ:
        sys.exit("No server: run it by `boxoffice stack run -- python -m benchmarks`.")
    for name, options in RUNS.items():
        print(f"\n{name}", flush=True)
        result = str(RESULTS / f"{name}.json")
        subprocess.run(
            [sys.executable, "-m", f"benchmarks.{name}", *options, "--json", result],
            check=True,
        )


if __name__ == "__main__":
    main()

"""Where the API's time goes during holds: the share of each package.

    boxoffice stack run -- python -m benchmarks.hold_profile [--json FILE]

The event loop of a product's server and of the POST that stores nothing run under
cProfile, one after the other; the writer's thread is not in it. What is built in
(parsers, encoders, sockets) counts for whoever called it. A profiler makes Python code
look dearer than it is, so only shares are told, and rates are those of holds.py.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import os
import pstats
import signal
import sys
from collections import defaultdict
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import hold_servers
from benchmarks.holds import SECRET, Course, fresh_database, prepare
from benchmarks.machine import machine
from benchmarks.processes import server, until_listening
from benchmarks.reports import report

HOLDS = 4_000
WARM_UP = 500
CASES = ("product", "no-op")
OURS = ("domain", "application", "infrastructure", "boxoffice_api")
SHARE_MIN = 0.005
FILE = "BENCHMARK_PROFILE"
BUILT_IN = "~"


def main() -> None:
    """Measure and report; under its second name, serve a case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default=os.environ.get("BOXOFFICE_TEST_POSTGRES_URL"))
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    if not given.url:
        parser.error("no server: run it by `boxoffice stack run --`, or give --url")
    url = fresh_database(given.url)
    about = machine(url)
    prepare(url)
    found = {case: shares(asyncio.run(profiled(url, case))) for case in CASES}
    report({"machine": about, "holds": HOLDS, "shares": found}, given.json)


async def profiled(url: str, case: str) -> dict[Any, Any]:
    """Send holds to a server that watches itself; give what it saw."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "profile"
        environ = {"BOXOFFICE_LOG_URL": url, "BOXOFFICE_SECRET": SECRET}
        environ[FILE] = str(file)
        with server("benchmarks.hold_profile", case, environ) as ported:
            await until_listening(ported[1])
            course = Course(url, {case: ported})
            await course.round(case, WARM_UP)
            os.kill(ported[0], signal.SIGUSR1)
            await course.round(case, HOLDS)
        stats: dict[Any, Any] = vars(pstats.Stats(str(file)))["stats"]
        return stats


def serve(case: str, port: int, *, file: str) -> None:
    """Serve a case until terminated; write what was spent since SIGUSR1."""
    profile = cProfile.Profile()
    signal.signal(signal.SIGUSR1, lambda *_: profile.enable())
    # Servers raise the signal again that ended them; it must not end the profile.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        hold_servers.main(case, port)
    finally:
        profile.disable()
        profile.dump_stats(file)


def shares(stats: dict[Any, Any]) -> dict[str, float]:
    """Add up the time inside each package."""
    spent: defaultdict[str, float] = defaultdict(float)
    for (file, _, _), (_, _, inside, _, callers) in stats.items():
        if file != BUILT_IN:
            spent[package(file)] += inside
        for (caller, *_), figures in callers.items() if file == BUILT_IN else ():
            spent[package(caller)] += figures[2]
    total = sum(spent.values())
    ranked = sorted(spent.items(), key=lambda item: -item[1])
    return {
        name: round(seconds / total, 3)
        for name, seconds in ranked
        if seconds >= SHARE_MIN * total
    }


def package(file: str) -> str:
    """Name the part of the product, or the library, that a file belongs to."""
    parts = PurePath(file).parts
    if "site-packages" in parts:
        return parts[parts.index("site-packages") + 1]
    ours = [part for part in parts if part in OURS]
    return ours[0] if ours else parts[-2] if len(parts) > 1 else file


if __name__ == "__main__":
    if FILE in os.environ:
        serve(sys.argv[1], int(sys.argv[2]), file=os.environ[FILE])
    else:
        main()

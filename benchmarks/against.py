"""CPU and rate of a durable hold in this tree, against those of another commit.

    boxoffice stack run -- python -m benchmarks.against COMMIT [--rounds 7] [--json F]

Both trees are whole: each has its own server, its own database, migrated by itself, and
the same requests. Rounds are interleaved and change their order, fsync is on. CPU is
that of the API and of PostgreSQL together, by hold.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import psycopg

from benchmarks import hold_data, load
from benchmarks.holds import SECRET, tokens
from benchmarks.machine import machine
from benchmarks.processes import cpu_s, postmaster, server, until_listening
from benchmarks.ratios import ratio
from benchmarks.reports import report

HERE = Path(__file__).parents[1]
HOLDS = 6_000
WARM_UP = 1_000
IN_FLIGHT = 64
CPU_RATIO_MAX = 1.1
PREPARE = "import sys; from benchmarks.holds import prepare; prepare(sys.argv[1])"


class Sample(msgspec.Struct):
    """One round of one tree; CPU in microseconds a hold."""

    per_s: float
    cpu_us: float


class Tree:
    """A tree with its server and database."""

    def __init__(self, url: str, pid: int, port: int) -> None:
        self._pid = pid
        self._port = port
        self._postmaster = postmaster(url)
        self._tokens = tokens()
        self._next = 1

    async def round(self, number: int) -> Sample:
        """Hold `number` places that nobody held."""
        ordinals = range(self._next, self._next + number)
        self._next += number
        requests = hold_data.requests(self._tokens, ordinals)
        before = cpu_s(self._pid) + cpu_s(self._postmaster)
        outcome = await load.run(self._port, requests, in_flight=IN_FLIGHT)
        took = cpu_s(self._pid) + cpu_s(self._postmaster) - before
        if outcome.statuses != {201: number}:
            raise SystemExit(f"not every hold was accepted: {outcome.statuses}")
        return Sample(outcome.per_s, 1e6 * took / number)


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """Give a folder with the whole tree of a commit."""
    with TemporaryDirectory() as name:
        archive = subprocess.Popen(
            ["git", "-C", str(HERE), "archive", commit], stdout=subprocess.PIPE
        )
        subprocess.run(["tar", "-x", "-C", name], stdin=archive.stdout, check=True)
        if archive.wait():
            raise SystemExit(f"there is no commit {commit}")
        yield Path(name)


@contextmanager
def running(folder: Path, server_url: str, database: str) -> Iterator[Tree]:
    """Prepare a database with the tree's own code and start its server."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"drop database if exists {database} with (force)")
        connection.execute(f"create database {database}")
    url = f"{server_url.rpartition('/')[0]}/{database}"
    found_in = {"PYTHONPATH": os.pathsep.join([str(folder / "src"), str(folder)])}
    subprocess.run(
        [sys.executable, "-c", PREPARE, url],
        env={**os.environ, **found_in},
        cwd=folder,
        check=True,
    )
    environ = {"BOXOFFICE_LOG_URL": url, "BOXOFFICE_SECRET": SECRET, **found_in}
    with server("benchmarks.hold_servers", "product", environ, folder=folder) as (
        pid,
        port,
    ):
        asyncio.run(until_listening(port))
        yield Tree(url, pid, port)


def measure(trees: dict[str, Tree], rounds: int) -> dict[str, list[Sample]]:
    """Let the trees take turns; who is first changes from round to round."""
    samples: dict[str, list[Sample]] = {name: [] for name in trees}
    for tree in trees.values():
        asyncio.run(tree.round(WARM_UP))
    for number in range(rounds):
        names = list(trees) if number % 2 else list(reversed(trees))
        for name in names:
            samples[name].append(asyncio.run(trees[name].round(HOLDS)))
    return samples


def summary(samples: dict[str, list[Sample]]) -> dict[str, object]:
    """Give the ratios; of CPU, less is better."""
    here, there = samples["here"], samples["there"]
    cpu = ratio([s.cpu_us for s in here], [s.cpu_us for s in there])
    return {
        "cpu per hold, here / there": cpu,
        "allowed": CPU_RATIO_MAX,
        "reached": max(cpu.median, cpu.of_medians) <= CPU_RATIO_MAX,
        "holds per second, here / there": ratio(
            [s.per_s for s in here], [s.per_s for s in there]
        ),
        "cpu_us": {
            name: round(statistics.median(s.cpu_us for s in rows), 1)
            for name, rows in samples.items()
        },
    }


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commit")
    parser.add_argument("--url", default=os.environ.get("BOXOFFICE_TEST_POSTGRES_URL"))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if not options.url:
        parser.error("no server: run it by `boxoffice stack run --`, or give --url")
    with ExitStack() as stack:
        there = stack.enter_context(checked_out(options.commit))
        trees = {
            "here": stack.enter_context(running(HERE, options.url, "against_here")),
            "there": stack.enter_context(running(there, options.url, "against_there")),
        }
        about = {"machine": machine(options.url), "commit": options.commit}
        found = summary(measure(trees, options.rounds))
    report({**about, **found}, options.json)


if __name__ == "__main__":
    main()

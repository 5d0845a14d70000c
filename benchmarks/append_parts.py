"""Where the time of the append function goes: runs with one part left out each.

    boxoffice stack run -- python -m benchmarks.append_parts [--rounds 9] [--json FILE]

Each variant is the migrated function with one part taken out of its text, in a database
of its own; all take turns on the same calls, and so does the bare insert. What a part
costs is what a call is cheaper by without it. Such a log is broken, so only figures are
kept of it. The pattern is the dearest one: streams go on, one event a command.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import psycopg

from benchmarks.append import Course, Sample, new_database, sample
from benchmarks.append_calls import PATTERNS
from benchmarks.machine import machine
from benchmarks.reports import report
from boxoffice.infrastructure.postgres.migrate import migrate

PATTERN = PATTERNS[1]
WHOLE = "whole"
Span = tuple[str, str, str]
"""A part of the function's text: from here, up to there, and what stands instead."""
PARTS: dict[str, tuple[Span, ...]] = {
    "receipts": (("insert into boxoffice.receipts", "outcome := 'stored'", ""),),
    "guards": (
        ("if outcome is null and new_guards", "if outcome is null then\n    begin", ""),
    ),
    "hashes": (
        ("sha256(record_send(", ",\n             count(*)", "''::bytea)"),
        ("leaves[events] := sha256(array_send(leaves))", ";", "null"),
    ),
    "well-formed columns": (
        ("count(*) filter (where event_guards", "\n        into leaves", "true"),
    ),
}


def without(source: str, spans: tuple[Span, ...]) -> str:
    """Take parts out of the function's text, or fail: a part that is gone is news."""
    for first, last, instead in spans:
        start = source.index(first)
        end = source.index(last, start)
        source = source[:start] + instead + source[end:]
    return source


def leave_out(url: str, spans: tuple[Span, ...]) -> None:
    """Replace the append function of a database."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "select pg_get_functiondef('boxoffice.append'::regproc)"
        ).fetchone()
        assert row is not None
        connection.execute(without(str(row[0]), spans).encode())


def measure(server: str, *, commands: int, rounds: int) -> dict[str, list[Sample]]:
    """Let the whole function, each variant and the bare insert take turns."""
    with ExitStack() as stack:
        courses: dict[str, Course] = {}
        for name in (WHOLE, *PARTS):
            url = stack.enter_context(new_database(server))
            migrate(url)
            leave_out(url, PARTS.get(name, ()))
            courses[name] = Course(url)
            stack.callback(courses[name].close)
        turns = [(name, course, "append") for name, course in courses.items()]
        turns.append(("bare", courses[WHOLE], "bare"))
        taken: dict[str, list[Sample]] = {name: [] for name, _, _ in turns}
        for _ in range(rounds):
            random.shuffle(turns)
            for name, course, case in turns:
                taken[name].append(sample(course, case, PATTERN, commands))
        return taken


def summary(taken: Mapping[str, list[Sample]]) -> dict[str, object]:
    """Give the server's microseconds a command, and what each part costs."""
    server = {
        name: statistics.median(sample.server_us for sample in samples)
        for name, samples in taken.items()
    }
    costs = {
        name: statistics.median(
            whole.server_us - less.server_us
            for whole, less in zip(taken[WHOLE], taken[name], strict=True)
        )
        for name in PARTS
    }
    rest = server[WHOLE] - server["bare"] - sum(costs.values())
    return {
        "server_us a command": {name: round(us, 2) for name, us in server.items()},
        "cost_us a command": {
            **{name: round(us, 2) for name, us in costs.items()},
            "order, lock and arrays": round(rest, 2),
        },
    }


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default=os.environ.get("BOXOFFICE_TEST_POSTGRES_URL"))
    parser.add_argument("--commands", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    if not given.url:
        parser.error("no server: run it by `boxoffice stack run --`, or give --url")
    about = machine(given.url)
    taken = measure(given.url, commands=given.commands, rounds=given.rounds)
    found = {"pattern": PATTERN.name, "commands_a_call": given.commands}
    report({"machine": about, **found, **summary(taken)}, given.json)


if __name__ == "__main__":
    main()

"""Durable single-place holds on one hot performance, against three others.

    boxoffice stack run -- python -m benchmarks.holds [--rounds 5] [--json FILE]

(a) a row lock and (b) optimistic retry, writing the same events to the same streams,
and (c) a Litestar POST that stores nothing. 64 requests in flight, fsync on, rounds
interleaved. A figure counts only if afterwards every accepted hold stands in the log
exactly once, the chain holds, and a repeated key gives the same bytes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import msgspec
import psycopg

from benchmarks import hold_data, load
from benchmarks.machine import machine
from benchmarks.processes import cpu_s, postmaster, server, until_listening
from boxoffice.application.chain import ChainCheck
from boxoffice.infrastructure.postgres.event_store import PostgresEventStore
from boxoffice.infrastructure.postgres.migrate import migrate
from boxoffice.testing import store_facts
from boxoffice_api.auth import Buyers
from boxoffice_api.keys import keys_from

CASES = ("product", "row-lock", "optimistic", "no-op")
REQUESTS = {"product": 12_000, "row-lock": 1_500, "optimistic": 1_000, "no-op": 12_000}
"""A round takes about a second each."""
FIRST_PLACE = {"product": 1, "row-lock": 1, "optimistic": 100_001, "no-op": 1}
"""The baselines share a table, so each has places of its own."""
WARM_UP = 500
IN_FLIGHT = 64
GOALS = {"row-lock": 10.0, "optimistic": 18.0, "no-op": 0.8}
SECRET = "benchmark"  # noqa: S105  (signs cookies of made-up buyers)


class Sample(msgspec.Struct):
    """One round of one case; CPU in microseconds a request."""

    per_s: float
    p50_ms: float
    p99_ms: float
    server_us: float
    postgres_us: float


def tokens() -> Iterator[str]:
    """Make signed buyers, one after the other."""
    buyers = Buyers(keys_from(SECRET).buyer, venue="main")
    numbers = count(1)
    while True:
        yield buyers.welcome(lambda size: next(numbers).to_bytes(size, "big"))[1]


class Course:
    """The servers under measurement and the requests still to be sent."""

    def __init__(self, url: str, ports: dict[str, tuple[int, int]]) -> None:
        self._ports = ports
        self._postmaster = postmaster(url)
        self._tokens = tokens()
        self._next = dict(FIRST_PLACE)
        self.accepted = dict.fromkeys(CASES, 0)

    async def round(self, case: str, number: int) -> Sample:
        first = self._next[case]
        self._next[case] = first + number
        requests = hold_data.requests(self._tokens, range(first, first + number))
        pid, port = self._ports[case]
        before = cpu_s(pid), self._postgres_s()
        outcome = await load.run(port, requests, in_flight=IN_FLIGHT)
        after = cpu_s(pid), self._postgres_s()
        if outcome.statuses != {201: number}:
            raise SystemExit(f"{case}: not every hold was accepted: {outcome.statuses}")
        self.accepted[case] += number
        return Sample(
            per_s=outcome.per_s,
            p50_ms=outcome.percentile_ms(0.5),
            p99_ms=outcome.percentile_ms(0.99),
            server_us=1e6 * (after[0] - before[0]) / number,
            postgres_us=1e6 * (after[1] - before[1]) / number,
        )

    def _postgres_s(self) -> float:
        return cpu_s(self._postmaster)


async def measure(url: str, rounds: int) -> tuple[dict[str, list[Sample]], Course]:
    """Run all cases in turn, `rounds` times."""
    environ = {"BOXOFFICE_LOG_URL": url, "BOXOFFICE_SECRET": SECRET}
    samples: dict[str, list[Sample]] = {case: [] for case in CASES}
    with ExitStack() as stack:
        ports = {
            case: stack.enter_context(server("benchmarks.hold_servers", case, environ))
            for case in CASES
        }
        for _, port in ports.values():
            await until_listening(port)
        course = Course(url, ports)
        for case in CASES:
            await course.round(case, WARM_UP)
        for _ in range(rounds):
            for case in CASES:
                samples[case].append(await course.round(case, REQUESTS[case]))
        return samples, course


def check(url: str, course: Course) -> None:
    """Void the run unless the log says what the answers said."""
    store = PostgresEventStore(url)
    held: set[bytes] = set()
    chain = ChainCheck()
    while page := store.read(after=chain.position, limit=5_000):
        broken = chain.feed(page)
        assert broken is None, f"the chain breaks at {broken}"
        for record in page:
            if record.tag == "ticket-held.v1":
                assert record.stream not in held, "a place was held twice"
                held.add(record.stream)
    store.close()
    assert len(held) == course.accepted["product"], "holds were lost"


def summary(samples: dict[str, list[Sample]]) -> dict[str, object]:
    """Give medians per case and the ratio of each round's rates."""
    medians = {
        case: {
            field: round(statistics.median(getattr(s, field) for s in rows), 2)
            for field in Sample.__struct_fields__
        }
        for case, rows in samples.items()
    }
    ratios = {
        case: [
            round(ours.per_s / theirs.per_s, 2)
            for ours, theirs in zip(samples["product"], samples[case], strict=True)
        ]
        for case in GOALS
    }
    return {
        "medians": medians,
        "ratios": {
            f"product / {case}": {
                "median": round(statistics.median(rows), 2),
                "least": min(rows),
                "most": max(rows),
                "goal": GOALS[case],
            }
            for case, rows in ratios.items()
        },
    }


def prepare(url: str) -> None:
    """Make the log and its hot performance, and the baselines' tables."""
    migrate(url)
    hold_data.make_plain_tables(url)
    store = PostgresEventStore(url)
    store_facts(store, hold_data.arena())
    store.close()


def fresh_database(url: str) -> str:
    """Create an empty database beside the one given."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("drop database if exists hold_benchmark with (force)")
        connection.execute("create database hold_benchmark")
    return f"{url.rpartition('/')[0]}/hold_benchmark"


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default=os.environ.get("BOXOFFICE_TEST_POSTGRES_URL"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if not options.url:
        parser.error("no server: run it by `boxoffice stack run --`, or give --url")
    url = fresh_database(options.url)
    about = machine(url)
    prepare(url)
    samples, course = asyncio.run(measure(url, options.rounds))
    check(url, course)
    report = json.dumps({"machine": about, **summary(samples)}, indent=1)
    if options.json:
        options.json.write_text(report + "\n")
    print(report)


if __name__ == "__main__":
    main()

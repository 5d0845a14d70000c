"""Durable single-place holds on one hot performance, against three others.

    boxoffice stack run -- python -m benchmarks.holds [--rounds 7] [--json FILE]

(a) a row lock and (b) optimistic retry, writing the same events to the same streams,
and (c) a Litestar POST that stores nothing. 64 requests in flight, fsync on; each of
the three takes turns with the product, so that a ratio is of two neighbours in time. A
figure counts only if afterwards every accepted hold stands in the log exactly once, the
chain holds, and a repeated key gives the same bytes.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import msgspec
import psycopg

from benchmarks import hold_data, load
from benchmarks.machine import machine
from benchmarks.processes import cpu_s, postmaster, server, until_listening
from benchmarks.ratios import ratio
from benchmarks.reports import report
from boxoffice.application.chain import ChainCheck
from boxoffice.application.keys import keys_from
from boxoffice.infrastructure.postgres.event_store import PostgresEventStore
from boxoffice.infrastructure.postgres.migrate import migrate
from boxoffice.testing import store_facts
from boxoffice_api.auth import Buyers

FLOORS = ("row-lock", "optimistic", "no-op")
CASES = ("product", *FLOORS)
REQUESTS = {"product": 8_000, "row-lock": 1_000, "optimistic": 500, "no-op": 8_000}
"""A round takes seconds each; of the product there are three."""
FIRST_PLACE = {"product": 1, "row-lock": 1, "optimistic": 100_001, "no-op": 1}
"""The baselines share a table, so each has places of its own."""
WARM_UP = 500
REPEATED = 32
"""Requests that are sent once before everything and once after it."""
IN_FLIGHT = 64
CREATED = 201
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
        self._repeated: dict[bytes, tuple[int, bytes]] = {}
        self.accepted = dict.fromkeys(CASES, 0)

    def _requests(self, case: str, number: int) -> list[bytes]:
        first = self._next[case]
        self._next[case] = first + number
        return hold_data.requests(self._tokens, range(first, first + number))

    async def remember(self) -> None:
        """Place some holds whose requests will be repeated."""
        _, port = self._ports["product"]
        for request in self._requests("product", REPEATED):
            self._repeated[request] = await load.ask(port, request)
        self.accepted["product"] += REPEATED

    async def repeat(self) -> None:
        """Void the run unless the same keys get the same bytes again."""
        _, port = self._ports["product"]
        for request, answer in self._repeated.items():
            if answer[0] != CREATED or answer != await load.ask(port, request):
                raise SystemExit("a repeated key was answered otherwise")

    async def round(self, case: str, number: int) -> Sample:
        requests = self._requests(case, number)
        pid, port = self._ports[case]
        before = cpu_s(pid), self._postgres_s()
        outcome = await load.run(port, requests, in_flight=IN_FLIGHT)
        after = cpu_s(pid), self._postgres_s()
        if outcome.statuses != {CREATED: number}:
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


Pairs = dict[str, list[tuple[Sample, Sample]]]
"""By what the product is compared with: the product's round and its neighbour's."""


async def measure(url: str, rounds: int) -> tuple[Pairs, Course]:
    """Let the product take turns with each of the others, `rounds` times."""
    environ = {"BOXOFFICE_LOG_URL": url, "BOXOFFICE_SECRET": SECRET}
    with ExitStack() as stack:
        ports = {
            case: stack.enter_context(server("benchmarks.hold_servers", case, environ))
            for case in CASES
        }
        for _, port in ports.values():
            await until_listening(port)
        course = Course(url, ports)
        await course.remember()
        for case in CASES:
            await course.round(case, WARM_UP)
        pairs: Pairs = {case: [] for case in FLOORS}
        for number in range(rounds):
            for case in FLOORS:
                pairs[case].append(await pair(course, case, ours_first=number % 2 == 0))
        await course.repeat()
        return pairs, course


async def pair(course: Course, case: str, *, ours_first: bool) -> tuple[Sample, Sample]:
    """Measure the product and another, one right after the other."""
    order = ("product", case) if ours_first else (case, "product")
    taken = {name: await course.round(name, REQUESTS[name]) for name in order}
    return taken["product"], taken[case]


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


def summary(pairs: Pairs) -> dict[str, object]:
    """Give medians by case, and the ratios."""
    rows = {case: [theirs for _, theirs in taken] for case, taken in pairs.items()}
    rows["product"] = [ours for taken in pairs.values() for ours, _ in taken]
    return {
        "medians": {case: medians(rows[case]) for case in CASES},
        "ratios": {
            f"product / {case}": ratio(
                [ours.per_s for ours, _ in taken],
                [theirs.per_s for _, theirs in taken],
                goal=GOALS[case],
            )
            for case, taken in pairs.items()
        },
    }


def medians(rows: Sequence[Sample]) -> dict[str, float]:
    """Give the median of each of a sample's figures."""
    return {
        field: round(statistics.median(getattr(s, field) for s in rows), 2)
        for field in Sample.__struct_fields__
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
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if not options.url:
        parser.error("no server: run it by `boxoffice stack run --`, or give --url")
    url = fresh_database(options.url)
    about = machine(url)
    prepare(url)
    pairs, course = asyncio.run(measure(url, options.rounds))
    check(url, course)
    report({"machine": about, **summary(pairs)}, options.json)


if __name__ == "__main__":
    main()

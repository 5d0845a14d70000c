"""The append function alone, against bare inserts of the same rows.

    boxoffice stack run -- python -m benchmarks.append [--rounds 9] [--json FILE]

The floor is one `insert … select from unnest(…)` a call, in autocommit, into a table
with the same columns and indexes but no hash: no order, no guards, no receipts, no
chain. Both go through one connection with fsync on, in rounds that take turns. A
round's rate is that of its median call; for the figure see ratios.py.
`packed` is the floor with our own packing of arrays, to tell what the client saves
from what the server does. A figure counts only if afterwards the log is whole and
holds exactly what was sent.

The last line compares appends while a snapshot is open and read for `--dump-s` seconds,
and while the same is read without one, with those around them: see dump.py.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import monotonic, perf_counter, thread_time
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import msgspec
import psycopg
from psycopg import sql

from benchmarks.append_calls import PATTERNS, Calls, Pattern, rows
from benchmarks.dump import around_dump
from benchmarks.machine import machine
from benchmarks.ratios import Ratio, ratio
from boxoffice.application.chain import ChainCheck
from boxoffice.application.ports.log import Append, Stored
from boxoffice.infrastructure.postgres import arrays
from boxoffice.infrastructure.postgres.event_store import PostgresEventStore
from boxoffice.infrastructure.postgres.migrate import migrate

CASES = ("bare", "packed", "append")
SIZES = (1, 8, 32, 100)
GOALS = {32: 0.6, 100: 0.5}
ROUND_S = 0.4
PAGE = 5_000
CREATE_BARE = """
create table bare (
  position bigint primary key, recorded_at timestamptz not null,
  stream uuid not null, version bigint not null, tag text not null,
  data bytea not null, meta bytea not null, unique (stream, version))
"""
INSERT_BARE = b"""
insert into bare select %b + o, now(), s, v, t, d, m
from unnest(%b::uuid[], %b::bigint[], %b::text[], %b::bytea[], %b::bytea[])
  with ordinality u (s, v, t, d, m, o)
"""


class Sample(msgspec.Struct, frozen=True):
    """One round of one case; CPU of client and backend in microseconds a command."""

    commands_per_s: float
    p99_ms: float
    client_us: float
    server_us: float

    @property
    def commands_per_cpu_s(self) -> float:
        return 1e6 / (self.client_us + self.server_us)


class Figure(msgspec.Struct, frozen=True):
    """Medians of a case over its rounds; ratios are to the floor (ratios.py)."""

    pattern: str
    commands_a_call: int
    case: str
    commands_per_s: float
    p99_ms: float
    client_us: float
    server_us: float
    ratio: Ratio
    cpu_ratio: Ratio


class Course:
    """A log and a bare table in one database, and everything sent to them."""

    def __init__(self, url: str) -> None:
        self._log_calls, self._bare_calls = Calls(), Calls()
        self.store = PostgresEventStore(url, pool_size=1)
        self._log_calls.prepare(self.store)
        self.log_events = 2
        self.log_commands = 1
        self.bare_events = 0
        self._bare = psycopg.connect(url, autocommit=True)
        self._bare.execute(CREATE_BARE)
        arrays.register(self._bare)

    def close(self) -> None:
        self._bare.close()
        self.store.close()

    def backend(self, case: str) -> int:
        """Give the pid of the server's process that a case talks to."""
        if case != "append":
            return self._bare.info.backend_pid
        with self.store.datastore.borrowed() as connection:
            return connection.info.backend_pid

    def calls(self, case: str) -> Calls:
        """Give the calls of the table that a case writes to."""
        return self._log_calls if case == "append" else self._bare_calls

    def send(self, case: str, call: Append) -> Callable[[], None]:
        """Make what sends a call; the floor's rows are ready before the clock runs."""
        if case == "append":
            return partial(self._append, call)
        if case == "packed":
            return lambda: self._insert(packed_rows(call), call)
        return partial(self._insert, rows(call), call)

    def _append(self, call: Append) -> None:
        outcome = self.store.append(call)
        assert isinstance(outcome, Stored), outcome
        self.log_events += len(call.event_streams)
        self.log_commands += len(call.command_ids)

    def _insert(self, columns: list[Any], call: Append) -> None:
        cursor = self._bare.cursor(binary=True)
        cursor.execute(INSERT_BARE, [self.bare_events, *columns], prepare=True)
        self.bare_events += len(call.event_streams)


def packed_rows(call: Append) -> list[Any]:
    return [
        arrays.uuids(call.event_streams),
        arrays.int8s(call.event_versions),
        arrays.texts(call.event_tags),
        arrays.byteas(call.event_datas),
        arrays.byteas(call.event_metas),
    ]


def sample(course: Course, case: str, pattern: Pattern, commands: int) -> Sample:
    """Send calls one after the other until they took `ROUND_S`, and time only them.

    Rates are those of the median call: neighbours stretch some calls, not most.
    """
    took: list[float] = []
    client_s = server_s = 0.0
    backend = course.backend(case)
    while sum(took) < ROUND_S:
        send = course.send(case, course.calls(case).call(pattern, commands))
        server_s -= cpu_s(backend)
        client_s -= thread_time()
        began = perf_counter()
        send()
        took.append(perf_counter() - began)
        client_s += thread_time()
        server_s += cpu_s(backend)
    done = commands * len(took)
    return Sample(
        commands_per_s=commands / statistics.median(took),
        p99_ms=1e3 * sorted(took)[int(len(took) * 0.99)],
        client_us=1e6 * client_s / done,
        server_us=1e6 * server_s / done,
    )


def cpu_s(pid: int) -> float:
    """Give the CPU that a process has used; the server runs on this machine."""
    return int(Path(f"/proc/{pid}/schedstat").read_text("ascii").split()[0]) / 1e9


def compare(
    course: Course, pattern: Pattern, *, commands: int, rounds: int
) -> list[Figure]:
    """Run all cases, each round in another order."""
    samples: dict[str, list[Sample]] = {case: [] for case in CASES}
    order = list(CASES)
    for _ in range(rounds):
        random.shuffle(order)
        for case in order:
            samples[case].append(sample(course, case, pattern, commands))
    return [figure(pattern, commands, case=case, samples=samples) for case in CASES]


def figure(
    pattern: Pattern, commands: int, *, case: str, samples: dict[str, list[Sample]]
) -> Figure:
    mine, floor = samples[case], samples["bare"]

    def middle(values: Iterable[float], digits: int) -> float:
        return round(statistics.median(values), digits)

    goal = GOALS.get(commands) if case == "append" else None
    return Figure(
        pattern=pattern.name,
        commands_a_call=commands,
        case=case,
        commands_per_s=middle((s.commands_per_s for s in mine), 0),
        p99_ms=middle((s.p99_ms for s in mine), 2),
        client_us=middle((s.client_us for s in mine), 1),
        server_us=middle((s.server_us for s in mine), 1),
        ratio=ratio(
            [s.commands_per_s for s in mine],
            [s.commands_per_s for s in floor],
            goal=goal,
        ),
        cpu_ratio=ratio(
            [s.commands_per_cpu_s for s in mine],
            [s.commands_per_cpu_s for s in floor],
        ),
    )


def check(course: Course) -> None:
    """Void the run unless the log is whole and holds exactly what was sent."""
    chain = ChainCheck()
    while page := course.store.read(after=chain.position, limit=PAGE):
        wrong = chain.feed(page)
        assert wrong is None, f"the log is broken at {wrong}"
    assert chain.finish() is None, "the log was cut off"
    assert chain.position == course.log_events, "events were lost"
    ((receipts,),) = course.store.run("select count(*) from boxoffice.receipts").rows
    assert receipts == course.log_commands, "receipts were lost"


def rates(course: Course, seconds: float) -> list[float]:
    """Append 32 commands a call for so long; give the rate of each round."""
    found = []
    end = monotonic() + seconds
    while monotonic() < end:
        found.append(sample(course, "append", PATTERNS[0], 32).commands_per_s)
    return found


@contextmanager
def new_database(server: str) -> Iterator[str]:
    name = sql.Identifier(f"bench_{uuid4().hex}")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(name))
        url = urlsplit(server)._replace(path=f"/{name.as_string(None)[1:-1]}").geturl()
        yield url
        drop = sql.SQL("drop database {} with (force)").format(name)
        connection.execute(drop)


def run(server: str, *, rounds: int, dump_s: float) -> dict[str, object]:
    with new_database(server) as url:
        about = machine(url)
        migrate(url)
        course = Course(url)
        try:
            figures = [
                row
                for pattern in PATTERNS
                for commands in SIZES
                for row in compare(course, pattern, commands=commands, rounds=rounds)
            ]
            result: dict[str, object] = {"machine": about, "figures": figures}
            if dump_s:
                appends = partial(rates, course)
                result["dump"] = around_dump(url, appends, seconds=dump_s)
            check(course)
        finally:
            course.close()
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default=os.environ.get("BOXOFFICE_TEST_POSTGRES_URL"))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--dump-s", type=float, default=60.0)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    if not given.url:
        parser.error("no server: run it by `boxoffice stack run --`, or give --url")
    result = run(given.url, rounds=given.rounds, dump_s=given.dump_s)
    print_table(result)
    if given.json:
        given.json.write_bytes(msgspec.json.format(msgspec.json.encode(result)) + b"\n")


def print_table(result: dict[str, Any]) -> None:
    print(
        f"{'pattern':26}{'a call':>6}  {'case':8}{'commands/s':>11}{'p99 ms':>8}"
        f"{'client us':>11}{'server us':>11}{'CPU ratio':>11}{'ratio':>7}{'medians':>9}"
    )
    for row in result["figures"]:
        print(
            f"{row.pattern:26}{row.commands_a_call:6}  {row.case:8}"
            f"{row.commands_per_s:11,.0f}{row.p99_ms:8.2f}"
            f"{row.client_us:11.1f}{row.server_us:11.1f}"
            f"{row.cpu_ratio.median:11.2f}{row.ratio.median:7.2f}"
            f"{row.ratio.of_medians:9.2f}{verdict(row.ratio)}"
        )
    if "dump" in result:
        found = msgspec.json.encode(result["dump"]).decode()
        print("commands/s, 32 a call, around a dump:", found)
    print("The log is whole and holds exactly what was sent.")


def verdict(found: Ratio) -> str:
    if found.goal is None:
        return ""
    return f"  goal {found.goal}" + ("" if found.reached else " MISSED")


if __name__ == "__main__":
    main()

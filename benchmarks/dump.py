"""What a dump costs appends, told apart from what its reading costs.

    python -m benchmarks.dump snapshot|pages URL SECONDS

Two readers copy the log for so long, 200 rows and then a rest, as a dump over a network
does. `snapshot` reads the whole table under one snapshot that stays open; `pages` reads
at the same pace, each page in a transaction of its own, and holds nothing. Both take
their share of the machine; the difference between them is the snapshot's.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import cycle
from time import monotonic, sleep
from typing import cast

import msgspec
import psycopg

PAGE = 200
REST_S = 0.02
QUIET_SHARE = 0.25
"""How long the quiet spells last, as a share of the reader's time."""
LEAD_S = 1.0
"""The appends of a spell end so long before the reader does."""
HEAD = "select max(position) from boxoffice.events"
WHOLE = "copy boxoffice.events to stdout (format binary)"
BY_PAGE = """
    copy (select * from boxoffice.events where position > {after}
          order by position limit {limit}) to stdout (format binary)
"""

Rate = Callable[[float], list[float]]
"""Appends for so many seconds; gives rates, each of a fraction of a second."""


class Around(msgspec.Struct, frozen=True):
    """Commands a second in five spells, each the median of its rates.

    `snapshot_ratio` is the rate while a snapshot was open and read, by that of the
    quiet spells around it; `control_ratio` the same for a reader without a snapshot.
    """

    seconds: float
    before: float
    snapshot: float
    between: float
    control: float
    after: float
    snapshot_rows_per_s: float
    control_rows_per_s: float
    snapshot_ratio: float
    control_ratio: float
    snapshot_to_control: float


def around_dump(url: str, rate: Rate, *, seconds: float) -> Around:
    """Append around a dump, and around the same reading without a snapshot."""

    def quiet() -> float:
        return statistics.median(rate(seconds * QUIET_SHARE))

    before = quiet()
    snapshot, rows = during("snapshot", url, rate, seconds=seconds)
    between = quiet()
    control, control_rows = during("pages", url, rate, seconds=seconds)
    after = quiet()
    snapshot_ratio = 2 * snapshot / (before + between)
    control_ratio = 2 * control / (between + after)
    return Around(
        seconds=seconds,
        before=round(before),
        snapshot=round(snapshot),
        between=round(between),
        control=round(control),
        after=round(after),
        snapshot_rows_per_s=round(rows / seconds),
        control_rows_per_s=round(control_rows / seconds),
        snapshot_ratio=round(snapshot_ratio, 3),
        control_ratio=round(control_ratio, 3),
        snapshot_to_control=round(snapshot_ratio / control_ratio, 3),
    )


def during(case: str, url: str, rate: Rate, *, seconds: float) -> tuple[float, int]:
    """Append while a reader reads; give the median rate and the rows it read."""
    command = [sys.executable, "-m", "benchmarks.dump", case, url, str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "reading\n", "the reader did not start"
        during = statistics.median(rate(seconds - LEAD_S))
        assert reader.poll() is None, "the reader ended too early"
        rows = int(reader.stdout.readline())
    return during, rows


def snapshot(connection: psycopg.Connection) -> Iterator[int]:
    """Copy the whole table again and again; tell of every page of rows."""
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.execute("select 1 from boxoffice.events limit 1")
    while True:
        yield from copied(connection, WHOLE)


def pages(connection: psycopg.Connection) -> Iterator[int]:
    """Copy a page at a time, and begin again where the table ends."""
    connection.autocommit = True
    head = cast("tuple[int]", connection.execute(HEAD).fetchone())[0]
    for after in cycle(range(0, head - PAGE, PAGE)):
        yield from copied(connection, BY_PAGE.format(after=after, limit=PAGE))


def copied(connection: psycopg.Connection, statement: str) -> Iterator[int]:
    """Copy rows; whoever takes the next page decides when it is read."""
    with connection.cursor().copy(statement.encode()) as rows:
        for number, _ in enumerate(rows, start=1):
            if number % PAGE == 0:
                yield PAGE


READERS = {"snapshot": snapshot, "pages": pages}


def main(case: str, url: str, seconds: float) -> None:
    """Read for so long; say when it begins, and how many rows there were."""
    total = 0
    with psycopg.connect(url) as connection:
        reading = READERS[case](connection)
        total += next(reading)
        print("reading", flush=True)
        end = monotonic() + seconds
        while monotonic() < end:
            total += next(reading)
            sleep(REST_S)
        print(total, flush=True)
        connection.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))

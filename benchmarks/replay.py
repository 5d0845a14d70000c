"""Replay of a million mixed events into all read models, against a bare loop.

    boxoffice stack run -- python -m benchmarks.replay [--events N] [--rounds 5]

The floor reads the same pages of the same log, decodes what the read models fold and
keeps one state per place. The product is `rebuild`: all models, their documents and
watermarks written into memory. Both run in this process, rounds interleaved. A figure
counts only if every document is what one single fold of its facts gives.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg
from msgspec.structs import replace

from benchmarks.machine import machine
from benchmarks.ratios import ratio
from benchmarks.replay_parts import Parts
from benchmarks.reports import report
from boxoffice.application.codec import decode
from boxoffice.application.ports.log import Append, EventStore
from boxoffice.application.rebuild import ReadSide, rebuild
from boxoffice.application.replay import PAGE_MAX
from boxoffice.application.topics import FAMILIES, ROUTED, fact_of
from boxoffice.domain.inventory.events import TicketHeld, TicketReleased, TicketSold
from boxoffice.domain.message import Fact
from boxoffice.infrastructure.memory.checkpoints import MemoryCheckpoints
from boxoffice.infrastructure.memory.documents import MemoryDocuments
from boxoffice.infrastructure.postgres.event_store import PostgresEventStore
from boxoffice.infrastructure.postgres.migrate import migrate
from boxoffice.readmodels.model import encode
from boxoffice.readmodels.registry import MODELS
from tests.histories import Versions, history

GOAL = 0.6
SECTIONS, PLACES = 6, 300
PERFORMANCES = 40
APPEND_EVENTS = 1_000
PASSES = 3
STATES = {TicketHeld: "h", TicketReleased: "f", TicketSold: "s"}


def batches(events: int) -> Iterator[Append]:
    """Give a history in calls of about a thousand events."""
    versions = Versions()
    number = count = 0
    whole = Append()
    for seed in range(1, 1_000_000):
        told = history(
            seed,
            performances=PERFORMANCES,
            sections=SECTIONS,
            places=PLACES,
            commands=60_000,
            step_s=1.0,
        )
        for _, facts in told:
            number += 1
            count += len(facts)
            _add(whole, versions.batch(number, facts))
            if len(whole.event_tags) >= APPEND_EVENTS or count >= events:
                yield whole
                whole = Append()
            if count >= events:
                return


def _add(whole: Append, one: Append) -> None:
    index = len(whole.command_ids)
    whole.command_ids += one.command_ids
    whole.request_hashes += one.request_hashes
    for stream, version in one.guards.items():
        whole.guards.setdefault(stream, version)
    whole.event_commands += [index] * len(one.event_tags)
    whole.event_streams += one.event_streams
    whole.event_versions += one.event_versions
    whole.event_tags += one.event_tags
    whole.event_datas += one.event_datas
    whole.event_metas += one.event_metas


def floor(store: EventStore) -> int:
    """Read, decode and fold with nothing around it; give the events read."""
    states: dict[bytes, str] = {}
    revenue = after = 0
    while page := store.read(after=after, limit=PAGE_MAX):
        for record in (r for r in page if r.tag in ROUTED):
            event = decode(record.tag, record.data, position=record.position)
            kind = type(event)
            if kind in STATES:
                states[record.stream] = STATES[kind]
            if isinstance(event, TicketSold):
                revenue += event.price.minor
        after = page[-1].position
    return after


def read_side(store: EventStore) -> ReadSide:
    """Make empty stores in memory."""
    checkpoints = MemoryCheckpoints(now=lambda: datetime.now(UTC))
    documents, cache = MemoryDocuments(), MemoryDocuments()
    return ReadSide(store, documents, cache, checkpoints, dict.fromkeys(FAMILIES, 4))


def timed_floor(store: EventStore) -> tuple[float, float]:
    """Give wall and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    floor(store)
    return time.perf_counter() - wall, time.process_time() - cpu


def timed_product(side: ReadSide) -> tuple[float, float]:
    """Give wall and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    asyncio.run(rebuild(side, grace_s=0.0))
    return time.perf_counter() - wall, time.process_time() - cpu


def check(store: EventStore, side: ReadSide) -> int:
    """Void the run unless every document is one fold of its facts; count them."""
    facts: list[Fact] = []
    after = 0
    while page := store.read(after=after, limit=PAGE_MAX):
        facts += [fact_of(record) for record in page if record.tag in ROUTED]
        after = page[-1].position
    documents = 0
    for model in MODELS:
        groups = model.grouped(facts)
        expected = {key: encode(model.fold(None, g)) for key, g in groups.items()}
        stored = asyncio.run(_stored(side, model.name, model.sink))
        if stored != expected:
            raise SystemExit(f"{model.name} is not what one fold gives")
        documents += len(expected)
    return documents


async def _stored(side: ReadSide, name: str, sink: str) -> dict[str, bytes]:
    documents = side.documents if sink == "documents" else side.cache
    generation = await documents.generation(name)
    keys = await documents.keys(name, generation)
    found = await documents.get(name, generation, keys)
    return {key: one.body for key, one in found.items()}


Round = tuple[tuple[float, float], tuple[float, float]]
"""The floor's seconds and the product's, each wall and CPU."""


def summary(events: int, documents: int, rounds: list[Round]) -> dict[str, object]:
    """Describe the rounds: rates in events a second, by the clock and by CPU."""
    floor_wall, ours_wall, floor_cpu, ours_cpu = (
        [events / seconds for seconds in column]
        for column in zip(
            *((bare[0], ours[0], bare[1], ours[1]) for bare, ours in rounds),
            strict=True,
        )
    )
    return {
        "events": events,
        "documents": documents,
        "rate, replay / floor": ratio(ours_wall, floor_wall, goal=GOAL),
        "cpu, replay / floor": ratio(ours_cpu, floor_cpu),
        "floor_events_per_s": round(statistics.median(floor_wall)),
        "replay_events_per_s": round(statistics.median(ours_wall)),
        "floor_cpu_us": round(1e6 / statistics.median(floor_cpu), 2),
        "replay_cpu_us": round(1e6 / statistics.median(ours_cpu), 2),
    }


def fresh_log(url: str) -> tuple[str, str]:
    """Create an empty, migrated database beside the one given."""
    name = f"replay_{uuid4().hex[:8]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    return f"{url.rpartition('/')[0]}/{name}", name


def fill(store: EventStore, events: int) -> int:
    """Write the history; give its length."""
    head = 0
    for batch in batches(events):
        answer = store.append(replace(batch))
        head = answer.head
    return head


def measure(store: EventStore, events: int, *, rounds: int) -> dict[str, object]:
    """Let floor and product take turns over one log of so many events."""
    fill(store, events)
    taken: list[Round] = []
    for _ in range(rounds):
        side = read_side(store)
        taken.append((timed_floor(store), timed_product(side)))
    found = summary(events, check(store, side), taken)
    return {**found, "cpu_us by part": by_part(store, events)}


def by_part(store: EventStore, events: int) -> dict[str, float]:
    """Give microseconds an event for each part, the least of some passes."""
    passes = []
    for _ in range(PASSES):
        parts = Parts()
        parts.run(store)
        passes.append(parts.cpu_s)
    return {
        part: round(1e6 * min(one[part] for one in passes) / events, 3)
        for part in passes[0]
    }


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default=os.environ.get("BOXOFFICE_TEST_POSTGRES_URL"))
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if not options.url:
        parser.error("no server: run it by `boxoffice stack run --`, or give --url")
    about = machine(options.url)
    url, name = fresh_log(options.url)
    migrate(url)
    store = PostgresEventStore(url)
    try:
        found = measure(store, options.events, rounds=options.rounds)
    finally:
        store.close()
        with psycopg.connect(options.url, autocommit=True) as connection:
            connection.execute(f"drop database {name} with (force)")
    report({"machine": about, **found}, options.json)


if __name__ == "__main__":
    main()

"""Folding the read models anew from the log, beside those that serve.

The next generation of every model is folded from position 0, caught up until its
watermark is not older than the serving one's, compared, and switched to by one pointer
a model. For `grace_s` after the switch it is still fed from the log here, until every
projector has seen the pointer; then the old generation is dropped. Nothing has to stop
for it, and it needs nothing but the log: neither the bus nor the old documents.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

import msgspec

from boxoffice.application import dead_letters, generations
from boxoffice.application.digests import digest
from boxoffice.application.folding import Folded, Shelf
from boxoffice.application.lease import Leadership, contender, leading
from boxoffice.application.ports.checkpoints import Checkpoints
from boxoffice.application.ports.documents import Document, Documents, Seen
from boxoffice.application.ports.log import EventStore, LogRecord
from boxoffice.application.replay import (
    Progress,
    facts_of,
    grouped_for,
    pages,
)
from boxoffice.domain.message import Fact
from boxoffice.errors import Conflict, Corrupt, Unavailable
from boxoffice.readmodels.registry import MODELS, AnyModel

FOLD_EVENTS = 100_000
"""Facts that are folded at once: the more, the fewer times a document is opened."""
CHANGED_MAX = 256
"""Documents of a model that may wait to be written; more are written at once."""
CATCH_UP_ROUNDS_MAX = 200
GRACE_S = 3.0
"""Three times the interval at which projectors look at the pointer."""
FEED_S = 0.05
COMPARED_MAX = 64
"""Documents of a generation read at once."""
LEASE = "rebuild"
LEASE_S = 10.0


@dataclass(frozen=True)
class ReadSide:
    """What a rebuild reads and writes.

    `partitions`: how many each family's topic really has.
    """

    store: EventStore
    documents: Documents
    cache: Documents
    checkpoints: Checkpoints
    partitions: Mapping[str, int]
    models: tuple[AnyModel, ...] = MODELS

    def sink(self, model: AnyModel) -> Documents:
        """Give the store that keeps a model's documents."""
        return self.documents if model.sink == "documents" else self.cache


class Rebuilt(msgspec.Struct, frozen=True):
    """A model's new generation. `differences`: keys that the old one had otherwise."""

    model: str
    generation: int
    position: int
    documents: int
    differences: tuple[str, ...]
    parked: tuple[str, ...]


class _Build:
    """One model's next generation while it is folded."""

    def __init__(
        self, model: AnyModel, documents: Documents, *, serving: int, known: bool
    ) -> None:
        self.model = model
        self.documents = documents
        self.serving = serving
        self.known = known
        """Whether the serving generation comes from this epoch of the log."""
        self.generation = max(serving, generations.FIRST) + 1
        silent: AnyModel = replace(model, delta=None)
        self.shelf = Shelf(silent, documents, generation=self.generation)

    async def serving_watermark(self) -> int:
        if not self.known:
            return 0
        marks = await self.documents.watermarks(self.model.name, self.serving)
        return max(marks.values(), default=0)


class _Rebuild:
    """All models of one run; they read the log once, together."""

    def __init__(
        self, side: ReadSide, builds: Sequence[_Build], progress: Progress | None
    ) -> None:
        self._side = side
        self._builds = builds
        self._progress = progress
        self._position, self._hash = 0, b""
        self._facts: list[Fact] = []
        self._started = asyncio.get_running_loop().time()

    async def replay(self) -> None:
        """Fold everything that is in the log now, and write it."""
        head = await asyncio.to_thread(self._side.store.head)
        async for page in pages(self._side.store, after=self._position):
            await self._take(page)
            self._position, self._hash = page[-1].position, page[-1].hash
            if len(self._facts) >= FOLD_EVENTS:
                await self._fold()
            if self._is_full():
                await self._flush()
            self._tell(max(head.position, self._position))
        await self._flush()
        await self._mark()

    async def catch_up(self) -> None:
        """Go on until no serving watermark is newer.

        Raises:
            Unavailable: the log grows faster than it can be folded.
        """
        for _ in range(CATCH_UP_ROUNDS_MAX):
            serving = max([await build.serving_watermark() for build in self._builds])
            if self._position >= serving:
                return
            await self.replay()
        raise Unavailable("The read models could not catch up with the log.")

    async def feed(self, seconds: float) -> None:
        """Keep the new generation fresh while projectors change over."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while loop.time() < until:
            await self.replay()
            await asyncio.sleep(FEED_S)

    async def outcome(self) -> tuple[Rebuilt, ...]:
        """Describe every new generation."""
        return tuple([await self._outcome(build) for build in self._builds])

    async def _outcome(self, build: _Build) -> Rebuilt:
        name = build.model.name
        keys = await build.documents.keys(name, build.generation)
        differences = await _differences(build, keys) if build.known else ()
        parked = tuple(sorted(build.shelf.parked))
        return Rebuilt(
            model=name,
            generation=build.generation,
            position=self._position,
            documents=len(keys),
            differences=differences,
            parked=parked,
        )

    async def _take(self, page: Sequence[LogRecord]) -> None:
        facts, unreadable = facts_of(page)
        self._facts += facts
        if unreadable:
            await self._fold()
        for build in self._builds:
            letters = [
                build.shelf.park(one.key, one.position, one.reason)
                for one in unreadable
                if one.family == build.model.family
            ]
            await dead_letters.park(build.documents, letters)

    async def _fold(self) -> None:
        """Fold the facts that were taken, all documents of all models."""
        facts, self._facts = self._facts, []
        if not facts:
            return
        groups = grouped_for((build.model for build in self._builds), facts)
        for build in self._builds:
            folded = await build.shelf.fold(groups[build.model.grouped])
            await self._park(build, folded, facts[0].position)

    async def _park(self, build: _Build, folded: Folded, position: int) -> None:
        reason = "The log holds no beginning of this document."
        lost = [build.shelf.park(key, position, reason) for key in folded.lost]
        await dead_letters.park(build.documents, [*folded.letters, *lost])

    def _is_full(self) -> bool:
        return any(build.shelf.changed > CHANGED_MAX for build in self._builds)

    async def _flush(self) -> None:
        await self._fold()
        for build in self._builds:
            flushed = await build.shelf.flush()
            await dead_letters.park(build.documents, flushed.letters)

    async def _mark(self) -> None:
        seen = Seen(self._position, self._hash)
        for build in self._builds:
            name, generation = build.model.name, build.generation
            partitions = self._side.partitions[build.model.family]
            marks = dict.fromkeys(range(partitions), self._position)
            await build.documents.mark(name, generation, marks, seen=seen)

    def _tell(self, total: int) -> None:
        if self._progress is not None:
            elapsed = asyncio.get_running_loop().time() - self._started
            self._progress(self._position, total, self._position / max(elapsed, 1e-6))


async def rebuild(
    side: ReadSide, *, progress: Progress | None = None, grace_s: float = GRACE_S
) -> tuple[Rebuilt, ...]:
    """Fold every model anew and let it serve.

    Raises:
        Unavailable: a store does not answer; what serves has not changed.
        Conflict: another rebuild was quicker.
        Corrupt: the log was set back; see the text for what to do.
    """
    async with AsyncExitStack() as stack:
        leadership = await stack.enter_async_context(
            leading(side.checkpoints, LEASE, owner=contender(), ttl_s=LEASE_S)
        )
        return await _rebuild(side, leadership, progress=progress, grace_s=grace_s)


async def _rebuild(
    side: ReadSide,
    leadership: Leadership,
    *,
    progress: Progress | None,
    grace_s: float,
) -> tuple[Rebuilt, ...]:
    head = await asyncio.to_thread(side.store.head)
    builds = [await _begin(side, model, head.epoch) for model in side.models]
    run = _Rebuild(side, builds, progress)
    await run.replay()
    await run.catch_up()
    outcome = await run.outcome()
    leadership.check()
    for build in builds:
        await _switch(build)
    if any(build.serving for build in builds):
        await run.feed(grace_s)
        for build in builds:
            await dead_letters.drop(build.documents, build.model.name, build.serving)
    return outcome


async def _begin(side: ReadSide, model: AnyModel, epoch: int) -> _Build:
    documents = side.sink(model)
    serving = await documents.generation(model.name)
    known = bool(serving)
    try:
        await generations.check_epoch(documents, model.name, serving, epoch)
    except Corrupt:
        known = False
    if known:
        await generations.check_log(side.store, documents, model.name, serving)
    build = _Build(model, documents, serving=serving, known=known)
    await dead_letters.drop(documents, model.name, build.generation)
    origin = generations.Origin(epoch, side.partitions[model.family])
    await generations.begin(documents, model.name, build.generation, origin)
    return build


async def _switch(build: _Build) -> None:
    serving = await build.documents.generation(build.model.name)
    if serving >= build.generation:
        raise Conflict(f"{build.model.name} was rebuilt by somebody else meanwhile.")
    build.serving = serving
    await build.documents.switch(build.model.name, build.generation)


async def _differences(build: _Build, keys: Sequence[str]) -> tuple[str, ...]:
    """Name documents that stand at one position in both generations and differ."""
    name, found = build.model.name, []
    for start in range(0, len(keys), COMPARED_MAX):
        chunk = keys[start : start + COMPARED_MAX]
        old = await build.documents.get(name, build.serving, chunk)
        new = await build.documents.get(name, build.generation, chunk)
        for key in chunk:
            if key not in old or key not in new:
                continue
            same = old[key].position != new[key].position
            if not same and not _is_equal(old[key], new[key]):
                found.append(key)
    return tuple(found)


def _is_equal(old: Document, new: Document) -> bool:
    try:
        return digest(old.body) == digest(new.body)
    except Corrupt:
        return False

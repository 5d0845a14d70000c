"""Whether the live read models are what a fresh fold of the log gives.

The log is folded in memory. Then every stored document is compared with the fresh one
at the position that the stored one claims to show: the watermark of its partition, or
its own position where that is newer. Nothing has to stand still for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from boxoffice.application import dead_letters
from boxoffice.application.audit.finding import Check
from boxoffice.application.digests import digest
from boxoffice.application.generations import check_epoch, origin_of
from boxoffice.application.partitioning import partition_of
from boxoffice.application.ports.documents import Document, Documents
from boxoffice.application.ports.log import EventStore
from boxoffice.application.replay import facts_of, pages
from boxoffice.domain.message import Fact
from boxoffice.errors import Corrupt
from boxoffice.readmodels.keys import message_key
from boxoffice.readmodels.model import encode
from boxoffice.readmodels.registry import AnyModel

READ_MAX = 64
POLL_S = 0.1
ROUNDS_MAX = 3
"""How often the comparison starts again because the pointer moved meanwhile."""
SHOWN_MAX = 5


class Stored(msgspec.Struct, frozen=True):
    """A stored document: where it stands and what it says."""

    position: int
    digest: bytes


class Reached(msgspec.Struct, frozen=True):
    """What serves, and the watermark of every partition of its topic."""

    generation: int
    marks: tuple[int, ...]

    @property
    def low(self) -> int:
        """The position that all of it shows."""
        return min(self.marks, default=0)


class Replica:
    """One model folded freshly, all documents in memory."""

    def __init__(self, model: AnyModel, documents: Documents) -> None:
        self.model = model
        self.documents = documents
        self.unfoldable: dict[str, str] = {}
        self._fresh: dict[str, Any] = {}

    def fold(self, facts: Iterable[Fact]) -> None:
        """Fold facts in order of position."""
        for key, group in self.model.grouped(facts).items():
            if key in self.unfoldable:
                continue
            try:
                self._fresh[key] = self.model.fold(self._fresh.get(key), group)
            except Corrupt as error:
                self.unfoldable[key] = error.detail

    async def compare(
        self, store: EventStore, *, epoch: int, after: int, timeout_s: float
    ) -> Check:
        """Compare what serves with what was folded up to `after`.

        Raises:
            Unavailable: the log or the store does not answer.
        """
        for _ in range(ROUNDS_MAX):
            reached = await self._reached(after, timeout_s)
            generation = reached.generation
            check = await self._compare(store, reached, epoch=epoch, after=after)
            if check.ok or generation == await self._generation():
                return check
        return check

    async def _compare(
        self, store: EventStore, reached: Reached, *, epoch: int, after: int
    ) -> Check:
        name, generation = self.model.name, reached.generation
        if not after:
            return Check(name, ok=True, detail="there is nothing to show yet")
        if not generation:
            return Check(name, ok=False, detail="nothing serves; run `replay --all`")
        try:
            await check_epoch(self.documents, name, generation, epoch)
        except Corrupt as error:
            return Check(name, ok=False, detail=error.detail)
        if reached.low < after:
            detail = f"it shows position {reached.low}, the log is at {after}"
            return Check(name, ok=False, detail=detail, position=reached.low)
        stored = await self._stored(generation)
        fresh = await self._caught_up(store, reached, stored, after=after)
        letters = await dead_letters.parked(self.documents, name, generation)
        parked = [letter.key for letter in letters]
        return self._verdict(fresh, stored, parked)

    async def _generation(self) -> int:
        return await self.documents.generation(self.model.name)

    async def _reached(self, position: int, timeout_s: float) -> Reached:
        """Wait, bounded, until all of it shows a position; give what serves."""
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout_s
        while True:
            reached = await self._reached_now()
            if reached.low >= position or loop.time() > until:
                return reached
            await asyncio.sleep(POLL_S)

    async def _reached_now(self) -> Reached:
        name, generation = self.model.name, await self._generation()
        marks = await self.documents.watermarks(name, generation)
        origin = await origin_of(self.documents, name, generation)
        by_partition = [marks.get(number, 0) for number in range(origin.partitions)]
        return Reached(generation, tuple(by_partition))

    async def _stored(self, generation: int) -> dict[str, Stored]:
        name, stored = self.model.name, {}
        keys = await self.documents.keys(name, generation)
        for start in range(0, len(keys), READ_MAX):
            chunk = keys[start : start + READ_MAX]
            found = await self.documents.get(name, generation, chunk)
            for key, document in found.items():
                stored[key] = Stored(document.position, _digest(document))
        return stored

    async def _caught_up(
        self,
        store: EventStore,
        reached: Reached,
        stored: Mapping[str, Stored],
        *,
        after: int,
    ) -> dict[str, Any]:
        """Fold on, every document as far as its stored twin claims to show."""

        def target(key: str) -> int:
            partition = partition_of(message_key(key), len(reached.marks))
            own = stored[key].position if key in stored else 0
            return max(own, reached.marks[partition])

        fresh = dict(self._fresh)
        last = max([after, *reached.marks, *(s.position for s in stored.values())])
        async for page in pages(store, after=after, until=last):
            facts, _ = facts_of(r for r in page if r.position <= last)
            for key, group in self.model.grouped(facts).items():
                wanted = [fact for fact in group if fact.position <= target(key)]
                if wanted and key not in self.unfoldable:
                    fresh[key] = self.model.fold(fresh.get(key), wanted)
        return fresh

    def _verdict(
        self,
        fresh: Mapping[str, Any],
        stored: Mapping[str, Stored],
        parked: Sequence[str],
    ) -> Check:
        name = self.model.name
        left = {*parked, *self.unfoldable}
        wrong = sorted(
            key
            for key in {*fresh, *stored}
            if key not in left
            and message_key(key) not in left
            and not _same(fresh.get(key), stored.get(key))
        )
        if left:
            detail = f"parked: {_listed(sorted(left))}"
            return Check(name, ok=False, detail=detail)
        if wrong:
            detail = f"differs from a fresh replay: {_listed(wrong)}"
            where = stored.get(wrong[0])
            position = None if where is None else where.position
            return Check(name, ok=False, detail=detail, position=position)
        return Check(name, ok=True, detail=f"{len(stored):,} documents equal a replay")


def _digest(document: Document) -> bytes:
    """Give what a document says, or nothing when it cannot be read."""
    try:
        return digest(document.body)
    except Corrupt:
        return b""


def _same(fresh: Any, stored: Stored | None) -> bool:
    if fresh is None or stored is None:
        return False
    return bool(
        fresh.position == stored.position and digest(encode(fresh)) == stored.digest
    )


def _listed(keys: Sequence[str]) -> str:
    shown = ", ".join(keys[:SHOWN_MAX])
    more = len(keys) - SHOWN_MAX
    return f"{shown} and {more} more" if more > 0 else shown

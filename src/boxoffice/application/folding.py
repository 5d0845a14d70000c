"""Folding facts into stored documents, a batch at a time.

A `Shelf` holds documents of one model and generation in memory. While its owner folds
without a gap, what it holds is complete up to the owner's watermark, so a batch costs
no read. Whoever takes a watermark from the store, instead of reaching it by folding,
starts with a new shelf.

`fold` works in memory only; `flush` writes what changed, each document once, guarded by
its position. A document that somebody else wrote newer is taken from the store; one
that cannot be read there is parked. After `Unavailable` flush again: nothing is lost
and nothing is counted twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Generic

import msgspec

from boxoffice.application.dead_letters import DeadLetter
from boxoffice.application.ports.documents import Document, Documents
from boxoffice.domain.message import Fact
from boxoffice.errors import Corrupt, Unstorable
from boxoffice.readmodels.keys import message_key
from boxoffice.readmodels.model import D, Delta, Groups, ReadModel, encode

PUT_MAX = 64
"""Documents in one call to the store."""
HELD_BYTES_MAX = 16 * 1024 * 1024
"""What a shelf keeps between batches, counted as it is stored."""


class Folded(msgspec.Struct, frozen=True):
    """What could not be folded.

    `lost`: keys of documents that do not exist and do not begin with these facts.
    `letters`: documents that were parked just now.
    """

    lost: tuple[str, ...] = ()
    letters: tuple[DeadLetter, ...] = ()


class Flushed(msgspec.Struct):
    """Documents written, documents that were newer already, and what to tell."""

    written: int = 0
    refused: int = 0
    deltas: list[Delta] = []
    letters: list[DeadLetter] = []


class Shelf(Generic[D]):
    """Documents of one model and generation, held between batches."""

    def __init__(
        self,
        model: ReadModel[D],
        documents: Documents,
        *,
        generation: int,
        held_bytes_max: int = HELD_BYTES_MAX,
        parked: Collection[str] = (),
    ) -> None:
        self.model = model
        self.generation = generation
        self.parked = set(parked)
        self._documents = documents
        self._held_bytes_max = held_bytes_max
        self._sizes: dict[str, int] = {}
        self._held: dict[str, D] = {}
        self._before: dict[str, D | None] = {}
        self._done = Flushed()
        self._unreadable: list[DeadLetter] = []

    @property
    def changed(self) -> int:
        """How many documents wait for a flush."""
        return len(self._before)

    @property
    def held(self) -> Mapping[str, D]:
        """The documents in memory."""
        return self._held

    async def fold(self, groups: Groups) -> Folded:
        """Fold facts by document; at or below a document's position they are known.

        Raises:
            Unavailable: the store does not answer; nothing was folded.
        """
        await self.load(groups)
        lost: list[str] = []
        letters, self._unreadable = self._unreadable, []
        for key, facts in groups.items():
            if self.is_parked(key):
                continue
            document = self._held.get(key)
            news = _above(facts, document)
            if news and document is None and not self.model.begins(news[0].event):
                lost.append(key)
            elif news:
                letters += self._fold(key, document, news)
        return Folded(tuple(lost), tuple(letters))

    def _fold(
        self, key: str, document: D | None, facts: Sequence[Fact]
    ) -> list[DeadLetter]:
        try:
            after = self.model.fold(document, facts)
        except Corrupt as error:
            return [self.park(key, facts[0].position, str(error))]
        self._before.setdefault(key, document)
        self._held[key] = after
        return []

    def park(self, key: str, position: int, reason: str) -> DeadLetter:
        """Fold nothing more into a document, or into those of a performance."""
        self.parked.add(key)
        return DeadLetter(self.model.name, self.generation, key, position, reason)

    def is_parked(self, key: str) -> bool:
        """Tell whether a document is left alone."""
        return key in self.parked or message_key(key) in self.parked

    async def load(self, keys: Iterable[str]) -> None:
        """Have these documents in memory, as far as they exist."""
        missing = []
        for key in keys:
            if key in self._held:
                self._held[key] = self._held.pop(key)
            elif not self.is_parked(key):
                missing.append(key)
        if missing:
            await self._read(missing)

    async def _read(self, keys: Sequence[str]) -> None:
        name, generation = self.model.name, self.generation
        found = await self._documents.get(name, generation, keys)
        for key, document in found.items():
            try:
                self._held[key] = self.model.decode(document.body)
            except Corrupt as error:
                self._forget(key)
                letter = self.park(key, document.position, error.detail)
                self._unreadable.append(letter)
            else:
                self._sizes[key] = len(document.body)

    def _forget(self, key: str) -> None:
        self._held.pop(key, None)
        self._before.pop(key, None)
        self._sizes.pop(key, None)

    async def flush(self) -> Flushed:
        """Write what changed. A document that breaks its bound is parked.

        Raises:
            Unavailable: flush again.
        """
        keys = list(self._before)
        for start in range(0, len(keys), PUT_MAX):
            await self._put(keys[start : start + PUT_MAX])
        self._make_room()
        done, self._done = self._done, Flushed()
        done.letters += self._unreadable
        self._unreadable = []
        return done

    async def _put(self, keys: Sequence[str]) -> None:
        held = self._held
        documents = [Document(k, held[k].position, encode(held[k])) for k in keys]
        self._sizes |= {document.key: len(document.body) for document in documents}
        name, generation = self.model.name, self.generation
        try:
            newer = await self._documents.put(name, generation, documents)
        except Unstorable as error:
            key = self._give_up(keys, error)
            await self._put([k for k in keys if k != key])
            return
        if newer:
            await self._read(newer)
        self._done.written += len(keys) - len(newer)
        self._done.refused += len(newer)
        known = [key for key in keys if key in held]
        changes = [(self._before.pop(key), held[key]) for key in known]
        self._done.deltas += self._told(changes)

    def _make_room(self) -> None:
        """Let go of what was not used for longest."""
        size = sum(self._sizes.values())
        while size > self._held_bytes_max:
            key = next(iter(self._held))
            size -= self._sizes.pop(key)
            del self._held[key]

    def _give_up(self, keys: Sequence[str], error: Unstorable) -> str:
        key = str(error.data.get("key"))
        if key not in keys:
            raise error
        position = self._held[key].position
        self._forget(key)
        self._done.letters.append(self.park(key, position, error.detail))
        return key

    async def since(self, before: Mapping[str, D]) -> list[Delta]:
        """Say how the stored documents differ from what listeners were told."""
        if self.model.delta is None:
            return []
        await self.load(before)
        held = self._held
        return self._told((before[key], held[key]) for key in before if key in held)

    def _told(self, changes: Iterable[tuple[D | None, D]]) -> list[Delta]:
        delta = self.model.delta
        if delta is None:
            return []
        told = (delta(was, now) for was, now in changes if was is not None)
        return [one for one in told if one is not None]


def _above(facts: list[Fact], document: D | None) -> list[Fact]:
    if document is None or facts[0].position > document.position:
        return facts
    return [fact for fact in facts if fact.position > document.position]

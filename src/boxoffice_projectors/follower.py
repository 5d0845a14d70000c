"""One model following one partition: its watermark, its documents, its gaps.

The shelf is complete up to the watermark, because it only grows by folding without a
gap; whenever the watermark is taken from the store instead, the shelf starts empty.

On a gap the follower first looks whether the stored watermark has moved on, then wants
its partition from the start, once. If the gap is still there it stops folding and says
so, until messages come that close the gap or a rebuild has raised the watermark.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from boxoffice.application import dead_letters
from boxoffice.application.dead_letters import DeadLetter
from boxoffice.application.folding import Shelf
from boxoffice.application.generations import check_epoch
from boxoffice.application.ports.bus import Message
from boxoffice.application.ports.documents import Documents
from boxoffice.readmodels.model import Delta
from boxoffice.readmodels.registry import AnyModel
from boxoffice_projectors import metrics
from boxoffice_projectors.batch import Decoder, Taken, take

PATIENCE = 3
"""Looks at the store before a partition that is behind is wanted from the start."""


class Step(msgspec.Struct, frozen=True):
    """What came of a batch: what listeners are told, and whether to start again."""

    deltas: tuple[Delta, ...] = ()
    rewind: bool = False


class Follower:
    """Folds one partition into the documents of one model and generation.

    `saved` is the watermark as its owner last stored it, `hash` that of the record at
    the watermark once something was folded.
    """

    def __init__(
        self,
        model: AnyModel,
        documents: Documents,
        *,
        partition: int,
        generation: int,
        epoch: int,
    ) -> None:
        self.model = model
        self.partition = partition
        self.generation = generation
        self.watermark = 0
        self.saved = 0
        self.hash = b""
        self.problem = ""
        """Why nothing is folded; "" while all is well."""
        self._documents = documents
        self._epoch = epoch
        self._seen = 0
        self._looks = 0
        self._rewound = False
        self._gone = False
        self._letters: list[DeadLetter] = []
        self._shelf = Shelf(model, documents, generation=generation)

    async def restart(self, watermark: int) -> None:
        """Begin at a watermark of the store, holding nothing.

        Raises:
            Unavailable: the store does not answer; nothing has changed.
        """
        name = self.model.name
        letters = await dead_letters.parked(self._documents, name, self.generation)
        self._shelf = Shelf(
            self.model,
            self._documents,
            generation=self.generation,
            parked=[letter.key for letter in letters],
        )
        self.watermark = self.saved = watermark
        self._rewound = self._gone = False
        self._looks = 0

    async def follow(self, messages: Sequence[Message], decoder: Decoder) -> Step:
        """Fold what follows the watermark and write it.

        The watermark is the caller's to store, afterwards.

        Raises:
            Unavailable: the store does not answer; call again with the same messages.
            Corrupt: the log has a new epoch.
        """
        self._seen = max(self._seen, messages[-1].position)
        if self._gone:
            return Step()
        taken = take(messages, watermark=self.watermark, epoch=self._epoch)
        if taken.gap is not None and not self.problem and await self._moved_on():
            taken = take(messages, watermark=self.watermark, epoch=self._epoch)
        deltas: tuple[Delta, ...] = ()
        if taken.messages:
            lost = await self._fold(taken, decoder)
            if lost:
                return await self._miss(lost)
            deltas = await self._write()
            self.watermark = taken.watermark
            self.hash = taken.messages[-1].hash
            self._rewound = False
        return Step(deltas, rewind=self._stands_before(taken.gap))

    async def look_up(self, generation: int, stored: int) -> Step:
        """Take note of the pointer and of the stored watermark of this partition.

        Raises:
            Unavailable: the store does not answer; look again later.
            Corrupt: what serves was folded from another epoch of the log.
        """
        if not generation:
            self._gone = True
            self.problem = f"{self.model.name} is gone; run `boxoffice replay --all`."
            return Step()
        deltas: tuple[Delta, ...] = ()
        if generation != self.generation:
            deltas = await self._adopt(generation, stored)
        elif self._gone or stored < self.saved or stored > self.watermark:
            await self.restart(stored)
        return Step(deltas, rewind=self._is_late())

    @property
    def lag(self) -> int:
        """Positions that were seen and are not folded."""
        return max(0, self._seen - self.watermark)

    @property
    def parked(self) -> int:
        """Documents that are left alone."""
        return len(self._shelf.parked)

    async def _fold(self, taken: Taken, decoder: Decoder) -> tuple[str, ...]:
        shelf, name = self._shelf, self.model.name
        facts, poisoned = decoder.facts(taken.messages)
        letters = [shelf.park(m.key, m.position, str(error)) for m, error in poisoned]
        folded = await shelf.fold(self.model.grouped(facts))
        await self._park([*letters, *folded.letters])
        metrics.folded.labels(name).inc(len(facts))
        return folded.lost

    async def _write(self) -> tuple[Delta, ...]:
        flushed = await self._shelf.flush()
        await self._park(flushed.letters)
        metrics.written.labels(self.model.name).inc(flushed.written)
        metrics.guard_misses.labels(self.model.name).inc(flushed.refused)
        return tuple(flushed.deltas)

    async def _park(self, letters: Sequence[DeadLetter]) -> None:
        self._letters += letters
        await dead_letters.park(self._documents, self._letters)
        self._letters = []

    async def _adopt(self, generation: int, stored: int) -> tuple[Delta, ...]:
        """Change over to another generation; listeners hear how it differs."""
        name = self.model.name
        await check_epoch(self._documents, name, generation, self._epoch)
        told: dict[str, Any] = dict(self._shelf.held)
        before, self.generation = self.generation, generation
        try:
            await self.restart(stored)
            return tuple(await self._shelf.since(told))
        except BaseException:
            self.generation = before
            raise

    async def _stored(self) -> int:
        marks = await self._documents.watermarks(self.model.name, self.generation)
        return marks.get(self.partition, 0)

    async def _moved_on(self) -> bool:
        """Tell whether somebody else has folded on, and begin there."""
        stored = await self._stored()
        if stored > self.watermark:
            await self.restart(stored)
            return True
        return False

    async def _miss(self, lost: Sequence[str]) -> Step:
        """Drop a batch whose documents are not there although they were folded."""
        again, stored = self._rewound, await self._stored()
        await self.restart(min(stored, self.watermark))
        self._rewound = True
        if not self.watermark and not again:
            return Step(rewind=True)
        self.problem = (
            f"{self.model.name} lacks {lost[0]}, which should be folded up to position"
            f" {self.watermark}; run `boxoffice replay --all`."
        )
        return Step()

    def _stands_before(self, gap: Message | None) -> bool:
        """Note a gap or that there is none; True: start the partition again."""
        if gap is None:
            if not self.lag:
                self.problem = ""
            return False
        metrics.gaps.labels(self.model.name).inc()
        if not self._rewound:
            self._rewound = True
            return True
        self._stop(gap.prev)
        return False

    def _is_late(self) -> bool:
        if not self.lag:
            self._looks = 0
            self.problem = ""
            return False
        self._looks += 1
        if self._looks <= PATIENCE:
            return False
        if self._rewound:
            self._stop(self._seen)
            return False
        self._rewound = True
        self._looks = 0
        return True

    def _stop(self, missing: int) -> None:
        if not self.problem:
            self.problem = (
                f"Partition {self.partition} of {self.model.family} lacks messages"
                f" between positions {self.watermark} and {missing}, so"
                f" {self.model.name} stands still; run `boxoffice relay --from 0`, or"
                " `boxoffice replay --all`."
            )

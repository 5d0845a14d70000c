"""One reader of the log's tail for all folds that a process keeps in memory.

Every fold sees every record once, in order of position. Only of the `past`, which was
there before the process, a fold is brought no more than the tags that it names: a
process starts on a long log without reading all of it. `catch_up` promises that
whatever was stored before the call has been folded when it returns. Callers that come
together share one read and its outcome: when it fails, it fails for everybody who had
asked by then, so a log that is away costs nobody more than one read. All calls come
from one event loop; the log is read off it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

from boxoffice.application.ports.log import LogRecord, TaggedReader
from boxoffice.application.reach import Reach
from boxoffice.errors import TooSlow

PAGE_MAX = 2_000
"""Records read and folded at once; the loop breathes between pages."""
SPAN_MAX = 20_000
"""Records of the past that one read looks at: about 20 ms of the log's database."""

Fold = Callable[[LogRecord], None]


class Tail:
    """How far this process has read the log for its own folds.

    What lies at or below `past` was stored before any fold had an interest in it that
    its tags do not say. `patience_s` bounds how long a caller waits; None is for
    commands of a console, which nobody leaves. `reach` is told of what was read.
    """

    def __init__(
        self,
        store: TaggedReader,
        *,
        past: int = 0,
        patience_s: float | None = None,
        reach: Reach | None = None,
    ) -> None:
        self._store = store
        self.past = past
        self._patience_s = patience_s
        self._reach = reach or Reach()
        self._folds: list[tuple[Fold, frozenset[str]]] = []
        self._position = 0
        self._asked: asyncio.Future[None] | None = None
        """What those wait for who asked after the running read had begun."""
        self._reading: asyncio.Task[None] | None = None

    @property
    def position(self) -> int:
        """The last position that was folded."""
        return self._position

    @property
    def knows_past(self) -> bool:
        """Whether everything was folded that was there before this process."""
        return self._position >= self.past

    def feed(self, fold: Fold, *, tags: Collection[str]) -> None:
        """Let `fold` see every record, of the past those with one of `tags`.

        Call it before the first `catch_up`.
        """
        self._folds.append((fold, frozenset(tags)))

    def begin(self) -> None:
        """Start reading and wait for nothing; whoever asks meets what goes wrong."""
        self._next_read()

    async def catch_up(self) -> int:
        """Fold what was stored so far; give the position.

        Raises:
            Unavailable: the log does not answer.
            TooSlow: there is more to read than a caller waits for.
        """
        answer = asyncio.shield(self._next_read())
        try:
            async with asyncio.timeout(self._patience_s):
                await answer
        except TimeoutError as error:
            raise TooSlow from error
        return self._position

    def _next_read(self) -> asyncio.Future[None]:
        if self._asked is None:
            self._asked = asyncio.get_running_loop().create_future()
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._serve(), name="tail")
        return self._asked

    async def _serve(self) -> None:
        """Read until nobody waits; a caller who leaves takes nobody's read along."""
        while (served := self._take_asked()) is not None:
            try:
                await self._read()
            except Exception as error:  # noqa: BLE001 - told to everybody who asked
                _fail(served, error)
                if (late := self._take_asked()) is not None:
                    _fail(late, error)
            else:
                served.set_result(None)

    def _take_asked(self) -> asyncio.Future[None] | None:
        asked, self._asked = self._asked, None
        return asked

    async def _read(self) -> None:
        while not self.knows_past:
            await self._read_past()
        while True:
            page = await asyncio.to_thread(
                self._store.read, after=self._position, limit=PAGE_MAX
            )
            for record in page:
                for fold, _ in self._folds:
                    fold(record)
                self._position = record.position
            self._reach.note(self._position)
            if len(page) < PAGE_MAX:
                return

    async def _read_past(self) -> None:
        wanted = frozenset[str]().union(*(tags for _, tags in self._folds))
        upto = min(self._position + SPAN_MAX, self.past)
        found = await asyncio.to_thread(
            self._store.tagged, wanted, after=self._position, upto=upto
        )
        for record in found:
            for fold, tags in self._folds:
                if record.tag in tags:
                    fold(record)
            self._position = record.position
        self._position = upto


def _fail(waiting: asyncio.Future[None], error: Exception) -> None:
    waiting.set_exception(error)
    waiting.exception()  # Whoever asked may have left: that is no news to anybody.

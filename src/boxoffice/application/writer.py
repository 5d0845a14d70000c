"""The writer's thread, its bounded queue, and the bridge from async handlers.

A batch is whatever queued while the last one was being committed; there is no linger.
What one turn of an event loop asks is handed over together at the end of that turn: a
thread that is woken by the first of sixty requests takes the interpreter from the rest
and commits a batch of one.

The queue is bounded: more than `queue_max` waiting requests are refused at once. A
request that waited longer than its time is answered without being decided. `drain`
answers everything that was accepted before it returns.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from threading import Condition, Thread
from time import monotonic

from boxoffice.application.requests import Accepted, Answer, Request
from boxoffice.application.write_path import WritePath
from boxoffice.errors import OutcomeUnknown, Overloaded, Unavailable

__all__ = ["Accepted", "Request", "Writer", "ask"]

CLOSING = "The box office is closing down; try again."


class Job:
    """A request that waits; `future` belongs to `loop`."""

    __slots__ = ("deadline", "future", "loop", "request", "taken")

    def __init__(
        self,
        request: Request,
        *,
        loop: asyncio.AbstractEventLoop,
        future: asyncio.Future[Accepted],
        deadline: float,
    ) -> None:
        self.request = request
        self.loop = loop
        self.future = future
        self.deadline = deadline
        self.taken = False
        """Whether it may have reached the log."""


class Writer:
    """One thread that owns a `WritePath`."""

    def __init__(
        self, path: WritePath, *, queue_max: int, batch_max: int, timeout_s: float
    ) -> None:
        self._path = path
        self._queue: deque[Job] = deque()
        self._arriving: dict[asyncio.AbstractEventLoop, list[Job]] = {}
        self._queue_max = queue_max
        self._batch_max = batch_max
        self.timeout_s = timeout_s
        self._ready = Condition()
        self._open = True
        self._thread = Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    @property
    def depth(self) -> int:
        """Requests that wait."""
        return len(self._queue)

    @property
    def alive(self) -> bool:
        """Whether requests are still taken and answered."""
        return self._open and self._thread.is_alive()

    def submit(self, job: Job) -> None:
        """Queue a job; call it on the job's event loop.

        Raises:
            Overloaded: too many wait already.
            Unavailable: the writer is shutting down.
        """
        # Drained by another thread meanwhile, a job would be in nobody's list.
        with self._ready:
            if not self._open:
                raise Unavailable(CLOSING)
            arriving = self._arriving.get(job.loop)
            if arriving is None:
                arriving = self._arriving[job.loop] = []
                job.loop.call_soon(self._hand_over, job.loop)
            if len(self._queue) + len(arriving) >= self._queue_max:
                raise Overloaded
            arriving.append(job)

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._ready:
            self._queue.extend(self._arriving.pop(loop, ()))
            self._ready.notify()

    def drain(self, timeout_s: float) -> bool:
        """Take nothing more, answer what waits; False when time ran out."""
        with self._ready:
            self._open = False
            for loop in list(self._arriving):
                self._queue.extend(self._arriving.pop(loop))
            self._ready.notify()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while batch := self._take():
            now = monotonic()
            late = [job for job in batch if job.deadline <= now]
            jobs = _distinct(job for job in batch if job.deadline > now)
            self._requeue(batch, taken=len(late) + len(jobs), jobs=jobs, late=late)
            _deliver([(job, Overloaded()) for job in late])
            if jobs:
                self._answer(jobs)

    def _answer(self, jobs: list[Job]) -> None:
        for job in jobs:
            job.taken = True
        answers = self._path.step([job.request for job in jobs])
        _deliver([(job, answers[job.request.command_id]) for job in jobs])
        if all(isinstance(answer, Unavailable) for answer in answers.values()):
            self._refuse_waiting()

    def _refuse_waiting(self) -> None:
        """The log is away: do not let every batch find out for itself, in turn."""
        with self._ready:
            waiting = list(self._queue)
            self._queue.clear()
        _deliver([(job, Unavailable()) for job in waiting])

    def _take(self) -> list[Job]:
        with self._ready:
            while not self._queue and self._open:
                self._ready.wait()
            size = min(len(self._queue), self._batch_max)
            return [self._queue.popleft() for _ in range(size)]

    def _requeue(
        self, batch: list[Job], *, taken: int, jobs: list[Job], late: list[Job]
    ) -> None:
        """Put twins of one command id back: they are answered by its receipt."""
        if taken == len(batch):
            return
        going = {id(job) for job in (*jobs, *late)}
        with self._ready:
            self._queue.extendleft(j for j in reversed(batch) if id(j) not in going)


def _distinct(jobs: Iterable[Job]) -> list[Job]:
    found: dict[bytes, Job] = {}
    for job in jobs:
        found.setdefault(job.request.command_id, job)
    return list(found.values())


def _deliver(answers: list[tuple[Job, Answer]]) -> None:
    """Wake each event loop once for all of its answers."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Job, Answer]]] = {}
    for job, answer in answers:
        by_loop.setdefault(job.loop, []).append((job, answer))
    for loop, theirs in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_settle, theirs)


def _settle(answers: list[tuple[Job, Answer]]) -> None:
    for job, answer in answers:
        if job.future.done():
            continue
        if isinstance(answer, Accepted):
            job.future.set_result(answer)
        else:
            job.future.set_exception(answer)


def _give_up(job: Job) -> None:
    if not job.future.done():
        job.future.set_exception(OutcomeUnknown() if job.taken else Overloaded())


async def ask(writer: Writer, request: Request) -> Accepted:
    """Have a request decided and stored; wait for the answer.

    Raises:
        Refused, NotFound, Conflict: a rule said no.
        KeyReused: the command id was used for a different request.
        Unavailable: nothing was stored; try later with the same id.
        OutcomeUnknown: it may have been stored; ask again with the same id.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Accepted] = loop.create_future()
    deadline = monotonic() + writer.timeout_s
    job = Job(request, loop=loop, future=future, deadline=deadline)
    writer.submit(job)
    timer = loop.call_later(writer.timeout_s, _give_up, job)
    try:
        return await future
    finally:
        timer.cancel()
        del job, future  # A refusal's traceback would keep them, and they it.

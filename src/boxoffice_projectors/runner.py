"""Poll, fold, write, mark, then commit: one family's messages into one store.

Documents are written before the watermark, the watermark before the offset, so a crash
anywhere only repeats what the guards of the documents let pass without effect. Offsets
are a hint: where they are lost or wrong, watermarks and `prev` decide.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

import structlog

from boxoffice.application import generations
from boxoffice.application.ports.bus import Bus, Message, Subscription
from boxoffice.application.ports.documents import Documents, Seen
from boxoffice.application.ports.fanout import Fanout
from boxoffice.application.topics import partitions_of
from boxoffice.errors import Unavailable
from boxoffice.readmodels.model import Delta
from boxoffice.readmodels.registry import AnyModel
from boxoffice_projectors import metrics
from boxoffice_projectors.batch import Decoder
from boxoffice_projectors.follower import Follower, Step
from boxoffice_projectors.health import Health

POLL_S = 0.2
LOOK_UP_S = 1.0
"""How often the pointer and the stored watermarks are read."""
RETRY_S = 0.2
FED_WITHIN_S = 0.5
"""How long folding may rest while a rebuild brings its generation up to date."""
FED_POLL_S = 0.01

log = structlog.get_logger()
T = TypeVar("T")


class Projector:
    """Keeps all models of one family and one store, for as long as it runs."""

    def __init__(
        self,
        bus: Bus,
        documents: Documents,
        *,
        fanout: Fanout,
        models: Sequence[AnyModel],
        group: str,
        epoch: int,
        health: Health,
        batch_max: int,
    ) -> None:
        self._bus = bus
        self._documents = documents
        self._fanout = fanout
        self._models = models
        self._group = group
        self._epoch = epoch
        self._origin = generations.Origin(epoch)
        self._health = health
        self._batch_max = batch_max
        self._generations: dict[str, int] = {}
        self._followers: dict[str, dict[int, Follower]] = {}
        self._looked_at = 0.0

    async def run(self) -> None:
        """Project until cancelled.

        Raises:
            Unavailable: the bus does not answer; run a new projector.
            Corrupt: the stores belong to another epoch; an engineer has to look.
        """
        family = self._models[0].family
        subscription = await self._bus.subscribe(family, self._group)
        try:
            await self._start((await partitions_of(self._bus))[family])
            self._health.report(self._group, "")
            while True:
                polled = await subscription.poll(
                    messages_max=self._batch_max, timeout_s=POLL_S
                )
                await self._project(subscription, polled)
                await self._look_up_now_and_then(subscription)
        finally:
            await subscription.close()

    async def _start(self, partitions: int) -> None:
        """Find what serves; the topic exists by now."""
        self._origin = generations.Origin(self._epoch, partitions)
        for model in self._models:
            name = model.name
            serving = await self._documents.generation(name)
            if not serving:
                serving = generations.FIRST
                await generations.begin(self._documents, name, serving, self._origin)
                await self._documents.switch(name, serving)
            await generations.take_over(self._documents, name, serving, self._origin)
            self._generations[name] = serving
            self._followers[name] = {}

    async def _project(
        self, subscription: Subscription, polled: Mapping[int, list[Message]]
    ) -> None:
        if not polled:
            return
        decoder = Decoder()
        rewinds: set[int] = set()
        for model in self._models:
            rewinds |= await self._follow(model, polled, decoder)
            await self._mark(model, polled)
        await subscription.commit()
        for partition in rewinds:
            log.info("partition_starts_again", group=self._group, partition=partition)
            await subscription.rewind(partition)

    async def _follow(
        self, model: AnyModel, polled: Mapping[int, list[Message]], decoder: Decoder
    ) -> set[int]:
        rewinds: set[int] = set()
        for partition, messages in polled.items():
            follower = await self._follower(model, partition)
            step = await self._step(follower, messages, decoder)
            await self._tell(step.deltas)
            self._show(follower)
            if step.rewind:
                rewinds.add(partition)
        return rewinds

    async def _step(
        self, follower: Follower, messages: Sequence[Message], decoder: Decoder
    ) -> Step:
        return await self._insist(lambda: follower.follow(messages, decoder))

    async def _follower(self, model: AnyModel, partition: int) -> Follower:
        followers = self._followers[model.name]
        if partition not in followers:
            generation = self._generations[model.name]
            follower = Follower(
                model,
                self._documents,
                partition=partition,
                generation=generation,
                epoch=self._epoch,
            )
            marks = await self._insist(
                lambda: self._documents.watermarks(model.name, generation)
            )
            await self._insist(lambda: follower.restart(marks.get(partition, 0)))
            followers[partition] = follower
        return followers[partition]

    async def _mark(
        self, model: AnyModel, partitions: Mapping[int, list[Message]]
    ) -> None:
        followers = [self._followers[model.name][number] for number in partitions]
        moved = [f for f in followers if f.watermark > f.saved]
        for generation in {follower.generation for follower in moved}:
            await self._save(model, [f for f in moved if f.generation == generation])

    async def _save(self, model: AnyModel, followers: Sequence[Follower]) -> None:
        generation = followers[0].generation
        marks = {follower.partition: follower.watermark for follower in followers}
        hashed = [Seen(f.watermark, f.hash) for f in followers if f.hash]
        seen = max(hashed, key=lambda one: one.position, default=None)
        await self._insist(
            lambda: self._documents.mark(model.name, generation, marks, seen=seen)
        )
        for follower in followers:
            follower.saved = follower.watermark

    async def _look_up_now_and_then(self, subscription: Subscription) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._looked_at < LOOK_UP_S:
            return
        self._looked_at = now
        for model in self._models:
            try:
                await self._look_up(model, subscription)
            except Unavailable as error:
                self._health.report(self._group, error.detail)
                return
        self._health.report(self._group, "")

    async def _look_up(self, model: AnyModel, subscription: Subscription) -> None:
        generation = await self._documents.generation(model.name)
        if generation not in (0, self._generations[model.name]):
            await self._take_over(model, generation)
        marks = await self._documents.watermarks(model.name, generation)
        for follower in self._followers[model.name].values():
            step = await follower.look_up(generation, marks.get(follower.partition, 0))
            await self._tell(step.deltas)
            self._show(follower)
            if step.rewind:
                await subscription.rewind(follower.partition)
        self._generations[model.name] = generation or self._generations[model.name]

    async def _take_over(self, model: AnyModel, generation: int) -> None:
        """Let a new generation come to where the old one was folded to.

        The rebuild feeds it from the log. What lies between was polled here already,
        and would have to be read again from the first message of its partition.
        """
        documents, name = self._documents, model.name
        await generations.take_over(documents, name, generation, self._origin)
        loop = asyncio.get_running_loop()
        until = loop.time() + FED_WITHIN_S
        while loop.time() < until:
            marks = await documents.watermarks(name, generation)
            followers = self._followers[name].values()
            if all(marks.get(f.partition, 0) >= f.watermark for f in followers):
                return
            await asyncio.sleep(FED_POLL_S)

    async def _insist(self, call: Callable[[], Awaitable[T]]) -> T:
        """Try until the store answers; meanwhile say that it does not."""
        while True:
            try:
                result = await call()
            except Unavailable as error:
                self._health.report(self._group, error.detail)
                await asyncio.sleep(RETRY_S)
            else:
                self._health.report(self._group, "")
                return result

    async def _tell(self, deltas: Sequence[Delta]) -> None:
        """Publish deltas; whoever misses one sees it by the next and reads afresh."""
        if not deltas:
            return
        try:
            await self._fanout.publish(deltas)
        except Unavailable as error:
            log.warning("deltas_lost", deltas=len(deltas), detail=error.detail)

    def _show(self, follower: Follower) -> None:
        labels = (follower.model.name, str(follower.partition))
        metrics.projector_lag.labels(*labels).set(follower.lag)
        metrics.parked.labels(*labels).set(follower.parked)
        self._health.report("/".join(labels), follower.problem)

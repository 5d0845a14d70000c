"""An embedded house folds its log at start, for the topic that it really has."""

from __future__ import annotations

from dataclasses import replace

import pytest

from boxoffice.application.generations import Origin, origin_of
from boxoffice.bootstrap import open_container, replay_into_memory
from boxoffice.errors import Unavailable
from boxoffice.infrastructure.memory.bus import MemoryBus, MemoryPublisher
from boxoffice.settings import Settings
from tests.histories import Clock, Recorder, history

SETTINGS = Settings(log_url="memory://", partitions=3, health_port=0)


class AbsentBus(MemoryBus):
    """A bus that does not answer."""

    async def publisher(self) -> MemoryPublisher:
        raise Unavailable("Nobody is there.")


@pytest.mark.parametrize(
    ("bus", "partitions"),
    [(MemoryBus(partitions=5), 5), (MemoryBus(partitions=1), 1), (AbsentBus(), 3)],
)
async def test_watermarks_fit_the_topic_that_there_is(
    bus: MemoryBus, partitions: int
) -> None:
    async with open_container(SETTINGS) as opened:
        head = Recorder(opened.store, Clock()).play(history(1))
        await replay_into_memory(replace(opened, bus=bus))
        for documents, model in (
            (opened.documents, "seat_map"),
            (opened.cache, "availability"),
        ):
            generation = await documents.generation(model)
            marks = await documents.watermarks(model, generation)
            assert marks == dict.fromkeys(range(partitions), head)
            origin = await origin_of(documents, model, generation)
            assert origin == Origin(epoch=1, partitions=partitions)

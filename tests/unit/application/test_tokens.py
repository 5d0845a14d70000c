from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from boxoffice.application.generations import Origin, begin
from boxoffice.application.partitioning import partition_of
from boxoffice.application.tokens import Token, decode, encode, etag, wait_for
from boxoffice.errors import Invalid, TooSlow
from boxoffice.infrastructure.memory.documents import MemoryDocuments
from boxoffice.testing import PERFORMANCE

TOKEN = Token("main", 2, 17)
PARTITIONS = 3
MINE = partition_of(PERFORMANCE, PARTITIONS)


def test_a_token_survives_its_text() -> None:
    assert decode(encode(TOKEN), log="main", epoch=2) == TOKEN


def test_the_name_of_a_log_may_have_dots() -> None:
    token = Token("venue.main", 1, 3)
    assert decode(encode(token), log="venue.main", epoch=1) == token


@pytest.mark.parametrize(
    "text",
    [
        "",
        "main",
        "main.2",
        "main.2.",
        "main.2.-1",
        "main.2.1e3",
        "main.2.\u0661\u0667",
        "main.2." + "9" * 30,
        "other.2.17",
        "main.1.17",
        "main.2.17.",
        "\x00.2.17",
    ],
)
def test_what_we_did_not_give_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        decode(text, log="main", epoch=2)


def test_an_etag_is_quoted_and_tells_generations_apart() -> None:
    assert etag(epoch=1, generation=2, position=3) == '"1.2.3"'


async def marked(position: int, *, generation: int = 1) -> MemoryDocuments:
    documents = MemoryDocuments()
    marks = {n: position if n == MINE else 0 for n in range(PARTITIONS)}
    origin = Origin(TOKEN.epoch, PARTITIONS)
    await begin(documents, "seat_map", generation, origin)
    await documents.mark("seat_map", generation, marks)
    await documents.switch("seat_map", generation)
    return documents


async def test_a_position_that_shows_already_is_not_waited_for() -> None:
    documents = await marked(17, generation=4)
    serving = await wait_for(
        documents, "seat_map", TOKEN, key=PERFORMANCE, timeout_s=0.0
    )
    assert serving == 4


async def test_waiting_ends_when_the_position_shows() -> None:
    documents = await marked(16)
    waiting = asyncio.create_task(
        wait_for(documents, "seat_map", TOKEN, key=PERFORMANCE, timeout_s=5.0)
    )
    await asyncio.sleep(0)
    assert not waiting.done()
    await documents.mark("seat_map", 1, {MINE: 17})
    assert await waiting == 1


@pytest.mark.parametrize("position", [0, 16])
async def test_waiting_is_bounded(position: int) -> None:
    documents = await marked(position)
    with pytest.raises(TooSlow):
        await wait_for(documents, "seat_map", TOKEN, key=PERFORMANCE, timeout_s=0.02)


async def test_a_partition_without_a_watermark_is_not_taken_for_another() -> None:
    documents = MemoryDocuments()
    await begin(documents, "seat_map", 1, Origin(TOKEN.epoch, 4))
    await documents.mark("seat_map", 1, {0: 0, 1: 900})
    await documents.switch("seat_map", 1)
    keys = [f"{n:024x}" for n in range(64)]
    shown = set()
    for key in keys:
        with suppress(TooSlow):
            await wait_for(documents, "seat_map", TOKEN, key=key, timeout_s=0.0)
            shown.add(key)
    assert shown == {key for key in keys if partition_of(key, 4) == 1}


async def test_without_a_known_topic_nothing_shows() -> None:
    documents = MemoryDocuments()
    await documents.mark("seat_map", 1, {0: 900})
    await documents.switch("seat_map", 1)
    with pytest.raises(TooSlow):
        await wait_for(documents, "seat_map", TOKEN, key=PERFORMANCE, timeout_s=0.0)


async def test_without_any_watermark_nothing_shows() -> None:
    with pytest.raises(TooSlow):
        await wait_for(
            MemoryDocuments(), "seat_map", TOKEN, key=PERFORMANCE, timeout_s=0.0
        )

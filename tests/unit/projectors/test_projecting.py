"""Relay and projectors on memory twins: what is shown is what a fresh fold shows."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
from collections.abc import Sequence
from datetime import datetime

import msgspec
import pytest

from boxoffice.application import dead_letters
from boxoffice.application.ports.bus import Message, Outgoing
from boxoffice.application.ports.checkpoints import Checkpoint
from boxoffice.application.ports.documents import Document
from boxoffice.application.ports.log import LogRecord
from boxoffice.application.rebuild import rebuild
from boxoffice.application.relay import NAME as RELAY
from boxoffice.application.relay import plan
from boxoffice.application.tokens import Token, wait_for
from boxoffice.application.topics import FAMILIES
from boxoffice.application.verification import Verdict
from boxoffice.errors import Corrupt
from boxoffice.infrastructure.memory.bus import MemoryBus
from boxoffice.readmodels.availability import AVAILABILITY, channel
from boxoffice.readmodels.keys import message_key
from boxoffice.readmodels.registry import MODELS
from boxoffice.readmodels.seat_map import SEAT_MAP
from boxoffice_projectors import relay_role
from boxoffice_projectors.registry import rows
from tests.histories import history
from tests.ordering import Facts
from tests.read_side import WAIT_S, House, memory_house, projecting, relaying, until

PARTITIONS = 2


History = Sequence[tuple[datetime, Facts]]


async def check_settled(house: House) -> Verdict:
    verdict = await house.verify()
    assert verdict.ok, [check for check in verdict.checks if not check.ok]
    return verdict


def sent(house: House, records: Sequence[LogRecord]) -> list[Outgoing]:
    """Give the messages that a relay sends for the log."""
    partitions = dict.fromkeys(FAMILIES, house.settings.partitions)
    return plan(records, Checkpoint(1, 0, b""), partitions).outgoing


def of_family(messages: Sequence[Outgoing], family: str) -> list[Outgoing]:
    """Give the messages of one topic."""
    return [outgoing for outgoing in messages if outgoing.family == family]


async def subscribed(house: House) -> None:
    """Wait until every model has a generation; a bus forgets what nobody wants."""

    async def serving() -> bool:
        found = [await house.sink(m).generation(m.name) for m in MODELS]
        return all(found)

    await until(serving, "every projector has started")


async def check_every_key_shows(house: House, *, position: int) -> None:
    """Ask for a token as a buyer does, for performances of every partition."""
    token = Token("main", 1, position)
    for model in MODELS:
        for key in {message_key(key) for key in (await shown(house))[model.name]}:
            sink = house.sink(model)
            await wait_for(sink, model.name, token, key=key, timeout_s=WAIT_S)


async def shown(house: House) -> dict[str, dict[str, Document]]:
    """Give every document of every model that serves."""
    found = {}
    for model in MODELS:
        sink = house.sink(model)
        generation = await sink.generation(model.name)
        keys = await sink.keys(model.name, generation)
        found[model.name] = await sink.get(model.name, generation, keys)
    return found


async def test_what_is_shown_is_what_the_log_says() -> None:
    house = memory_house(partitions=PARTITIONS)
    async with relaying(house), projecting(house):
        house.recorder.play(history(1))
        verdict = await check_settled(house)
        house.recorder.play(history(2))
        assert (await check_settled(house)).position > verdict.position


async def test_duplicates_and_redelivery_change_nothing() -> None:
    house = memory_house(partitions=PARTITIONS)
    house.recorder.play(history(3))
    async with relaying(house), projecting(house):
        await check_settled(house)
        before = await shown(house)
        messages = sent(house, house.store.read(after=0, limit=10_000))
        publisher = await house.bus.publisher()
        await publisher.publish(messages)
        await publisher.publish(messages[::-1])
        last = messages[-1].message
        new = Message(last.key, 1, last.position + 1, last.position)
        await publisher.publish([Outgoing("performance", n, new) for n in range(2)])

        async def passed() -> bool:
            marks = await house.documents.watermarks("seat_map", 1)
            return set(marks.values()) == {new.position}

        await until(passed, "every message was polled")
        assert await shown(house) == before


async def test_a_projector_that_starts_again_goes_on_where_it_stood() -> None:
    house = memory_house(partitions=PARTITIONS)
    async with relaying(house):
        for seed in range(4):
            async with projecting(house):
                house.recorder.play(history(seed, commands=20))
                await check_settled(house)
            house.recorder.play(history(seed + 100, commands=20))
        async with projecting(house):
            await check_settled(house)


async def test_two_projectors_share_the_partitions() -> None:
    house = memory_house(partitions=PARTITIONS)
    async with relaying(house), projecting(house):
        house.recorder.play(history(5))
        await check_settled(house)
        async with projecting(house):
            house.recorder.play(history(6))
            await check_settled(house)
        house.recorder.play(history(7))
        await check_settled(house)


async def test_a_relay_that_starts_again_sends_nothing_it_must_not() -> None:
    house = memory_house(partitions=PARTITIONS)
    async with projecting(house):
        for seed in range(3):
            async with relaying(house):
                house.recorder.play(history(seed, commands=20))
                await check_settled(house)


async def test_a_lost_checkpoint_only_sends_again() -> None:
    house = memory_house(partitions=PARTITIONS)
    house.recorder.play(history(8))
    async with projecting(house):
        async with relaying(house):
            await check_settled(house)
        before = await shown(house)
        lease = house.checkpoints.acquire(RELAY, "thief", ttl_s=0.01)
        assert lease is not None
        house.checkpoints.save(lease, Checkpoint(1, 0, b""))
        house.checkpoints.release(lease)
        async with relaying(house):
            house.recorder.play(history(9))
            await check_settled(house)
            for model, documents in before.items():
                assert documents.items() <= (await shown(house))[model].items()


async def test_all_is_sent_again_on_request() -> None:
    house = memory_house(partitions=PARTITIONS)
    head = house.recorder.play(history(8))
    async with projecting(house):
        assert await relay_role.republish(house) == head
        await check_settled(house)
        async with relaying(house):
            await check_settled(house)
            assert await relay_role.republish(house) == head
            await check_settled(house)


@pytest.mark.parametrize("family", FAMILIES)
async def test_a_gap_stops_the_partition_and_says_so(family: str) -> None:
    house = memory_house(partitions=1)
    house.recorder.play(history(10, performances=1))
    messages = of_family(sent(house, house.store.read(after=0, limit=10_000)), family)
    models = [model for model in MODELS if model.family == family]
    lost = len(messages) // 2
    publisher = await house.bus.publisher()
    async with projecting(house) as health:
        await subscribed(house)
        await publisher.publish([*messages[:lost], *messages[lost + 1 :]])

        async def stopped() -> bool:
            return len(health.problems) == len(models)

        await until(stopped, "all models of the topic stand before the gap")
        before = messages[lost - 1].message.position
        for model in models:
            problem = health.problems[f"{model.name}/0"]
            assert "boxoffice relay --from 0" in problem
            marks = await house.sink(model).watermarks(model.name, 1)
            assert marks == {0: before}

        await publisher.publish(messages)

        async def ready() -> bool:
            return health.ready

        await until(ready, "the gap was closed")
    async with relaying(house), projecting(house):
        await check_settled(house)


@pytest.mark.parametrize("family", FAMILIES)
async def test_a_gap_is_healed_by_a_rebuild(family: str) -> None:
    house = memory_house(partitions=1)
    house.recorder.play(history(11))
    messages = of_family(sent(house, house.store.read(after=0, limit=10_000)), family)
    models = [model for model in MODELS if model.family == family]
    publisher = await house.bus.publisher()
    async with projecting(house) as health:
        await subscribed(house)
        await publisher.publish(messages[5:])

        async def stopped() -> bool:
            return len(health.problems) == len(models)

        await until(stopped, "all models of the topic stand before the gap")
        await rebuild(house.side, grace_s=0.1)

        async def ready() -> bool:
            return health.ready

        await until(ready, "the projectors go on after the rebuild")
        async with relaying(house):
            house.recorder.play(history(12))
            await check_settled(house)


async def test_read_models_that_vanish_are_missed_and_healed() -> None:
    house = memory_house(partitions=PARTITIONS)
    house.recorder.play(history(13))
    async with relaying(house), projecting(house) as health:
        await check_settled(house)
        documents = house.documents
        documents.__init__()  # type: ignore[misc]  # as if it were dropped

        async def missed() -> bool:
            return any("gone" in text for text in health.problems.values())

        await until(missed, "somebody noticed that everything is gone")
        await rebuild(house.side, grace_s=0.1)

        async def ready() -> bool:
            return health.ready

        await until(ready, "the projectors found the new generation")
        house.recorder.play(history(14))
        await check_settled(house)


async def test_a_document_that_is_missing_below_its_watermark_is_not_invented() -> None:
    house = memory_house(partitions=1)
    opening, *rest = history(20, performances=1, sections=1)
    house.recorder.play([opening])
    async with relaying(house), projecting(house):
        await check_settled(house)
    stored = house.documents._documents["seat_map", 1]  # type: ignore[attr-defined]  # as if somebody had deleted it
    ((key, _),) = list(stored.items())
    del stored[key]
    async with relaying(house), projecting(house) as health:
        house.recorder.play(rest)

        async def stopped() -> bool:
            return "seat_map/0" in health.problems

        await until(stopped, "the model of the missing document stands still")
        assert key in health.problems["seat_map/0"]
        assert stored == {}
        assert "sales_board/0" not in health.problems
        await rebuild(house.side, grace_s=0.1)

        async def ready() -> bool:
            return health.ready

        await until(ready, "the rebuild healed it")
        await check_settled(house)


async def test_a_rebuild_under_load_loses_nothing() -> None:
    house = memory_house(partitions=PARTITIONS)
    house.recorder.play(history(15, commands=500, places=100))
    async with relaying(house), projecting(house):
        rebuilding = asyncio.create_task(rebuild(house.side, grace_s=1.5))
        seeds = itertools.count(200)
        while not rebuilding.done():
            house.recorder.play(history(next(seeds), commands=5))
            await asyncio.sleep(0.01)
        outcome = await rebuilding
        assert {one.differences for one in outcome} == {()}
        assert {one.generation for one in outcome} == {2}
        house.recorder.play(history(199))
        await check_settled(house)
        assert await house.documents.keys("seat_map", 1) == []


async def test_deltas_tell_listeners_all_that_changed() -> None:
    house = memory_house(partitions=PARTITIONS)
    opening, *rest = history(16, performances=1, sections=1, step_s=1)
    house.recorder.play([opening])
    async with relaying(house), projecting(house):
        await check_settled(house)
        (key,) = await house.cache.keys("availability", 1)
        start = (await house.cache.get("availability", 1, [key]))[key]
        document = AVAILABILITY.decode(start.body)
        async with house.fanout.listen(channel(document.performance)) as listener:
            house.recorder.play(rest)
            await check_settled(house)
            states = dict.fromkeys(document.ordinals, "f")
            position = document.position
            end = (await house.cache.get("availability", 1, [key]))[key]
            while position < end.position:
                payload = await listener.get(timeout_s=5.0)
                assert payload is not None
                delta = msgspec.json.decode(payload)
                assert delta["prev"] == position
                position = delta["position"]
                states |= dict(delta["changes"])
    seats = await house.documents.get("seat_map", 1, [key])
    seat_map = SEAT_MAP.decode(seats[key].body)
    assert "".join(states.values()) == seat_map.state


async def test_a_poisoned_fact_parks_its_performance_and_no_other() -> None:
    house = memory_house(partitions=1)
    house.recorder.play(history(17, performances=2))
    records = house.store.read(after=0, limit=10_000)
    messages = sent(house, records)
    tickets = [o for o in messages if o.message.tag == "ticket-held.v1"]
    bad = tickets[-1]
    spoilt = msgspec.structs.replace(
        bad, message=msgspec.structs.replace(bad.message, data=b"\xff")
    )
    publisher = await house.bus.publisher()
    async with projecting(house) as health:
        await subscribed(house)
        await publisher.publish([spoilt if one is bad else one for one in messages])

        async def done() -> bool:
            marks = await house.cache.watermarks("availability", 1)
            return marks == {0: messages[-1].message.position}

        await until(done, "the partition was folded to its end")
        assert health.ready
    for model in MODELS:
        letters = await dead_letters.parked(house.sink(model), model.name, 1)
        parked = [(letter.key, letter.position) for letter in letters]
        place = (bad.message.key, bad.message.position)
        assert parked == ([place] if model.family == bad.family else [])
    verdict = await house.verify(wait_s=0.0)
    details = {check.name: check for check in verdict.checks}
    assert not details["seat_map"].ok
    async with projecting(house), relaying(house):
        await rebuild(house.side, grace_s=0.1)
        await check_settled(house)


@pytest.mark.parametrize("body", [b'{"state":7}', b"\xff", b'{"state":"\xff"}', b""])
async def test_a_stored_document_that_cannot_be_read_is_parked_alone(
    body: bytes,
) -> None:
    house = memory_house(partitions=1)
    opening, *rest = history(21, performances=1)
    house.recorder.play([opening])
    async with relaying(house), projecting(house):
        await check_settled(house)
    stored = house.documents._documents["seat_map", 1]  # type: ignore[attr-defined]  # tampering
    spoilt, sound = sorted(stored)
    stored[spoilt] = msgspec.structs.replace(stored[spoilt], body=body)
    async with relaying(house), projecting(house) as health:
        house.recorder.play(rest)
        verdict = await house.verify()
        assert health.ready
        letters = await dead_letters.parked(house.documents, "seat_map", 1)
        assert [letter.key for letter in letters] == [spoilt]
        (check,) = (check for check in verdict.checks if not check.ok)
        assert check.name == "seat_map"
        assert spoilt in check.detail
        assert sound not in check.detail
        assert stored[spoilt].body == body
        await rebuild(house.side, grace_s=0.1)
        await check_settled(house)


async def test_a_damaged_letter_still_names_its_document() -> None:
    house = memory_house()
    letter = Document("p/1", 7, b"\xff")
    await house.documents.put(dead_letters.letters_of("seat_map"), 1, [letter])
    (found,) = await dead_letters.parked(house.documents, "seat_map", 1)
    assert (found.key, found.position) == ("p/1", 7)


@pytest.mark.parametrize("topic", [1, 2, 5])
async def test_a_topic_may_have_other_partitions_than_the_setting(topic: int) -> None:
    house = memory_house(partitions=3, topic=topic)
    house.recorder.play(history(30, performances=8))
    await rebuild(house.side)
    async with relaying(house), projecting(house):
        head = house.recorder.play(history(31, performances=8))
        await check_settled(house)
        await check_every_key_shows(house, position=head)
        await rebuild(house.side, grace_s=1.5)
        head = house.recorder.play(history(32, performances=8))
        await check_settled(house)
        await check_every_key_shows(house, position=head)


async def test_partitions_that_changed_under_a_generation_ask_for_a_rebuild() -> None:
    house = memory_house(topic=2)
    house.recorder.play(history(33, performances=8))
    await rebuild(house.side)
    await house.cache.mark("availability", 2, {1: house.store.head().position + 1})
    house.recorder.play(history(34))
    remade = dataclasses.replace(house, bus=MemoryBus(partitions=3))
    async with projecting(remade) as health:

        async def stopped() -> bool:
            return "replay --all" in health.problems.get("performance-cache", "")

        await until(stopped, "nobody knows whose the watermarks are")
        assert "3" in health.problems["performance-cache"]
        await rebuild(remade.side, grace_s=0.1)

        async def ready() -> bool:
            return health.ready

        await until(ready, "the rebuild fits the topic")
        async with relaying(remade):
            await check_settled(remade)


def restored(house: House, beginning: History, then: History) -> House:
    """Give a house whose log was set back and then went on otherwise."""
    other = memory_house()
    other.recorder.play(beginning)
    (last,) = other.store.read(after=other.store.head().position - 1, limit=1)
    assert last in house.store.read(after=0, limit=10_000)
    other.recorder.play(then)
    assert other.store.head().position > house.store.head().position
    return dataclasses.replace(other, documents=house.documents, cache=house.cache)


async def test_a_log_that_was_set_back_and_has_grown_on_stops_the_projectors() -> None:
    house = memory_house()
    before = [*history(40, commands=8)]
    house.recorder.play(before)
    async with relaying(house), projecting(house):
        await check_settled(house)
    known = await shown(house)
    house = restored(house, before[:6], [*history(41)])
    async with projecting(house) as health:

        async def stopped() -> bool:
            return len(health.problems) == len(rows())

        await until(stopped, "every group noticed")
        for problem in health.problems.values():
            assert "boxoffice new-epoch" in problem
        assert await shown(house) == known
        with pytest.raises(Corrupt, match="new-epoch"):
            await rebuild(house.side)
        house.store.new_epoch()

        async def known_epoch() -> bool:
            return all("replay --all" in text for text in health.problems.values())

        await until(known_epoch, "the epoch is known, the models are old")
        await rebuild(house.side, grace_s=0.1)
        async with relaying(house):
            await check_settled(house)


@pytest.mark.parametrize("rebuilt", [True, False])
async def test_what_was_seen_is_the_record_at_the_highest_watermark(
    *, rebuilt: bool
) -> None:
    house = memory_house(partitions=PARTITIONS)
    house.recorder.play(history(42))
    async with relaying(house), projecting(house):
        await check_settled(house)
        if rebuilt:
            await rebuild(house.side, grace_s=0.0)
    for model in MODELS:
        sink = house.sink(model)
        generation = await sink.generation(model.name)
        head = house.store.head()
        seen = await sink.seen(model.name, generation)
        assert (seen.position, seen.hash) == (head.position, head.hash)


async def test_marks_keep_quiet_partitions_fresh() -> None:
    house = memory_house(partitions=PARTITIONS)
    async with relaying(house), projecting(house):
        head = house.recorder.play(history(18, performances=1, commands=1))

        async def fresh() -> bool:
            marks = await house.documents.watermarks("sales_board", 1)
            return marks == {0: head, 1: head}

        await until(fresh, "the quiet partition is marked too")
        await check_settled(house)

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from boxoffice.application import rebuild as module
from boxoffice.application.ports.documents import Document
from boxoffice.application.rebuild import rebuild
from boxoffice.errors import Corrupt
from boxoffice.readmodels.registry import MODELS
from boxoffice.readmodels.sales_board import SALES_BOARD
from tests.histories import history
from tests.read_side import House, memory_house


async def bodies(house: House) -> dict[tuple[str, str], Document]:
    """Give what serves, by model and key."""
    found: dict[tuple[str, str], Document] = {}
    for model in MODELS:
        sink = house.sink(model)
        generation = await sink.generation(model.name)
        keys = await sink.keys(model.name, generation)
        documents = await sink.get(model.name, generation, keys)
        found |= {(model.name, key): one for key, one in documents.items()}
    return found


async def test_an_empty_log_has_no_documents_and_serves() -> None:
    house = memory_house()
    outcome = await rebuild(house.side)
    assert [one.documents for one in outcome] == [0] * len(MODELS)
    assert await house.documents.generation("seat_map") == 2


async def test_the_next_generation_serves_and_the_old_one_is_gone() -> None:
    house = memory_house()
    head = house.recorder.play(history(1))
    await rebuild(house.side)
    before = await bodies(house)
    outcome = await rebuild(house.side, grace_s=0.0)
    assert [(one.generation, one.position) for one in outcome] == [(3, head)] * len(
        MODELS
    )
    assert await bodies(house) == before
    for model in MODELS:
        assert await house.sink(model).keys(model.name, 2) == []
        marks = await house.sink(model).watermarks(model.name, 3)
        assert marks == {0: head, 1: head}


async def test_documents_are_the_same_however_small_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = memory_house()
    house.recorder.play(history(2, performances=6))
    await rebuild(house.side)
    before = await bodies(house)
    monkeypatch.setattr(module, "CHANGED_MAX", 1)
    monkeypatch.setattr(module, "FOLD_EVENTS", 10)
    monkeypatch.setattr("boxoffice.application.replay.PAGE_MAX", 7)
    await rebuild(house.side, grace_s=0.0)
    assert await bodies(house) == before


async def test_one_model_can_be_rebuilt_alone() -> None:
    house = memory_house()
    house.recorder.play(history(3))
    await rebuild(house.side)
    side = module.ReadSide(
        store=house.store,
        documents=house.documents,
        cache=house.cache,
        checkpoints=house.checkpoints,
        partitions={"performance": 2, "order": 2},
        models=(SALES_BOARD,),
    )
    (outcome,) = await rebuild(side, grace_s=0.0)
    assert (outcome.model, outcome.generation) == ("sales_board", 3)
    assert await house.documents.generation("seat_map") == 2


async def test_drift_of_the_old_generation_is_reported() -> None:
    house = memory_house()
    house.recorder.play(history(4))
    await rebuild(house.side)
    stored = house.documents._documents["sales_board", 2]  # type: ignore[attr-defined]  # tampering
    key, document = next(iter(stored.items()))
    body = document.body.replace(b'"sold":', b'"sold":1', 1)
    stored[key] = replace(document, body=body)
    outcome = await rebuild(house.side, grace_s=0.0)
    assert {one.model: one.differences for one in outcome} == {
        "seat_map": (),
        "sales_board": (key,),
        "availability": (),
        "order": (),
    }
    assert (await house.verify(wait_s=0.0)).ok


async def test_an_old_document_that_cannot_be_read_is_a_difference() -> None:
    house = memory_house()
    house.recorder.play(history(4))
    await rebuild(house.side)
    stored = house.documents._documents["seat_map", 2]  # type: ignore[attr-defined]  # tampering
    key = next(iter(stored))
    stored[key] = replace(stored[key], body=b"\xff")
    outcome = await rebuild(house.side, grace_s=0.0)
    assert outcome[0].differences == (key,)
    assert (await house.verify(wait_s=0.0)).ok


async def test_what_a_broken_rebuild_left_behind_is_swept_out() -> None:
    house = memory_house()
    house.recorder.play(history(5))
    await house.documents.put("seat_map", 2, [Document("phantom", 10**9, b"{}")])
    await rebuild(house.side)
    assert ("seat_map", "phantom") not in await bodies(house)


async def test_progress_is_told_up_to_the_end() -> None:
    house = memory_house()
    head = house.recorder.play(history(6))
    told: list[tuple[int, int]] = []
    await rebuild(
        house.side, progress=lambda done, total, _: told.append((done, total))
    )
    assert told[-1] == (head, head)


async def test_two_rebuilds_follow_each_other() -> None:
    house = memory_house()
    house.recorder.play(history(7))
    outcomes = await asyncio.gather(
        rebuild(house.side, grace_s=0.0), rebuild(house.side, grace_s=0.0)
    )
    assert sorted(one[0].generation for one in outcomes) == [2, 3]
    assert (await house.verify(wait_s=0.0)).ok


async def test_read_models_that_know_more_than_the_log_stop_the_rebuild() -> None:
    house = memory_house()
    head = house.recorder.play(history(8))
    await rebuild(house.side)
    await house.documents.mark("seat_map", 2, {0: head + 1})
    with pytest.raises(Corrupt) as error:
        await rebuild(house.side, grace_s=0.0)
    assert "new-epoch" in error.value.detail
    assert await house.documents.generation("seat_map") == 2
    house.store.new_epoch()
    await rebuild(house.side, grace_s=0.0)
    assert (await house.verify(wait_s=0.0)).ok


async def test_a_record_that_cannot_be_read_parks_its_performance() -> None:
    house = memory_house()
    house.recorder.play(history(9))
    records = house.store._records  # type: ignore[attr-defined]  # tampering
    at = max(i for i, r in enumerate(records) if r.tag == "ticket-held.v1")
    records[at] = replace(records[at], data=b"{}")
    outcome = await rebuild(house.side)
    performance = records[at].stream[:12].hex()
    parked = {one.model: one.parked for one in outcome}
    assert parked.pop("order") == ()
    assert set(parked.values()) == {(performance,)}
    checks = {c.name: c for c in (await house.verify(wait_s=0.0)).checks}
    assert performance in checks["seat_map"].detail

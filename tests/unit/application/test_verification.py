"""Every kind of damage is found, named, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest
from msgspec.structs import replace

from boxoffice.application.audit.finding import Check
from boxoffice.application.chain import GENESIS, hashes
from boxoffice.application.codec import decode, encode, tag_of
from boxoffice.application.ports.checkpoints import Checkpoint
from boxoffice.application.ports.documents import Document
from boxoffice.application.ports.log import LogRecord
from boxoffice.application.rebuild import rebuild
from boxoffice.application.relay import NAME as RELAY
from boxoffice.application.verification import verify
from boxoffice.domain.inventory.events import (
    CartHoldPlaced,
    TicketHeld,
    TicketReleased,
    TicketSold,
)
from boxoffice.domain.message import Event
from boxoffice.domain.money import Money
from boxoffice.domain.orders.events import OrderConfirmed
from boxoffice.domain.payments.events import PaymentCaptured
from boxoffice.infrastructure.memory.event_store import MemoryEventStore
from tests.histories import history
from tests.read_side import House, memory_house

CHECKS = [
    "chain",
    "anchor",
    "receipts",
    "positions",
    "versions",
    "events",
    "one-owner",
    "limit",
    "holds",
    "sale-window",
    "money",
    "budgets",
    "quotas",
    "four-eyes",
    "seat_map",
    "sales_board",
    "availability",
    "order",
]


async def a_house(seed: int = 1) -> House:
    """A house whose read models show all of its log."""
    house = memory_house()
    house.recorder.play(history(seed))
    await rebuild(house.side)
    return house


def log_of(house: House) -> list[LogRecord]:
    assert isinstance(house.store, MemoryEventStore)
    return house.store._records


def reforge(house: House) -> None:
    """Link the log anew, as somebody could who has the database to himself."""
    records, previous = log_of(house), GENESIS
    for at, record in enumerate(records):
        (previous,) = hashes(previous, [record])
        records[at] = replace(record, hash=previous)


def change(house: House, kind: type[Event], **fields: object) -> int:
    """Alter the last event of a kind, chain included; give its position."""
    records = log_of(house)
    tag = kind.__struct_config__.tag
    at = max(i for i, record in enumerate(records) if record.tag == tag)
    event = decode(records[at].tag, records[at].data, position=at)
    altered = replace(event, **fields)
    records[at] = replace(records[at], tag=tag_of(altered), data=encode(altered))
    reforge(house)
    return records[at].position


async def failed(house: House) -> dict[str, Check]:
    verdict = await house.verify(wait_s=0.0)
    assert verdict.ok == (verdict.exit_code == 0)
    return {check.name: check for check in verdict.checks if not check.ok}


async def test_a_house_in_order_passes_every_check() -> None:
    house = await a_house()
    verdict = await house.verify(wait_s=0.0)
    assert verdict.ok
    assert verdict.exit_code == 0
    assert [check.name for check in verdict.checks] == CHECKS
    assert verdict.position == house.store.head().position
    assert verdict.hash == house.store.head().hash.hex()


async def test_an_empty_log_is_in_order() -> None:
    verdict = await memory_house().verify(wait_s=0.0)
    assert verdict.ok
    assert verdict.position == 0


async def test_a_verdict_is_json_for_machines() -> None:
    verdict = await (await a_house()).verify(wait_s=0.0)
    read = msgspec.json.decode(verdict.json())
    assert read["ok"] is True
    assert {check["name"] for check in read["checks"]} == set(CHECKS)


def flip_byte(record: LogRecord) -> LogRecord:
    return replace(record, meta=record.meta.replace(b"test", b"tess"))


def move_byte(record: LogRecord) -> LogRecord:
    return replace(
        record, tag=record.tag + record.data[:1].decode(), data=record.data[1:]
    )


@pytest.mark.parametrize("damage", [flip_byte, move_byte])
async def test_one_altered_byte_is_named_by_its_position(
    damage: Callable[[LogRecord], LogRecord],
) -> None:
    house = await a_house()
    records = log_of(house)
    records[20] = damage(records[20])
    found = await failed(house)
    assert found["chain"].position == 21


async def test_a_missing_record_is_named() -> None:
    house = await a_house()
    del log_of(house)[20]
    found = await failed(house)
    assert found["positions"].position == 21
    assert found["chain"].position == 21
    assert "versions" in found


async def test_a_log_cut_off_at_its_end_is_not_what_was_sent() -> None:
    house = await a_house()
    head = house.store.head()
    lease = house.checkpoints.acquire(RELAY, "me", ttl_s=1.0)
    assert lease is not None
    house.checkpoints.save(lease, Checkpoint(1, head.position, head.hash))
    assert await failed(house) == {}
    del log_of(house)[-1:]
    found = await failed(house)
    assert found["anchor"].position == head.position
    assert "chain" not in found


async def test_time_never_goes_back() -> None:
    house = await a_house()
    records = log_of(house)
    at = records[20].recorded_at - timedelta(days=1)
    records[20] = replace(records[20], recorded_at=at)
    reforge(house)
    assert (await failed(house))["positions"].position == 21


@pytest.mark.parametrize(
    "spoilt",
    [
        {"tag": "ticket-held.v9"},
        {"data": b"{}"},
        {"data": b"\xff"},
        {"meta": b"[]"},
    ],
)
async def test_a_record_that_cannot_be_read_is_named(
    spoilt: dict[str, object],
) -> None:
    house = await a_house()
    records = log_of(house)
    records[20] = replace(records[20], **spoilt)
    reforge(house)
    assert (await failed(house))["events"].position == 21


async def test_a_place_given_away_twice_is_found() -> None:
    house = await a_house()
    position = change(house, TicketReleased, hold="somebody else's")
    assert (await failed(house))["one-owner"].position == position


async def test_a_place_sold_to_another_hold_is_found() -> None:
    house = await a_house()
    position = change(house, TicketSold, hold="somebody else's")
    assert (await failed(house))["one-owner"].position == position


async def test_a_second_hold_on_a_held_place_is_found() -> None:
    house = await a_house()
    records = log_of(house)
    last = {r.stream: r for r in records if r.tag.startswith("ticket-")}
    held = next(
        r for r in last.values() if r.tag in ("ticket-held.v1", "ticket-sold.v1")
    )
    first = next(r for r in records if r.stream == held.stream)
    twice = replace(
        first,
        position=records[-1].position + 1,
        version=held.version + 1,
        recorded_at=records[-1].recorded_at,
    )
    records.append(twice)
    reforge(house)
    found = await failed(house)
    assert found["one-owner"].position == twice.position
    assert not {"chain", "positions", "versions", "events"} & set(found)


async def test_a_place_outside_the_manifest_is_found() -> None:
    house = await a_house()
    position = change(house, TicketHeld, section=77)
    assert (await failed(house))["one-owner"].position == position


async def test_more_than_eight_places_for_one_buyer_are_found() -> None:
    house = await a_house()
    records = log_of(house)
    record = next(r for r in records if r.tag == "cart-hold-placed.v1")
    event = decode(record.tag, record.data, position=record.position)
    assert isinstance(event, CartHoldPlaced)
    greedy = replace(event, places=event.places * 9)
    at = records.index(record)
    records[at] = replace(record, data=encode(greedy))
    reforge(house)
    assert (await failed(house))["limit"].position == record.position


MORE = Money(1, "USD")


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (OrderConfirmed, {"total": MORE}),
        (PaymentCaptured, {"amount": MORE}),
        (TicketSold, {"price": MORE}),
        (TicketSold, {"order": "ANOTHER"}),
        (PaymentCaptured, {"order": "ANOTHER"}),
        (OrderConfirmed, {"lines": ()}),
    ],
)
async def test_money_that_does_not_add_up_is_found(
    kind: type[Event], fields: dict[str, object]
) -> None:
    house = await a_house()
    change(house, kind, **fields)
    assert "money" in await failed(house)


async def forge(house: House, model: str, old: bytes, new: bytes) -> str:
    """Alter a stored document without moving it; give its key."""
    sink = house.cache if model == "availability" else house.documents
    generation = await sink.generation(model)
    key, *_ = await sink.keys(model, generation)
    found = (await sink.get(model, generation, [key]))[key]
    body = found.body.replace(old, new, 1)
    assert body != found.body
    sink._documents[model, generation][key] = replace(found, body=body)  # type: ignore[attr-defined]  # tampering
    return key


@pytest.mark.parametrize(
    ("model", "old", "new"),
    [
        ("seat_map", b'"state":"', b'"state":"s'),
        ("sales_board", b'"sold":', b'"sold":1'),
        ("availability", b'"counts":', b'"counts":{},"more":'),
    ],
)
async def test_a_document_that_differs_from_a_replay_is_named(
    model: str, old: bytes, new: bytes
) -> None:
    house = await a_house()
    key = await forge(house, model, old, new)
    found = await failed(house)
    assert list(found) == [model]
    assert key in found[model].detail


async def test_a_missing_document_is_named() -> None:
    house = await a_house()
    stored = house.documents._documents["seat_map", 2]  # type: ignore[attr-defined]  # tampering
    key = next(iter(stored))
    del stored[key]
    found = await failed(house)
    assert list(found) == ["seat_map"]
    assert key in found["seat_map"].detail


async def test_a_document_of_nothing_is_named() -> None:
    house = await a_house()
    await house.documents.put("sales_board", 2, [Document("phantom", 1, b"{}")])
    found = await failed(house)
    assert list(found) == ["sales_board"]
    assert "phantom" in found["sales_board"].detail


async def test_a_read_side_that_lags_fails_after_a_bounded_wait() -> None:
    house = await a_house()
    house.recorder.play(history(2))
    found = await failed(house)
    assert set(found) == {"seat_map", "sales_board", "availability", "order"}


async def test_read_models_of_another_epoch_are_not_trusted() -> None:
    house = await a_house()
    house.store.new_epoch()
    found = await failed(house)
    assert "replay --all" in found["seat_map"].detail
    await rebuild(house.side, grace_s=0.0)
    assert await failed(house) == {}


async def test_the_log_can_be_checked_alone() -> None:
    house = memory_house()
    house.recorder.play(history(1))
    verdict = await verify(house.store, house.checkpoints, documents=None, cache=None)
    assert verdict.ok
    assert [check.name for check in verdict.checks] == CHECKS[:14]

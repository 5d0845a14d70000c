"""A receipt that is gone, points elsewhere or outlives its events is found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from msgspec.structs import replace

from boxoffice.application.audit.receipts import KEPT_DAYS, MARGIN
from boxoffice.application.chain import GENESIS, hashes
from boxoffice.application.codec import encode
from boxoffice.application.ports.log import Receipt
from boxoffice.application.verification import LOOKUPS_MAX, verify
from boxoffice.domain.message import Meta
from boxoffice.errors import Unavailable
from boxoffice.infrastructure.memory.checkpoints import MemoryCheckpoints
from boxoffice.infrastructure.memory.event_store import MemoryEventStore
from boxoffice.testing import BOB, NOON, store_facts
from tests.unit.application.planted import BoxOffice, held, holding, ordering, selling

OTHER = "2" * 32
KEPT = timedelta(days=KEPT_DAYS)


def sold_out() -> BoxOffice:
    """Four commands: the opening (4 facts), two holds (2 and 3) and a sale."""
    house = BoxOffice()
    house.record(holding(1))
    house.record(holding(2, 3, hold=OTHER, buyer=BOB))
    house.record([*ordering(1), *selling(1)])
    return house


def receipt_of(house: BoxOffice, position: int) -> Receipt:
    found = house.store._receipts.values()
    return next(r for r in found if r.first <= position <= r.last)


def put(house: BoxOffice, receipt: Receipt) -> None:
    house.store._receipts[receipt.command_id] = receipt


async def test_every_command_of_a_whole_log_has_its_receipt() -> None:
    assert await sold_out().found() == {}


@pytest.mark.parametrize(("position", "first"), [(1, 1), (6, 5), (9, 7), (13, 10)])
async def test_a_receipt_that_is_gone_is_found(position: int, first: int) -> None:
    house = sold_out()
    del house.store._receipts[receipt_of(house, position).command_id]
    assert await house.found() == {"receipts": first}


async def test_all_receipts_gone_are_found() -> None:
    house = sold_out()
    house.store._receipts.clear()
    (check,) = await house.failed()
    assert check.name == "receipts"
    assert check.position == 1
    assert "(4 findings in all)" in check.detail


@pytest.mark.parametrize("span", [(7, 8), (8, 9), (6, 9), (7, 10), (5, 6), (1, 1)])
async def test_a_receipt_that_points_elsewhere_is_found(span: tuple[int, int]) -> None:
    house = sold_out()
    first, last = span
    put(house, replace(receipt_of(house, 7), first=first, last=last))
    assert await house.found() == {"receipts": 7}


async def test_receipts_of_two_commands_that_changed_places_are_found() -> None:
    house = sold_out()
    one, other = receipt_of(house, 5), receipt_of(house, 7)
    put(house, replace(one, first=other.first, last=other.last))
    put(house, replace(other, first=one.first, last=one.last))
    assert await house.found() == {"receipts": 5}


async def test_a_log_cut_off_at_its_end_is_found_by_the_receipts_left() -> None:
    house = sold_out()
    del house.store._records[9:]
    assert await house.found() == {"receipts": 10}


async def test_a_log_emptied_whole_is_found_by_the_receipts_left() -> None:
    house = sold_out()
    house.store._records.clear()
    assert await house.found() == {"receipts": 1}


async def test_old_receipts_may_be_gone() -> None:
    house = sold_out()
    house.store._receipts.clear()
    house.clock.at = NOON + KEPT - MARGIN
    assert await house.found() == {}


async def test_receipts_that_should_still_live_may_not() -> None:
    house = sold_out()
    house.store._receipts.clear()
    house.clock.at = NOON + KEPT - MARGIN - timedelta(seconds=1)
    assert await house.found() == {"receipts": 1}


async def test_an_old_receipt_that_points_elsewhere_is_found() -> None:
    house = sold_out()
    put(house, replace(receipt_of(house, 7), first=5))
    house.clock.at = NOON + 99 * KEPT
    assert await house.found() == {"receipts": 7}


async def test_facts_without_a_command_need_no_receipt() -> None:
    house = BoxOffice()
    store_facts(house.store, holding(1))
    house.store._receipts.popitem()
    assert await house.found() == {}


async def test_a_process_s_receipt_may_never_be_gone() -> None:
    house = sold_out()
    expiry = receipt_of(house, 7)
    for position in range(expiry.first, expiry.last + 1):
        name = expiry.command_id.hex()
        forge_command(house, position, name, actor="system:expiry")
    house.clock.at = NOON + 99 * KEPT
    assert await house.found() == {}
    del house.store._receipts[expiry.command_id]
    assert await house.found() == {"receipts": 7}


async def test_receipts_are_demanded_for_as_long_as_the_settings_keep_them() -> None:
    house = sold_out()
    house.store._receipts.clear()
    house.clock.at = NOON + timedelta(days=2)
    checkpoints = MemoryCheckpoints(now=house.clock)
    for days, ok in [(2, True), (3, False)]:
        verdict = await verify(
            house.store, checkpoints, documents=None, cache=None, receipts_days=days
        )
        (check,) = (check for check in verdict.checks if check.name == "receipts")
        assert check.ok == ok


def forge_command(
    house: BoxOffice, position: int, command: str, *, actor: str = "x"
) -> None:
    """Say that another command caused a record, chain included."""
    meta = encode(Meta(command=command, correlation="", actor=actor, venue="main"))
    records, previous = house.store._records, GENESIS
    records[position - 1] = replace(records[position - 1], meta=meta)
    for at, record in enumerate(records):
        (previous,) = hashes(previous, [record])
        records[at] = replace(record, hash=previous)


@pytest.mark.parametrize("command", ["f" * 32, "F" * 32, "zz", "f" * 31, "é" * 32])
async def test_an_event_of_a_command_that_never_was_is_found(command: str) -> None:
    house = sold_out()
    forge_command(house, 10, command)
    assert (await house.found())["receipts"] == 10


async def test_a_command_whose_events_are_scattered_is_found() -> None:
    house = sold_out()
    forge_command(house, 12, receipt_of(house, 5).command_id.hex())
    assert (await house.found())["receipts"] == 10


async def test_a_command_across_two_pages_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("boxoffice.application.replay.PAGE_MAX", 2)
    assert await sold_out().found() == {}


class Busy(MemoryEventStore):
    """A log whose append lock is taken by others now and then."""

    def __init__(self, house: BoxOffice, busy: Iterator[bool]) -> None:
        super().__init__(now=house.clock)
        self.__dict__.update(house.store.__dict__)
        self._busy = busy

    def receipts(self, command_ids: Sequence[bytes]) -> list[Receipt]:
        if next(self._busy):
            raise Unavailable("The log is held by somebody else.")
        return super().receipts(command_ids)


async def test_receipts_are_looked_up_again_while_others_append() -> None:
    house = sold_out()
    tries = [True] * (LOOKUPS_MAX - 1) + [False] * 10
    house.store = Busy(house, iter(tries))
    assert await house.found() == {}


async def test_receipts_that_cannot_be_had_are_no_verdict() -> None:
    house = sold_out()
    house.store = Busy(house, iter([True] * LOOKUPS_MAX))
    with pytest.raises(Unavailable):
        await house.found()


async def test_a_hold_behind_the_writers_back_is_found_without_a_receipt() -> None:
    house = sold_out()
    where = house.record(held(4, hold="4" * 32))
    house.store._receipts.popitem()
    assert await house.found() == {"holds": where[0], "receipts": where[0]}

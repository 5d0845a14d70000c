"""The chain finds every alteration and names where it is."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest

from boxoffice.application.chain import (
    GENESIS,
    ChainCheck,
    hashes,
    instant,
    verify_chain,
)
from boxoffice.application.ports.log import LogRecord
from boxoffice.domain.ids import StreamId

replace = msgspec.structs.replace


def log_of(*appends: int) -> list[LogRecord]:
    """Build a log of appends with so many records each."""
    records: list[LogRecord] = []
    for length in appends:
        previous = records[-1].hash if records else GENESIS
        first = len(records) + 1
        bare = [_record(position) for position in range(first, first + length)]
        records += sealed(previous, bare)
    return records


def sealed(previous: bytes, bare: list[LogRecord]) -> list[LogRecord]:
    links = hashes(previous, bare)
    return [replace(r, hash=link) for r, link in zip(bare, links, strict=True)]


def _record(position: int) -> LogRecord:
    return LogRecord(
        position,
        StreamId(position.to_bytes(16, "big")),
        0,
        "ticket-held.v1",
        b"data %d" % position,
        b"meta",
        instant(position),
        b"",
    )


SIZES = (3, 1, 5, 1, 10)
"""Record 7 stands in the middle of an append, 4 is alone, 9 ends one."""

ALTERATIONS: dict[str, Callable[[LogRecord], LogRecord]] = {
    "stream": lambda r: replace(r, stream=StreamId(bytes(16))),
    "version": lambda r: replace(r, version=1),
    "tag": lambda r: replace(r, tag="ticket-sold.v1"),
    "data": lambda r: replace(r, data=b"Data" + r.data[4:]),
    "meta": lambda r: replace(r, meta=b"Meta"),
    "recorded_at": lambda r: replace(
        r, recorded_at=r.recorded_at + timedelta(microseconds=1)
    ),
    "hash": lambda r: replace(r, hash=bytes(32)),
    "tag to data": lambda r: replace(r, tag=r.tag[:-1], data=b"1" + r.data),
    "data to meta": lambda r: replace(r, data=r.data[:-1], meta=r.data[-1:] + r.meta),
    "data to tag": lambda r: replace(r, tag=r.tag + "d", data=r.data[1:]),
}


def test_untouched_log_is_whole() -> None:
    assert verify_chain(log_of(*SIZES)) is None
    assert verify_chain([]) is None


@pytest.mark.parametrize("what", ALTERATIONS)
@pytest.mark.parametrize("position", [1, 3, 4, 7, 9, 20])
def test_altered_record_is_named(what: str, position: int) -> None:
    records = log_of(*SIZES)
    records[position - 1] = ALTERATIONS[what](records[position - 1])

    assert verify_chain(records) == position


def test_any_altered_byte_of_data_is_named() -> None:
    picks = random.Random(7)
    for _ in range(300):
        records = log_of(*SIZES)
        index = picks.randrange(len(records))
        data = bytearray(records[index].data)
        data[picks.randrange(len(data))] ^= 1 << picks.randrange(8)
        records[index] = replace(records[index], data=bytes(data))

        assert verify_chain(records) == index + 1


@pytest.mark.parametrize("position", [1, 4, 7, 9])
def test_deleted_record_is_named_by_its_position(position: int) -> None:
    records = log_of(*SIZES)
    del records[position - 1]

    assert verify_chain(records) == position


@pytest.mark.parametrize("position", [1, 4, 7, 9])
def test_deleted_record_is_found_when_the_rest_is_numbered_anew(position: int) -> None:
    records = log_of(*SIZES)
    del records[position - 1]
    renumbered = [replace(r, position=i) for i, r in enumerate(records, 1)]

    assert verify_chain(renumbered) == position


def test_swapped_records_are_named_at_the_first() -> None:
    for first, second in [(5, 7), (4, 7), (9, 10), (1, 20)]:
        records = log_of(*SIZES)
        one, other = records[first - 1], records[second - 1]
        records[first - 1] = replace(other, position=first)
        records[second - 1] = replace(one, position=second)

        assert verify_chain(records) == first


def test_inserted_record_is_named() -> None:
    records = log_of(*SIZES)
    records.insert(6, replace(records[6], position=7, data=b"stranger"))

    assert verify_chain(records) == 7


def test_altered_record_with_a_hash_to_match_breaks_the_link_of_its_append() -> None:
    records = log_of(*SIZES)
    altered = replace(records[6], data=b"other")
    (alone, _) = hashes(records[3].hash, [altered, altered])
    records[6] = replace(altered, hash=alone)

    assert verify_chain(records) == 9


def test_append_written_anew_breaks_the_next_one() -> None:
    records = log_of(*SIZES)
    anew = [replace(r, data=b"other") for r in records[4:9]]
    records[4:9] = sealed(records[3].hash, anew)

    assert verify_chain(records) == 10


def test_whole_tail_written_anew_differs_in_its_last_link() -> None:
    records = log_of(*SIZES)
    other = log_of(3, 1)
    for size in SIZES[2:]:
        first = len(other)
        anew = [replace(r, data=b"other") for r in records[first : first + size]]
        other += sealed(other[-1].hash, anew)

    assert verify_chain(other) is None
    assert other[-1].hash != records[-1].hash


def test_log_cut_off_inside_an_append_is_found() -> None:
    assert verify_chain(log_of(*SIZES)[:-1]) == 20
    assert verify_chain(log_of(*SIZES)[:6]) == 7
    assert verify_chain(log_of(*SIZES)[:-10]) is None


def test_pages_are_checked_one_after_the_other() -> None:
    records = log_of(*SIZES)
    records[12] = replace(records[12], data=b"other")
    check = ChainCheck()

    assert check.feed(records[:6]) is None
    assert check.finish() == 7
    assert check.feed(records[6:10]) is None
    assert check.finish() is None
    assert check.feed(records[10:]) == 13


def test_moved_border_between_appends_is_found() -> None:
    together = log_of(4)
    apart = log_of(2, 2)

    assert verify_chain([*together[:2], *apart[2:]]) == 3
    assert verify_chain([*apart[:2], *together[2:]]) == 3

from __future__ import annotations

import msgspec
import pytest

from boxoffice.application.codec import encode
from boxoffice.application.ports.bus import Message
from boxoffice.domain.catalogue.events import SaleOpened
from boxoffice.domain.ids import performance_stream
from boxoffice.errors import Corrupt
from boxoffice.testing import NOON, PERFORMANCE
from boxoffice_projectors.batch import Decoder, Taken, take


def message(position: int, prev: int, *, epoch: int = 1) -> Message:
    return Message(
        PERFORMANCE,
        epoch,
        position,
        prev,
        "sale-opened.v1",
        performance_stream(PERFORMANCE),
        0,
        NOON,
        b"",
        b"",
        encode(SaleOpened()),
    )


def taken(*messages: Message, watermark: int = 0) -> tuple[list[int], int, int | None]:
    """Give the positions taken, the new watermark and the position of the gap."""
    found: Taken = take(messages, watermark=watermark, epoch=1)
    gap = None if found.gap is None else found.gap.position
    return [one.position for one in found.messages], found.watermark, gap


def test_messages_in_order_are_taken() -> None:
    assert taken(message(3, 0), message(7, 3)) == ([3, 7], 7, None)


def test_what_is_known_is_passed_over() -> None:
    assert taken(message(3, 0), message(7, 3), watermark=3) == ([7], 7, None)
    assert taken(message(3, 0), message(3, 0)) == ([3], 3, None)


def test_a_prev_above_the_watermark_is_a_gap() -> None:
    assert taken(message(9, 7), watermark=3) == ([], 3, 9)


def test_nothing_behind_a_gap_is_taken() -> None:
    assert taken(message(4, 3), message(9, 7), message(10, 9), watermark=3) == (
        [4],
        4,
        9,
    )


def test_a_gap_is_closed_by_messages_sent_again() -> None:
    late = [message(9, 7), message(5, 3), message(7, 5), message(9, 7)]
    assert taken(*late, watermark=3) == ([5, 7, 9], 9, None)


def test_a_gap_that_was_passed_by_a_longer_chain_is_none() -> None:
    assert taken(message(9, 7), message(12, 3), watermark=3) == ([12], 12, None)


def test_marks_move_the_watermark() -> None:
    mark = Message("", 1, 20, 3)
    assert taken(mark, watermark=3) == ([20], 20, None)


def test_an_older_epoch_is_history_that_was_set_back() -> None:
    found = take([message(9, 0, epoch=1)], watermark=3, epoch=2)
    assert (found.messages, found.watermark, found.gap) == ((), 3, None)


def test_an_epoch_that_is_not_known_yet_stops_the_process() -> None:
    with pytest.raises(Corrupt):
        take([message(9, 0, epoch=2)], watermark=3, epoch=1)


def test_marks_hold_no_fact() -> None:
    facts, poisoned = Decoder().facts([Message("", 1, 20, 3), message(21, 20)])
    assert [fact.position for fact in facts] == [21]
    assert poisoned == []


def test_what_cannot_be_read_is_set_aside_and_the_rest_goes_on() -> None:
    bad = msgspec.structs.replace(message(4, 3), data=b"{")
    facts, poisoned = Decoder().facts([message(3, 0), bad, message(5, 4)])
    assert [fact.position for fact in facts] == [3, 5]
    assert [(one.position, error.code) for one, error in poisoned] == [(4, "corrupt")]

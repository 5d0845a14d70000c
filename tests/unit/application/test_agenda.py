from __future__ import annotations

from datetime import timedelta

from boxoffice.application.processes.agenda import Agenda, Pace
from boxoffice.testing import NOON

PACE = Pace(0.2, 30.0)
SECOND = timedelta(seconds=1)


def keys(agenda: Agenda, *, at: timedelta = timedelta(0), most: int = 10) -> list[str]:
    return [matter.key for matter in agenda.due(NOON + at, matters_max=most)]


def test_pauses_double_up_to_the_longest() -> None:
    pauses = [PACE.pause(tries).total_seconds() for tries in (0, 1, 2, 7, 8, 5_000)]
    assert pauses == [0.2, 0.4, 0.8, 25.6, 30.0, 30.0]


def test_what_is_due_is_given_in_order_of_time_and_once() -> None:
    agenda = Agenda()
    agenda.want("late", "call", at=NOON + SECOND, pace=PACE)
    agenda.want("early", "call", at=NOON, pace=PACE)
    agenda.want("never", "call", at=NOON + 9 * SECOND, pace=PACE)
    assert keys(agenda, at=SECOND) == ["early", "late"]
    assert keys(agenda, at=SECOND) == []


def test_no_more_is_given_than_is_asked_for() -> None:
    agenda = Agenda()
    for name in "abc":
        agenda.want(name, "call", at=NOON, pace=PACE)
    assert keys(agenda, most=2) == ["a", "b"]
    assert keys(agenda) == ["c"]


def test_what_did_not_help_is_tried_again_after_longer_and_longer_pauses() -> None:
    agenda = Agenda()
    agenda.want("a", "call", at=NOON, pace=PACE)
    now, pauses = NOON, []
    for _ in range(4):
        assert [matter.key for matter in agenda.due(now, matters_max=9)] == ["a"]
        agenda.landed("a", now=now)
        following = agenda.next_at()
        assert following is not None
        pauses.append((following - now).total_seconds())
        now = following
    assert pauses == [0.2, 0.4, 0.8, 1.6]


def test_another_wish_for_a_key_in_hand_waits_for_the_landing() -> None:
    agenda = Agenda()
    agenda.want("a", "start", at=NOON, pace=PACE)
    assert keys(agenda) == ["a"]
    agenda.want("a", "cancel", at=NOON, pace=PACE)
    assert keys(agenda) == []
    agenda.landed("a", now=NOON)
    (matter,) = agenda.due(NOON, matters_max=9)
    assert (matter.what, matter.tries) == ("cancel", 0)


def test_wanting_the_same_again_changes_nothing() -> None:
    agenda = Agenda()
    agenda.want("a", "start", at=NOON, pace=PACE)
    agenda.want("a", "start", at=NOON + SECOND, pace=PACE)
    assert keys(agenda) == ["a"]


def test_what_was_dropped_in_hand_does_not_come_back() -> None:
    agenda = Agenda()
    agenda.want("a", "start", at=NOON, pace=PACE)
    assert keys(agenda) == ["a"]
    agenda.drop("a")
    agenda.landed("a", now=NOON)
    assert keys(agenda, at=60 * SECOND) == []
    assert len(agenda) == 0


def test_entries_that_are_out_of_date_do_not_pile_up() -> None:
    agenda = Agenda()
    for number in range(10_000):
        agenda.want("a", str(number), at=NOON + number * SECOND, pace=PACE)
    assert len(agenda) == 1
    assert len(agenda._heap) < 2_000
    assert keys(agenda, at=9_999 * SECOND) == ["a"]

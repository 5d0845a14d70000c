from __future__ import annotations

from datetime import datetime, timedelta

from boxoffice.application.processes.hold_expiry import (
    SLACK,
    Deadlines,
    again,
    due,
    react,
    request,
)
from boxoffice.domain.ids import allowance_stream
from boxoffice.domain.inventory.commands import ExpireHold
from boxoffice.domain.inventory.events import (
    CartHoldConverted,
    CartHoldOrdered,
    CartHoldPlaced,
    CartHoldReleased,
    CartHoldRenewed,
    HeldPlace,
)
from boxoffice.domain.message import Event, Fact
from boxoffice.testing import ANN, FULL_PRICE, NOON, PERFORMANCE

SECOND = timedelta(seconds=1)


def fact(event: Event) -> Fact:
    return Fact(1, allowance_stream(PERFORMANCE, ANN), 0, NOON, event)


def placed(hold: str, until: datetime) -> Fact:
    return fact(
        CartHoldPlaced(
            hold=hold,
            buyer=ANN,
            performance=PERFORMANCE,
            places=(HeldPlace(1, 0, 0, "A-1", FULL_PRICE),),
            until=until,
            cap=until,
        )
    )


def released(hold: str) -> Fact:
    return fact(CartHoldReleased(hold=hold, buyer=ANN, reason="released"))


def sold(hold: str) -> Fact:
    return fact(CartHoldConverted(hold=hold, buyer=ANN, order="ORDER"))


def renewed(hold: str, until: datetime) -> Fact:
    return fact(CartHoldRenewed(hold=hold, buyer=ANN, until=until))


def ordered(hold: str) -> Fact:
    return fact(CartHoldOrdered(hold=hold, buyer=ANN, order="ORDER", until=NOON))


def folded(*facts: Fact) -> Deadlines:
    state = Deadlines()
    for one in facts:
        react(state, one)
    return state


def holds(commands: list[ExpireHold]) -> list[str]:
    return [command.hold for command in commands]


def all_due(state: Deadlines, now: datetime) -> list[str]:
    return holds(due(state, now, commands_max=100))


def test_a_hold_is_due_a_second_after_its_deadline() -> None:
    state = folded(placed("h", NOON))
    assert all_due(state, NOON) == []
    assert all_due(state, NOON + SECOND * 0.999) == []
    assert all_due(state, NOON + SECOND) == ["h"]


def test_the_most_overdue_comes_first() -> None:
    state = folded(placed("b", NOON + SECOND), placed("a", NOON), placed("c", NOON))
    assert all_due(state, NOON + 5 * SECOND) == ["a", "c", "b"]


def test_what_ended_is_left_alone() -> None:
    state = folded(placed("r", NOON), placed("s", NOON), released("r"), sold("s"))
    assert all_due(state, NOON + SECOND) == []


def test_a_renewed_hold_is_due_by_its_new_deadline() -> None:
    state = folded(placed("h", NOON), renewed("h", NOON + 60 * SECOND))
    assert all_due(state, NOON + 60 * SECOND) == []
    assert all_due(state, NOON + 61 * SECOND) == ["h"]


def test_an_ordered_hold_is_left_to_its_order() -> None:
    assert all_due(folded(placed("h", NOON), ordered("h")), NOON + SECOND) == []


def test_each_hold_is_given_once() -> None:
    state = folded(placed("h", NOON))
    assert all_due(state, NOON + SECOND) == ["h"]
    assert all_due(state, NOON + SECOND) == []


def test_a_command_that_did_not_get_through_is_given_again() -> None:
    state = folded(placed("h", NOON))
    (command,) = due(state, NOON + SECOND, commands_max=1)
    again(state, command)
    assert all_due(state, NOON + SECOND) == ["h"]


def test_what_ended_meanwhile_is_not_put_back() -> None:
    state = folded(placed("h", NOON))
    (command,) = due(state, NOON + SECOND, commands_max=1)
    react(state, released("h"))
    again(state, command)
    assert all_due(state, NOON + SECOND) == []


def test_commands_are_given_in_bounded_batches() -> None:
    state = folded(*(placed(f"h{n}", NOON) for n in range(5)))
    now = NOON + SECOND
    assert len(due(state, now, commands_max=3)) == 3
    assert len(due(state, now, commands_max=3)) == 2


def test_ended_holds_do_not_pile_up() -> None:
    state = Deadlines()
    for number in range(3 * SLACK):
        react(state, placed(f"h{number}", NOON + SECOND * number))
        react(state, released(f"h{number}"))
    assert len(state.heap) <= SLACK + 1


def test_the_identity_of_a_command_follows_from_its_hold() -> None:
    early = due(folded(placed("h", NOON)), NOON + SECOND, commands_max=1)[0]
    late = due(folded(placed("h", NOON)), NOON + 9 * SECOND, commands_max=1)[0]
    one, other = request(early, venue="main"), request(late, venue="main")
    assert (one.command_id, one.request_hash) == (other.command_id, other.request_hash)
    assert len(one.command_id) == 16
    assert one.meta.actor == "system:expiry"
    third = due(folded(placed("x", NOON)), NOON + SECOND, commands_max=1)[0]
    assert request(third, venue="main").command_id != one.command_id

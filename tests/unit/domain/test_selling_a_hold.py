"""What an order may do with places: keep, sell, free, take back, find others."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from boxoffice.domain.catalogue.state import Place
from boxoffice.domain.decider import Decision
from boxoffice.domain.ids import BuyerId, HoldId, allowance_stream, ticket_stream
from boxoffice.domain.inventory.alternatives import LOOKED_AT_MAX, alternative_places
from boxoffice.domain.inventory.commands import HoldPlaces
from boxoffice.domain.inventory.events import (
    CartHoldConverted,
    CartHoldOrdered,
    CartHoldPlaced,
    CartHoldReleased,
    CartHoldReturned,
    HeldPlace,
    TicketHeld,
    TicketHoldRenewed,
    TicketReleased,
    TicketReturned,
    TicketSold,
)
from boxoffice.domain.inventory.selling import (
    HoldFor,
    SoldPlace,
    end_hold,
    hold_spare,
    order_hold,
    return_tickets,
    sell_anew,
    sell_places,
)
from boxoffice.domain.inventory.state import (
    ALLOWANCE,
    ENDED_KEPT,
    TICKET,
    Allowance,
    CartHold,
    Ticket,
)
from boxoffice.domain.money import Money
from boxoffice.errors import HoldExpired, HoldNotOpen, SeatsUnavailable
from boxoffice.testing import (
    ANN,
    BOB,
    FULL_PRICE,
    NOON,
    PERFORMANCE,
    given,
    on_sale,
)

H1, H2 = HoldId("1" * 32), HoldId("2" * 32)
AT = allowance_stream(PERFORMANCE, ANN)
T1, T2 = (ticket_stream(PERFORMANCE, ordinal) for ordinal in (1, 2))
DEADLINE = NOON + timedelta(minutes=10)
LATER = NOON + timedelta(minutes=20)


def hold_command(
    *ordinals: int, now: datetime = NOON, as_: HoldId = H1, buyer: BuyerId = ANN
) -> HoldPlaces:
    return HoldPlaces(
        now=now,
        performance=PERFORMANCE,
        buyer=buyer,
        hold=as_,
        ordinals=ordinals,
        ttl_s=600,
    )


HELD = [*on_sale(), *given(*on_sale()).when(hold_command(1, 2)).happened]


def hold_in(facts: Decision) -> CartHold:
    hold: CartHold = given(*facts).state(AT, ALLOWANCE).holds[H1]
    return hold


def tickets_in(facts: Decision) -> dict[int, Ticket]:
    scenario = given(*facts)
    streams = ((o, ticket_stream(PERFORMANCE, o)) for o in range(1, 11))
    return {ordinal: scenario.state(stream, TICKET) for ordinal, stream in streams}


def ordered(facts: Decision = HELD, *, now: datetime = NOON) -> Decision:
    return [
        *facts,
        *order_hold(
            hold_in(facts), tickets_in(facts), order="X", now=now, until=DEADLINE
        ),
    ]


def sell(facts: Decision, *, order: str = "X", now: datetime = NOON) -> Decision:
    return sell_places(hold_in(facts), tickets_in(facts), order=order, now=now)


def taken_by_bob(facts: Decision) -> Decision:
    now = DEADLINE + timedelta(seconds=1)
    command = hold_command(1, now=now, as_=H2, buyer=BOB)
    return [*facts, *given(*facts).when(command).happened]


def test_an_order_keeps_a_hold_as_long_as_it_needs() -> None:
    decision = order_hold(
        hold_in(HELD), tickets_in(HELD), order="X", now=NOON, until=LATER
    )
    renewed = TicketHoldRenewed(hold=H1, section=0, category=0, until=LATER)
    assert decision == [
        (T1, renewed),
        (T2, renewed),
        (AT, CartHoldOrdered(hold=H1, buyer=ANN, order="X", until=LATER)),
    ]


def test_an_order_that_needs_less_time_leaves_the_deadline() -> None:
    decision = order_hold(
        hold_in(HELD), tickets_in(HELD), order="X", now=NOON, until=NOON
    )
    event = CartHoldOrdered(hold=H1, buyer=ANN, order="X", until=DEADLINE)
    assert decision == [(AT, event)]


def test_a_hold_is_ordered_once_and_only_while_it_stands() -> None:
    with pytest.raises(HoldNotOpen):
        ordered(ordered())
    with pytest.raises(HoldExpired):
        ordered(now=DEADLINE + timedelta(microseconds=1))
    with pytest.raises(HoldExpired):
        ordered(taken_by_bob(HELD))
    with pytest.raises(HoldNotOpen):
        ordered([*HELD, *sell(HELD)])


def test_an_ordered_hold_is_sold_even_when_it_is_overdue() -> None:
    sold = TicketSold(hold=H1, order="X", section=0, category=0, price=FULL_PRICE)
    assert sell(ordered(), now=LATER) == [
        (T1, sold),
        (T2, sold),
        (AT, CartHoldConverted(hold=H1, buyer=ANN, order="X")),
    ]


def test_places_are_sold_at_what_was_paid_for_them() -> None:
    decision = sell_places(
        hold_in(HELD),
        tickets_in(HELD),
        order="X",
        now=NOON,
        agreed={2: (Money(0, "USD"), "comp")},
    )
    prices = [event.price for _, event in decision if isinstance(event, TicketSold)]
    assert prices == [FULL_PRICE, Money(0, "USD")]


def test_a_hold_is_not_sold_when_it_is_over_or_anothers() -> None:
    with pytest.raises(HoldExpired):
        sell(taken_by_bob(ordered()))
    with pytest.raises(HoldNotOpen):
        sell(ordered(), order="Y")
    with pytest.raises(HoldExpired):
        sell(HELD, now=LATER)
    facts = ordered()
    with pytest.raises(HoldNotOpen):
        sell([*facts, *sell(facts)])
    ended = [*facts, *end_hold(hold_in(facts), tickets_in(facts), reason="cancelled")]
    with pytest.raises(HoldExpired):
        sell(ended)


def test_an_order_that_ends_frees_what_is_still_its_own() -> None:
    facts = taken_by_bob(ordered())
    decision = end_hold(hold_in(facts), tickets_in(facts), reason="cancelled")
    freed = TicketReleased(hold=H1, section=0, category=0, reason="cancelled")
    released = CartHoldReleased(hold=H1, buyer=ANN, reason="cancelled")
    assert decision == [(T2, freed), (AT, released)]
    facts += decision
    assert end_hold(hold_in(facts), tickets_in(facts), reason="cancelled") == []


def sold_place(ordinal: int) -> SoldPlace:
    return SoldPlace(
        performance=PERFORMANCE,
        buyer=ANN,
        hold=H1,
        ordinal=ordinal,
        section=0,
        category=0,
        price=FULL_PRICE,
    )


def test_returned_tickets_are_free_and_count_for_nobody() -> None:
    sold = [*HELD, *sell(HELD)]
    decision = return_tickets([sold_place(1)], order="X", reason="refunded")
    returned = TicketReturned(
        order="X", section=0, category=0, price=FULL_PRICE, reason="refunded"
    )
    assert decision == [
        (T1, returned),
        (AT, CartHoldReturned(hold=H1, buyer=ANN, ordinals=(1,))),
    ]
    facts = [*sold, *decision]
    allowance: Allowance = given(*facts).state(AT, ALLOWANCE)
    assert allowance.places_counted(ANN, NOON) == 1
    (left,) = allowance.holds[H1].places
    assert left.ordinal == 2
    command = hold_command(1, as_=H2, buyer=BOB)
    assert given(*facts).when(command).happened
    facts += return_tickets([sold_place(2)], order="X", reason="voided")
    assert hold_in(facts).ended == "returned"
    assert hold_in(facts).places == ()


def test_returned_tickets_are_told_to_every_hold_they_came_from() -> None:
    other = SoldPlace(PERFORMANCE, BOB, H2, 5, 0, 0, FULL_PRICE)
    *_, ann, bob = return_tickets(
        [sold_place(1), other, sold_place(2)], order="X", reason="cancelled"
    )
    assert ann == (AT, CartHoldReturned(hold=H1, buyer=ANN, ordinals=(1, 2)))
    where = allowance_stream(PERFORMANCE, BOB)
    assert bob == (where, CartHoldReturned(hold=H2, buyer=BOB, ordinals=(5,)))


def test_holds_that_gave_everything_back_are_forgotten_after_a_while() -> None:
    facts = [*HELD, *sell(HELD)]
    facts += return_tickets([sold_place(1), sold_place(2)], order="X", reason="voided")
    event = facts[-1][1]
    placed = next(e for _, e in HELD if isinstance(e, CartHoldPlaced))
    assert isinstance(event, CartHoldReturned)
    for number in range(ENDED_KEPT):
        name = f"{number:032x}"
        facts += [
            (
                AT,
                CartHoldPlaced(
                    hold=name,
                    buyer=ANN,
                    performance=PERFORMANCE,
                    places=placed.places,
                    until=NOON,
                    cap=NOON,
                ),
            ),
            (AT, CartHoldReleased(hold=name, buyer=ANN, reason="released")),
        ]
    assert H1 not in given(*facts).state(AT, ALLOWANCE).holds


def spare(*ordinals: int) -> HoldFor:
    places = tuple(HeldPlace(o, 0, 0, f"Stalls A-{o}", FULL_PRICE) for o in ordinals)
    return HoldFor(PERFORMANCE, ANN, H2, "X", places)


def test_spare_places_are_kept_for_the_order_alone() -> None:
    decision = hold_spare(spare(3), tickets_in(HELD), now=NOON, until=LATER)
    places = spare(3).places
    assert decision == [
        (
            ticket_stream(PERFORMANCE, 3),
            TicketHeld(hold=H2, section=0, category=0, price=FULL_PRICE, until=LATER),
        ),
        (
            AT,
            CartHoldPlaced(
                hold=H2,
                buyer=ANN,
                performance=PERFORMANCE,
                places=places,
                until=LATER,
                cap=LATER,
            ),
        ),
        (AT, CartHoldOrdered(hold=H2, buyer=ANN, order="X", until=LATER)),
    ]


def test_free_places_are_sold_for_late_money_through_a_new_hold() -> None:
    facts = ordered()
    late = LATER + timedelta(hours=1)
    decision = sell_anew(spare(1), tickets_in(facts), now=late)
    assert [type(event) for _, event in decision] == [
        TicketReleased,
        TicketHeld,
        CartHoldPlaced,
        TicketSold,
        CartHoldConverted,
    ]
    facts += decision
    assert tickets_in(facts)[1].order == "X"


def test_taken_places_are_neither_kept_nor_sold_anew() -> None:
    with pytest.raises(SeatsUnavailable) as refused:
        hold_spare(spare(2, 3), tickets_in(HELD), now=NOON, until=LATER)
    assert refused.value.data["places"] == [2]
    with pytest.raises(SeatsUnavailable):
        sell_anew(spare(1), tickets_in(HELD), now=NOON)


def lost(*ordinals: int) -> list[HeldPlace]:
    price = Money(4_000, "USD")
    return [HeldPlace(o, 0, 0, f"A-{o}", price, "adult", 3) for o in ordinals]


HOUSE = {o: Place(0 if o <= 6 else 1, o % 2, f"P-{o}") for o in range(1, 13)}
"""Ordinals 1 to 6 in section 0, others in section 1; even ones of category 0."""


@pytest.mark.parametrize(
    ("gone", "free", "expected"),
    [
        ((4,), {2, 4, 6}, [4]),
        ((4,), {2, 6, 8}, [2]),
        ((4,), {6, 8}, [6]),
        ((4,), {1, 3, 5, 12, 10}, [10]),
        ((4, 6), {2, 8}, [2, 8]),
        ((4, 6), {6, 2}, [2, 6]),
        ((4, 6), {2}, None),
        ((4,), {1, 3, 5}, None),
    ],
)
def test_other_places_are_alike_and_near(
    gone: tuple[int, ...], free: set[int], expected: list[int] | None
) -> None:
    found = alternative_places(lost(*gone), HOUSE, free.__contains__)
    assert (found and [place.ordinal for place in found]) == expected


def test_other_places_keep_price_type_and_list() -> None:
    found = alternative_places(lost(4), HOUSE, {8}.__contains__)
    price = Money(4_000, "USD")
    assert found == (HeldPlace(8, 1, 0, "P-8", price, "adult", 3),)


def test_the_search_ends_in_a_house_that_is_sold_out() -> None:
    asked: list[int] = []

    def is_free(ordinal: int) -> bool:
        asked.append(ordinal)
        return False

    house = {o: Place(0, 0, "") for o in range(1, 5_000)}
    assert alternative_places(lost(1, 2), house, is_free) is None
    assert len(asked) == LOOKED_AT_MAX

"""A cart changes while it stands, and never outlives its cap."""

from __future__ import annotations

from datetime import timedelta

import pytest

from boxoffice.domain.decider import Decision
from boxoffice.domain.ids import BuyerId, HoldId, allowance_stream, ticket_stream
from boxoffice.domain.inventory.commands import (
    AddPlaces,
    ExpireHold,
    HoldPlaces,
    ReleaseHold,
    RemovePlaces,
    RenewHold,
)
from boxoffice.domain.inventory.events import (
    CartHoldChanged,
    CartHoldOrdered,
    CartHoldPlaced,
    CartHoldReleased,
    CartHoldRenewed,
    HeldPlace,
    TicketHeld,
    TicketHoldRenewed,
    TicketReleased,
)
from boxoffice.errors import (
    HoldExpired,
    HoldLimitReached,
    HoldNotOpen,
    Invalid,
    NotFound,
    PriceTypeUnknown,
    SeatsUnavailable,
    UnknownPlace,
)
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
ALLOWANCE = allowance_stream(PERFORMANCE, ANN)
TEN_MINUTES = timedelta(minutes=10)
SECOND = timedelta(seconds=1)


def hold(*ordinals: int, as_: HoldId = H1, buyer: BuyerId = ANN) -> Decision:
    command = HoldPlaces(
        now=NOON,
        performance=PERFORMANCE,
        buyer=buyer,
        hold=as_,
        ordinals=ordinals,
        ttl_s=600,
        cap_s=1_800,
    )
    return given(*on_sale(places=20)).when(command).happened


HELD = [*on_sale(places=20), *hold(1, 2)]
ORDERED = [
    *HELD,
    (ALLOWANCE, CartHoldOrdered(hold=H1, buyer=ANN, order="X", until=NOON)),
]


def add(
    *ordinals: int,
    at_s: float = 60,
    types: tuple[str, ...] = (),
    buyer: BuyerId = ANN,
) -> AddPlaces:
    return AddPlaces(
        now=NOON + at_s * SECOND,
        performance=PERFORMANCE,
        buyer=buyer,
        hold=H1,
        ordinals=ordinals,
        types=types,
        ttl_s=600,
    )


def remove(*ordinals: int, at_s: float = 60) -> RemovePlaces:
    return RemovePlaces(
        now=NOON + at_s * SECOND,
        performance=PERFORMANCE,
        buyer=ANN,
        hold=H1,
        ordinals=ordinals,
    )


def renew(at_s: float = 60, ttl_s: int = 600) -> RenewHold:
    return RenewHold(
        now=NOON + at_s * SECOND,
        performance=PERFORMANCE,
        buyer=ANN,
        hold=H1,
        ttl_s=ttl_s,
    )


def place(ordinal: int) -> HeldPlace:
    return HeldPlace(ordinal, 0, 0, f"Stalls A-{ordinal}", FULL_PRICE)


def test_a_hold_never_begins_beyond_its_cap() -> None:
    command = HoldPlaces(
        now=NOON,
        performance=PERFORMANCE,
        buyer=ANN,
        hold=H1,
        ordinals=(1,),
        ttl_s=600,
        cap_s=60,
    )
    placed = given(*on_sale()).when(command).happened[-1][1]
    assert isinstance(placed, CartHoldPlaced)
    assert (placed.until, placed.cap) == (NOON + 60 * SECOND, NOON + 60 * SECOND)


def test_added_places_join_the_hold_and_renew_it() -> None:
    until = NOON + 60 * SECOND + TEN_MINUTES
    renewed = TicketHoldRenewed(hold=H1, section=0, category=0, until=until)
    given(*HELD).when(add(3)).then(
        (ticket_stream(PERFORMANCE, 1), renewed),
        (ticket_stream(PERFORMANCE, 2), renewed),
        (
            ticket_stream(PERFORMANCE, 3),
            TicketHeld(hold=H1, section=0, category=0, price=FULL_PRICE, until=until),
        ),
        (
            ALLOWANCE,
            CartHoldChanged(
                hold=H1,
                buyer=ANN,
                places=(place(1), place(2), place(3)),
                until=until,
            ),
        ),
    )


def test_a_place_of_an_overdue_hold_can_be_added() -> None:
    theirs = hold(3, as_=H2, buyer=BOB)
    facts = [*HELD, *theirs, *given(*HELD, *theirs).when(renew(500)).happened]
    decision = given(*facts).when(add(3, at_s=601)).happened
    freed = TicketReleased(hold=H2, section=0, category=0, reason="expired")
    assert (ticket_stream(PERFORMANCE, 3), freed) in decision


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        (add(2), SeatsUnavailable),
        (add(3, 21), UnknownPlace),
        (add(3, 4, 5, 6, 7, 8, 9), HoldLimitReached),
        (add(), Invalid),
        (add(3, 3), Invalid),
        (add(3, types=("adult", "adult")), Invalid),
        (add(3, types=("student",)), PriceTypeUnknown),
        (add(3, buyer=BOB), NotFound),
        (add(3, at_s=600.001), HoldExpired),
    ],
)
def test_what_cannot_be_added_changes_nothing(
    command: AddPlaces, refusal: type[Exception]
) -> None:
    error = given(*HELD).when(command)
    with pytest.raises(refusal):
        _ = error.happened


def test_a_removed_place_is_free_and_the_deadline_stays() -> None:
    freed = TicketReleased(hold=H1, section=0, category=0, reason="removed")
    changed = CartHoldChanged(
        hold=H1, buyer=ANN, places=(place(2),), until=NOON + TEN_MINUTES
    )
    given(*HELD).when(remove(1)).then(
        (ticket_stream(PERFORMANCE, 1), freed), (ALLOWANCE, changed)
    )
    facts = [*HELD, *given(*HELD).when(remove(1)).happened]
    assert given(*facts).when(add(1)).happened


def test_the_last_place_out_ends_the_hold() -> None:
    freed = TicketReleased(hold=H1, section=0, category=0, reason="removed")
    given(*HELD).when(remove(1, 2)).then(
        (ticket_stream(PERFORMANCE, 1), freed),
        (ticket_stream(PERFORMANCE, 2), freed),
        (ALLOWANCE, CartHoldReleased(hold=H1, buyer=ANN, reason="removed")),
    )
    facts = [*HELD, *given(*HELD).when(remove(1, 2)).happened]
    given(*facts).when(add(3)).refused(HoldExpired)


def test_only_places_of_the_hold_are_removed() -> None:
    given(*HELD).when(remove(1, 7)).refused(UnknownPlace, places=[7])
    given(*HELD).when(remove()).refused(Invalid)
    given(*HELD).when(remove(1, 1)).refused(Invalid)
    given(*HELD).when(remove(1, at_s=601)).refused(HoldExpired)


def test_a_renewed_hold_says_so_on_every_ticket() -> None:
    until = NOON + 60 * SECOND + TEN_MINUTES
    renewed = TicketHoldRenewed(hold=H1, section=0, category=0, until=until)
    given(*HELD).when(renew()).then(
        (ticket_stream(PERFORMANCE, 1), renewed),
        (ticket_stream(PERFORMANCE, 2), renewed),
        (ALLOWANCE, CartHoldRenewed(hold=H1, buyer=ANN, until=until)),
    )


def test_a_renewed_place_is_taken_until_the_new_deadline() -> None:
    facts = [*HELD, *given(*HELD).when(renew()).happened]
    command = HoldPlaces(
        now=NOON + 660 * SECOND,
        performance=PERFORMANCE,
        buyer=BOB,
        hold=H2,
        ordinals=(1,),
        ttl_s=600,
    )
    given(*facts).when(command).refused(SeatsUnavailable)


def test_a_hold_is_never_shortened_and_never_outlives_its_cap() -> None:
    given(*HELD).when(renew(ttl_s=10)).then()
    facts = list(HELD)
    for at_s in (590, 1_180, 1_770):
        facts += given(*facts).when(renew(at_s)).happened
    given(*facts).when(renew(1_800)).then()
    given(*facts).when(renew(1_800.001)).refused(HoldExpired)


def test_a_hold_that_lost_a_place_is_over() -> None:
    command = HoldPlaces(
        now=NOON + 601 * SECOND,
        performance=PERFORMANCE,
        buyer=BOB,
        hold=H2,
        ordinals=(1,),
        ttl_s=600,
    )
    facts = [*HELD, *given(*HELD).when(command).happened]
    given(*facts).when(renew(at_s=599)).refused(HoldExpired)


@pytest.mark.parametrize("command", [add(3), remove(1), renew()])
def test_an_ordered_hold_is_the_orders(
    command: AddPlaces | RemovePlaces | RenewHold,
) -> None:
    given(*ORDERED).when(command).refused(HoldNotOpen, order="X")


def test_an_ordered_hold_is_neither_released_nor_swept() -> None:
    release = ReleaseHold(now=NOON, performance=PERFORMANCE, buyer=ANN, hold=H1)
    given(*ORDERED).when(release).refused(HoldNotOpen, order="X")
    later = NOON + timedelta(hours=1)
    given(*ORDERED).when(
        ExpireHold(now=later, performance=PERFORMANCE, buyer=ANN, hold=H1)
    ).then()

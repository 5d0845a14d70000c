"""Free tickets come out of a budget, with a host, a reason and maybe two people."""

from __future__ import annotations

from boxoffice.domain.ids import HoldId
from boxoffice.domain.money import Money
from boxoffice.domain.orders.events import (
    ApprovalAsked,
    CompsIssued,
    OrderCancelled,
    OrderPlaced,
)
from boxoffice.domain.promotions.commands import SetCompBudget
from boxoffice.domain.promotions.events import CompsReturned
from boxoffice.errors import (
    CompBudgetExhausted,
    Conflict,
    HoldExpired,
    Invalid,
    NotFound,
    OrderNotOpen,
    RequestNotOpen,
    SamePerson,
)
from boxoffice.testing import (
    BOB,
    NOON,
    given,
    hold_places,
    on_sale,
    told,
)
from tests.unit.domain.asked import (
    EVA,
    TOM,
    approve,
    cancel,
    comps,
    deny,
    expire,
    later,
    names,
    one,
    pay,
    refund,
)

BUDGET = SetCompBudget(
    now=NOON, budget="press", places_max=2, face_max=Money(9_000, "USD")
)
HELD = told(on_sale(), BUDGET, hold_places(1, 2))
ASKED = told(HELD, comps(unapproved_max=1))


def test_one_person_gives_a_few_places_away() -> None:
    happened = given(*HELD).when(comps()).happened
    assert [
        "CartHoldOrdered",
        "CompsDrawn",
        "OrderPlaced",
        "TicketSold",
        "TicketSold",
        "CartHoldConverted",
        "OrderConfirmed",
        "CompsIssued",
    ] == names(happened)
    assert 0 == one(happened, OrderPlaced).total.minor
    issued = one(happened, CompsIssued)
    assert (9_000, EVA, None) == (issued.face.minor, issued.by, issued.approver)


def test_many_places_wait_for_a_second_person() -> None:
    happened = given(*HELD).when(comps(unapproved_max=1)).happened
    assert "TicketSold" not in names(happened)
    assert ("comps", "press") == (
        one(happened, ApprovalAsked).kind,
        one(happened, ApprovalAsked).budget,
    )
    assert later(3_600) == one(happened, OrderPlaced).pay_by
    given(*ASKED).when(approve(by=EVA)).refused(SamePerson)
    done = given(*ASKED).when(approve(after_s=3_000)).happened
    assert TOM == one(done, CompsIssued).approver
    assert "OrderConfirmed" in names(done)


def test_comps_that_are_denied_or_wait_too_long_are_free_again() -> None:
    denied = given(*ASKED).when(deny()).happened
    assert "denied" == one(denied, OrderCancelled).reason
    assert {"TicketReleased", "CompsReturned"} <= {*names(denied)}
    given(*ASKED, *denied).when(approve()).refused(RequestNotOpen)
    expired = given(*ASKED).when(expire(after_s=3_601)).happened
    assert {"OrderExpired", "CompsReturned"} <= {*names(expired)}
    given(*ASKED, *expired).when(approve()).refused(RequestNotOpen)


def test_comps_whose_places_were_taken_meanwhile_cannot_be_approved() -> None:
    taken = hold_places(1, buyer=BOB, hold=HoldId("9" * 32), now=later(3_602))
    facts = told(ASKED, taken)
    given(*facts).when(approve(after_s=3_603)).refused(HoldExpired)


def test_comps_are_not_paid_for() -> None:
    given(*ASKED).when(pay()).refused(OrderNotOpen)
    assert "CompsReturned" in names(given(*ASKED).when(cancel()).happened)


def test_a_budget_is_never_overdrawn() -> None:
    facts = told(on_sale(), hold_places(1))
    given(*facts).when(comps()).refused(CompBudgetExhausted, places_left=0)
    more = told(HELD, comps(), hold_places(3, hold=HoldId("9" * 32)))
    again = comps()
    fields = {name: getattr(again, name) for name in again.__struct_fields__}
    other = type(again)(**{**fields, "order": "Z", "hold": "9" * 32})
    given(*more).when(other).refused(CompBudgetExhausted, places_left=0)


def test_a_comp_that_is_given_back_is_in_the_budget_again() -> None:
    facts = told(HELD, comps())
    happened = given(*facts).when(refund(1)).happened
    back = one(happened, CompsReturned)
    assert (1, 4_500) == (back.places, back.face.minor)
    assert "RefundRequested" not in names(happened)


def test_comps_need_a_host_a_hold_and_a_code_of_their_own() -> None:
    given(*HELD).when(comps(host=" ")).refused(Invalid)
    given(*told(on_sale(), BUDGET)).when(comps()).refused(NotFound)
    given(*told(HELD, comps())).when(comps()).refused(Conflict)

"""Free tickets come out of a budget, with a host, a reason and maybe two people."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from boxoffice.domain.decider import Decision
from boxoffice.domain.ids import (
    BuyerId,
    HoldId,
    OrderCode,
    PersonId,
    price_list_stream,
)
from boxoffice.domain.money import Money
from boxoffice.domain.orders.commands import IssueComps
from boxoffice.domain.orders.events import (
    ApprovalAsked,
    CompsIssued,
    OrderCancelled,
    OrderPlaced,
)
from boxoffice.domain.pricing.commands import SetPrices
from boxoffice.domain.pricing.events import (
    Fee,
    LevelPrice,
    PricesSet,
    PriceType,
    TaxRule,
)
from boxoffice.domain.pricing_parts import PriceParts
from boxoffice.domain.promotions.commands import DefinePromotion, SetCompBudget
from boxoffice.domain.promotions.events import CompsReturned, PromotionTerms
from boxoffice.errors import (
    CompBudgetExhausted,
    Conflict,
    HoldExpired,
    Invalid,
    NotForSale,
    NotFound,
    OrderNotOpen,
    RequestNotOpen,
    SamePerson,
)
from boxoffice.testing import (
    ANN,
    BOB,
    NOON,
    PERFORMANCE,
    confirmed,
    given,
    hold_places,
    on_sale,
    place_order,
    told,
)
from tests.unit.domain.asked import (
    EVA,
    NEXT,
    TOM,
    TOMORROW,
    approve,
    cancel,
    comps,
    deny,
    exchange,
    expire,
    later,
    names,
    one,
    pay,
    refund,
)

OTHER = OrderCode("ZYXWVUTSRQ")
PRICES = price_list_stream(PERFORMANCE)
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
        "CompsGivenAlone",
    ] == names(happened)
    assert 0 == one(happened, OrderPlaced).total.minor
    issued = one(happened, CompsIssued)
    assert (9_000, EVA, None) == (issued.face.minor, issued.by, issued.approver)


CITY = TaxRule(code="city", name="City", basis_points=900)
OWED = TaxRule(code="vat", name="VAT", basis_points=1_000, comps_exempt=False)


def taxed(*taxes: TaxRule) -> SetPrices:
    return SetPrices(
        now=NOON,
        performance=PERFORMANCE,
        prices=(LevelPrice(0, Money(4_000, "USD")),),
        fees=(Fee(code="service", name="Service", kind="outside", fixed=300),),
        taxes=taxes,
    )


@pytest.mark.parametrize(
    ("taxes", "face", "owed"),
    [((CITY,), 4_687, 0), ((CITY, OWED), 5_117, 430), ((), 4_300, 0)],
)
def test_a_comp_costs_nothing_and_the_house_owes_what_is_not_exempt(
    taxes: tuple[TaxRule, ...], face: int, owed: int
) -> None:
    facts = told(on_sale(), BUDGET, taxed(*taxes), hold_places(1))
    happened = given(*facts).when(comps()).happened
    (line,) = one(happened, OrderPlaced).lines
    assert (0, PriceParts(base=0)) == (line.price.minor, line.parts)
    assert (face, owed) == (line.face, line.tax_owed)
    issued = one(happened, CompsIssued)
    assert (face, owed) == (issued.face.minor, issued.tax_owed)
    back = one(given(*facts, *happened).when(refund(1)).happened, CompsReturned)
    assert face == back.face.minor


@pytest.mark.parametrize(
    ("types", "face"),
    [
        ((PriceType(code="adult", name="Adult"),), 4_400),
        ((), 0),
    ],
)
def test_a_place_at_a_type_that_is_given_away_is_worth_what_everybody_pays(
    types: tuple[PriceType, ...], face: int
) -> None:
    crew = PriceType(code="crew", name="Crew", audience="staff")
    child = PriceType(code="child", name="Child")
    prices = [LevelPrice(0, Money(0, "USD"), "crew")]
    prices += [LevelPrice(0, Money(4_000, "USD"), one.code) for one in types]
    command = replace(
        taxed(OWED), types=(crew, *types, child), prices=tuple(prices), fees=()
    )
    hold = replace(hold_places(1), types=("crew",), staff=True)
    facts = told(on_sale(), BUDGET, command, hold)
    (line,) = one(given(*facts).when(comps()).happened, OrderPlaced).lines
    assert (face, face // 11) == (line.face, line.tax_owed)


def test_comps_that_two_people_gave_away_owe_their_tax_too() -> None:
    facts = told(on_sale(), BUDGET, taxed(OWED), hold_places(1))
    asked = told(facts, comps(unapproved_max=0))
    assert 430 == one(given(*asked).when(approve()).happened, CompsIssued).tax_owed


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


def another(first: IssueComps) -> IssueComps:
    """Give what Ann holds next away as well, in an order of its own."""
    return replace(first, order=OTHER, hold=NEXT, request="r2")


def test_many_small_gifts_wait_for_a_second_person_too() -> None:
    two, four = comps(unapproved_max=2), comps(unapproved_max=4)
    large = replace(BUDGET, places_max=9, face_max=Money(90_000, "USD"))
    crew = replace(large, budget="crew")
    facts = told(HELD, large, crew, two, hold_places(3, 4, hold=NEXT))
    for more in (another(two), replace(another(two), budget="crew")):
        assert "ApprovalAsked" in names(given(*facts).when(more).happened)
    assert "CompsIssued" in names(given(*facts).when(another(four)).happened)
    tom = replace(another(two), by=TOM)
    assert "CompsIssued" in names(given(*facts).when(tom).happened)
    back = told(facts, refund(1, 2))
    assert "ApprovalAsked" in names(given(*back).when(another(two)).happened)


def test_each_performance_has_its_own_gifts() -> None:
    large = replace(BUDGET, places_max=9, face_max=Money(90_000, "USD"))
    hold = hold_places(1, 2, performance=TOMORROW, hold=NEXT)
    two = comps(unapproved_max=2)
    facts = told([*HELD, *on_sale(TOMORROW)], large, two, hold)
    there = replace(another(two), performance=TOMORROW)
    assert "CompsIssued" in names(given(*facts).when(there).happened)


def test_what_a_second_person_agreed_to_does_not_count() -> None:
    large = replace(BUDGET, places_max=9, face_max=Money(90_000, "USD"))
    one = comps(unapproved_max=1)
    facts = told(HELD, large, one, approve(), hold_places(3, hold=NEXT))
    assert "CompsIssued" in names(given(*facts).when(another(one)).happened)


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


FREE = PricesSet(
    prices=tuple(
        LevelPrice(0, Money(minor, "USD"), kind, PriceParts(minor))
        for kind, minor in (("child", 0), ("crew", 0), ("guest", 2_000), ("comp", 900))
    ),
    types=(
        PriceType(code="child", name="Child"),
        PriceType(code="crew", name="Crew", audience="staff"),
        PriceType(code="guest", name="Guest", audience="staff"),
        PriceType(code="comp", name="Comp"),
    ),
)


def held(kind: str) -> Decision:
    """Give a house where Ann's first place is held at a type, as staff may."""
    hold = replace(hold_places(1), types=(kind,), staff=True)
    return told([*on_sale(), (PRICES, FREE)], BUDGET, hold)


@pytest.mark.parametrize("kind", ["crew", "comp"])
def test_what_is_given_away_is_not_sold(kind: str) -> None:
    facts = held(kind)
    given(*facts).when(place_order()).refused(NotForSale, places=[1])
    assert "CompsIssued" in names(given(*facts).when(comps()).happened)


@pytest.mark.parametrize("kind", ["child", "guest"])
def test_a_price_for_all_may_be_nothing_and_one_for_staff_may_be_little(
    kind: str,
) -> None:
    assert "OrderPlaced" in names(given(*held(kind)).when(place_order()).happened)


def test_a_discount_may_take_everything() -> None:
    terms = PromotionTerms(currency="USD", basis_points=10_000)
    facts = told(HELD, DefinePromotion(now=NOON, code="ALL", terms=terms))
    happened = given(*facts).when(place_order(promotion="ALL")).happened
    assert "OrderConfirmed" in names(happened)


@pytest.mark.parametrize("buyer", [ANN, None])
@pytest.mark.parametrize("kind", ["crew", "comp"])
def test_tickets_are_not_swapped_for_what_is_given_away(
    kind: str, buyer: BuyerId | None
) -> None:
    hold = replace(hold_places(2, hold=NEXT), types=(kind,), staff=True)
    facts = told([*confirmed(1), (PRICES, FREE)], hold)
    given(*facts).when(exchange(1, buyer=buyer)).refused(NotForSale, places=[2])


def test_what_a_type_was_when_it_was_held_decides() -> None:
    """A free type that is for staff alone today was held when it was for all."""
    public = replace(FREE.types[1], audience="public")
    before = replace(FREE, types=(FREE.types[0], public, *FREE.types[2:]))
    hold = replace(hold_places(1), types=("crew",))
    facts = [*told([*on_sale(), (PRICES, before)], hold), (PRICES, FREE)]
    assert "OrderPlaced" in names(given(*facts).when(place_order()).happened)
    given(*held("crew"), (PRICES, before)).when(place_order()).refused(NotForSale)


def test_comps_need_a_host_a_hold_and_a_code_of_their_own() -> None:
    given(*HELD).when(comps(host=PersonId(""))).refused(Invalid)
    given(*told(on_sale(), BUDGET)).when(comps()).refused(NotFound)
    given(*told(HELD, comps())).when(comps()).refused(Conflict)

"""From what staff set to what buyers pay, and the limits of price types."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from boxoffice.domain.decider import Decision
from boxoffice.domain.ids import (
    BuyerId,
    HoldId,
    price_list_stream,
    quota_stream,
)
from boxoffice.domain.inventory.commands import (
    AddPlaces,
    ExpireHold,
    HoldPlaces,
    ReleaseHold,
    RemovePlaces,
    RenewHold,
)
from boxoffice.domain.inventory.events import CartHoldPlaced
from boxoffice.domain.message import Command
from boxoffice.domain.money import Money
from boxoffice.domain.pricing.calculation import all_in, discounted
from boxoffice.domain.pricing.commands import SetPrices
from boxoffice.domain.pricing.decide import PRICE_LISTS_MAX, PRICE_MINOR_MAX
from boxoffice.domain.pricing.events import (
    Fee,
    LevelPrice,
    PricesSet,
    PriceType,
    QuotaClaimed,
    TaxRule,
)
from boxoffice.domain.pricing.state import PRICE_LIST, PriceList
from boxoffice.domain.pricing_parts import PriceParts
from boxoffice.domain.rounding import Rounding
from boxoffice.errors import Invalid, PriceTypeUnknown, QuotaReached, Refused
from boxoffice.testing import (
    ANN,
    BOB,
    NOON,
    PERFORMANCE,
    given,
    on_sale,
    place_order,
    settle,
    told,
)

AT = price_list_stream(PERFORMANCE)
ADULT = PriceType(code="adult", name="Adult")
STUDENT = PriceType(code="student", name="Student", proof="Card", quota=3)
COMP = PriceType(code="comp", name="Comp", audience="staff")
TYPES = (ADULT, STUDENT, COMP)
BOOKING = Fee(
    code="booking", name="Booking", kind="outside", fixed=50, basis_points=200
)
HALL = Fee(code="hall", name="Hall", kind="inside", fixed=100)
CITY = TaxRule(code="city", name="City", basis_points=1_000)
VAT = TaxRule(code="vat", name="VAT", basis_points=1_900, included=True, on_fees=False)
PERFORMED_ON = date(2026, 12, 31)


def usd(minor: int, price_type: str = "adult", category: int = 0) -> LevelPrice:
    return LevelPrice(category, Money(minor, "USD"), price_type)


def set_prices(
    *prices: LevelPrice,
    types: tuple[PriceType, ...] = (),
    fees: tuple[Fee, ...] = (),
    taxes: tuple[TaxRule, ...] = (),
    rounding: Rounding = "half-up",
) -> SetPrices:
    return SetPrices(
        now=NOON,
        performance=PERFORMANCE,
        prices=prices,
        types=types,
        fees=fees,
        taxes=taxes,
        rounding=rounding,
    )


def priced(
    base: int,
    *rules: Fee | TaxRule,
    rounding: Rounding = "half-up",
    price_type: str = "adult",
) -> LevelPrice:
    command = set_prices(
        usd(base, price_type),
        types=TYPES,
        fees=tuple(rule for rule in rules if isinstance(rule, Fee)),
        taxes=tuple(rule for rule in rules if isinstance(rule, TaxRule)),
        rounding=rounding,
    )
    (_, event) = given(*on_sale()).when(command).happened[0]
    assert isinstance(event, PricesSet)
    return event.prices[0]


def test_outside_fees_and_added_taxes_come_on_top_of_the_base_price() -> None:
    assert priced(4_500, BOOKING, HALL, CITY) == LevelPrice(
        0,
        Money(5_104, "USD"),
        "adult",
        PriceParts(base=4_500, inside=100, outside=140, tax=464, tax_added=464),
    )


def test_included_taxes_are_a_part_only() -> None:
    level = priced(11_900, VAT, BOOKING)
    assert level.price == Money(11_900 + 288, "USD")
    assert level.parts == PriceParts(base=11_900, outside=288, tax=1_900)


def test_an_inside_fee_is_never_more_than_the_price_it_is_in() -> None:
    assert priced(60, HALL).parts == PriceParts(base=60, inside=60)


@pytest.mark.parametrize(
    ("rounding", "expected"), [("half-up", 3), ("half-even", 2), ("down", 2)]
)
def test_half_a_unit_goes_where_the_list_says(
    rounding: Rounding, expected: int
) -> None:
    parts = priced(25, CITY, rounding=rounding).parts
    assert parts is not None
    assert parts.tax == expected


@pytest.mark.parametrize(
    ("first", "last", "tax"),
    [
        (None, None, 100),
        (PERFORMED_ON, PERFORMED_ON, 100),
        (None, PERFORMED_ON - timedelta(days=1), 0),
        (PERFORMED_ON + timedelta(days=1), None, 0),
    ],
)
def test_a_tax_applies_by_the_day_of_the_performance(
    first: date | None, last: date | None, tax: int
) -> None:
    rule = TaxRule("city", "City", 1_000, valid_from=first, valid_until=last)
    assert priced(1_000, rule).price == Money(1_000 + tax, "USD")


def test_comps_pay_only_the_taxes_that_ask_for_it() -> None:
    strict = TaxRule("strict", "Strict", 500, comps_exempt=False)
    assert priced(1_000, CITY, strict, price_type="comp").price == Money(1_050, "USD")


def test_the_list_is_kept_as_it_was_set_and_set_once() -> None:
    command = set_prices(usd(4_500), usd(2_000, "student"), types=TYPES, fees=(HALL,))
    decision = given(*on_sale()).when(command).happened
    given(*on_sale(), *decision).when(command).then()
    facts = [*on_sale(), *decision]
    state: PriceList = given(*facts).state(AT, PRICE_LIST)
    assert state.version == 1
    assert state.prices == {0: Money(4_500, "USD")}
    assert state.level(0, 0, "adult").price == Money(4_500, "USD")
    assert state.level(1, 0, "student").parts == PriceParts(base=2_000, inside=100)
    assert list(state.lists) == [0, 1]
    assert state.lists[1].day == PERFORMED_ON
    assert state.quotas() == {"student": 3}


def test_the_first_public_type_is_what_everybody_is_offered() -> None:
    types = (COMP, PriceType(code="standard", name="Standard"), STUDENT)
    prices = (usd(0, "comp"), usd(3_000, "standard"), usd(2_000, "student"))
    facts = on_sale()
    facts += given(*facts).when(set_prices(*prices, types=types)).happened
    state: PriceList = given(*facts).state(AT, PRICE_LIST)
    assert state.prices == {0: Money(3_000, "USD")}
    placed = given(*facts).when(hold(1, types=())).happened[-1][1]
    assert isinstance(placed, CartHoldPlaced)
    assert placed.places[0].price_type == "standard"
    assert placed.places[0].price_list == 1


def named(count: int) -> tuple[PriceType, ...]:
    return tuple(PriceType(code=f"t{n}", name="T") for n in range(count))


@pytest.mark.parametrize(
    "command",
    [
        set_prices(usd(1, "student")),
        set_prices(usd(1, "senior"), types=TYPES),
        set_prices(usd(-1, "comp"), types=TYPES),
        set_prices(usd(1), usd(2), types=TYPES),
        set_prices(types=(COMP,)),
        set_prices(types=(ADULT, ADULT)),
        set_prices(types=named(21)),
        set_prices(types=(PriceType(code="Adult!", name="Adult"),)),
        set_prices(types=(PriceType(code="adult", name=" "),)),
        set_prices(types=(PriceType(code="adult", name="A", proof="x" * 101),)),
        set_prices(types=(PriceType(code="adult", name="Adult", quota=-1),)),
        set_prices(fees=(HALL, HALL)),
        set_prices(fees=(Fee("hall", "Hall", "inside", fixed=-1),)),
        set_prices(fees=(Fee("hall", "Hall", "inside", fixed=PRICE_MINOR_MAX + 1),)),
        set_prices(fees=(Fee("hall", "Hall", "inside", basis_points=-1),)),
        set_prices(fees=(Fee("hall", "Hall", "inside", basis_points=10_001),)),
        set_prices(taxes=(TaxRule("city", "City", -1),)),
        set_prices(taxes=(TaxRule("city", "City", 10_001),)),
        set_prices(
            taxes=(
                TaxRule(
                    "city",
                    "City",
                    1,
                    valid_from=date(2026, 2, 1),
                    valid_until=date(2026, 1, 1),
                ),
            )
        ),
    ],
)
def test_rules_that_make_no_sense_are_refused(command: SetPrices) -> None:
    given(*on_sale()).when(command).refused(Invalid)


def test_a_list_is_changed_a_bounded_number_of_times() -> None:
    lists: Decision = [
        (AT, PricesSet(prices=(usd(minor),))) for minor in range(1, PRICE_LISTS_MAX)
    ]
    refusal = given(*on_sale(), *lists).when(set_prices(usd(9))).refused(Refused)
    assert "200" in refusal.detail
    assert given(*on_sale(), *lists[1:]).when(set_prices(usd(9))).happened


def made_by(*taxes: TaxRule, rounding: Rounding = "half-up") -> PricesSet:
    return PricesSet(prices=(), taxes=taxes, rounding=rounding, day=PERFORMED_ON)


PLAIN_FEE = Fee("booking", "Booking", "outside", fixed=500)


@pytest.mark.parametrize(
    ("tax", "parts"),
    [
        (
            TaxRule("city", "City", 1_000, on_fees=False),
            PriceParts(base=273, outside=500, tax=27, tax_added=27),
        ),
        (
            TaxRule("vat", "VAT", 1_000, included=True, on_fees=False),
            PriceParts(base=250, outside=500, tax=23),
        ),
        (
            TaxRule("city", "City", 1_000, valid_from=PERFORMED_ON),
            PriceParts(base=273 - 46, outside=500, tax=73, tax_added=73),
        ),
    ],
)
def test_what_is_left_is_taxed_as_the_list_says(
    tax: TaxRule, parts: PriceParts
) -> None:
    level = all_in(usd(1_000), fees=(PLAIN_FEE,), taxes=(tax,), rounding="half-up")
    half = discounted(level, level.price.minor - sum_of(parts), made_by(tax))
    assert half.parts == parts


def sum_of(parts: PriceParts) -> int:
    return parts.base + parts.outside + parts.tax_added


def test_a_price_that_cannot_bear_its_fees_is_all_fees_and_their_tax() -> None:
    level = all_in(usd(1_000), fees=(PLAIN_FEE,), taxes=(CITY,), rounding="half-up")
    rest = discounted(level, level.price.minor - 220, made_by(CITY))
    assert rest.parts == PriceParts(base=0, outside=200, tax=20, tax_added=20)


@pytest.mark.parametrize("moved", [None, PERFORMED_ON + timedelta(days=1)])
def test_a_discount_knows_the_day_for_which_its_list_was_made(
    moved: date | None,
) -> None:
    tax = TaxRule("city", "City", 1_000, valid_until=PERFORMED_ON)
    level = all_in(usd(1_000), fees=(), taxes=(tax,), rounding="half-up")
    assert discounted(level, 550, made_by(tax)).parts == PriceParts(
        500, tax=50, tax_added=50
    )
    elsewhere = replace(made_by(tax), day=moved)
    assert discounted(usd(1_000), 500, elsewhere).parts == PriceParts(500)


def test_a_discount_takes_from_the_base_price_and_shrinks_the_taxes() -> None:
    level = all_in(usd(4_000), fees=(BOOKING,), taxes=(CITY,), rounding="half-up")
    assert level.price.minor == 4_000 + 130 + 413
    half = discounted(level, 2_271, made_by(CITY))
    assert half.price == Money(2_272, "USD")
    assert half.parts == PriceParts(base=1_935, outside=130, tax=207, tax_added=207)
    assert discounted(level, 0, made_by(CITY)) == level


@pytest.mark.parametrize("off", [4_543, 9_999])
def test_a_discount_never_takes_more_than_everything(off: int) -> None:
    level = all_in(usd(4_000), fees=(BOOKING,), taxes=(CITY,), rounding="half-up")
    free = discounted(level, off, made_by(CITY))
    assert (free.price, free.parts) == (Money(0, "USD"), PriceParts(base=0))


H1, H2 = HoldId("1" * 32), HoldId("2" * 32)
LIMITED = on_sale(
    prices=PricesSet(
        prices=(usd(4_500), usd(2_000, "student"), usd(0, "comp")), types=TYPES
    )
)


def hold(
    *ordinals: int,
    types: tuple[str, ...],
    as_: HoldId = H1,
    buyer: BuyerId = ANN,
    at_s: int = 0,
    staff: bool = False,
) -> HoldPlaces:
    return HoldPlaces(
        now=NOON + timedelta(seconds=at_s),
        performance=PERFORMANCE,
        buyer=buyer,
        hold=as_,
        ordinals=ordinals,
        types=types,
        ttl_s=600,
        staff=staff,
    )


def claims(decision: Decision) -> list[tuple[str, int, object]]:
    """Give the claims in a decision, which all stand on their own stream."""
    found = [(w, e) for w, e in decision if isinstance(e, QuotaClaimed)]
    assert {where for where, _ in found} <= {quota_stream(PERFORMANCE)}
    return [(event.price_type, event.count, event.until) for _, event in found]


def test_places_are_held_at_the_price_of_their_type() -> None:
    decision = given(*LIMITED).when(hold(1, 2, types=("adult", "student"))).happened
    placed = next(e for _, e in decision if isinstance(e, CartHoldPlaced))
    told = [(p.price.minor, p.price_type, p.price_list) for p in placed.places]
    assert told == [(4_500, "adult", 0), (2_000, "student", 0)]
    assert claims(decision) == [("student", 1, placed.until)]


def test_a_hold_without_limited_types_claims_nothing() -> None:
    assert claims(given(*LIMITED).when(hold(1, types=())).happened) == []
    assert claims(given(*LIMITED).when(hold(1, types=("adult",))).happened) == []


@pytest.mark.parametrize("code", ["senior", "comp", "Adult", ""])
def test_buyers_take_only_types_that_are_offered_to_them(code: str) -> None:
    command = hold(1, types=(code,))
    given(*LIMITED).when(command).refused(PriceTypeUnknown, price_type=code)


def test_staff_may_take_their_own_types() -> None:
    assert given(*LIMITED).when(hold(1, types=("comp",), staff=True)).happened


def test_a_level_without_a_price_for_the_type_is_refused() -> None:
    one_priced = PricesSet(prices=(usd(4_500),), types=TYPES)
    command = hold(1, types=("student",))
    given(*on_sale(prices=one_priced)).when(command).refused(PriceTypeUnknown)


def test_each_place_has_its_type_or_none_has() -> None:
    given(*LIMITED).when(hold(1, 2, types=("adult",))).refused(Invalid)


TWO = [*LIMITED, *given(*LIMITED).when(hold(1, 2, types=("student",) * 2)).happened]


def test_no_more_places_go_at_a_type_than_its_quota() -> None:
    more = hold(3, 4, types=("student",) * 2, as_=H2, buyer=BOB)
    given(*TWO).when(more).refused(QuotaReached, price_type="student", left=1)
    one = hold(3, 4, types=("student", "adult"), as_=H2, buyer=BOB)
    assert given(*TWO).when(one).happened


def test_a_claim_lapses_with_its_places() -> None:
    three = ("student",) * 3
    early = hold(3, 4, 5, types=three, as_=H2, buyer=BOB, at_s=600)
    given(*TWO).when(early).refused(QuotaReached)
    late = hold(3, 4, 5, types=three, as_=H2, buyer=BOB, at_s=601)
    assert given(*TWO).when(late).happened


def of_hold(kind: Callable[..., Command], at_s: int, **more: object) -> Command:
    now = NOON + timedelta(seconds=at_s)
    return kind(now=now, performance=PERFORMANCE, buyer=ANN, hold=H1, **more)


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (of_hold(ReleaseHold, 60), [("student", 0, 600)]),
        (of_hold(ExpireHold, 601), [("student", 0, 600)]),
        (of_hold(RenewHold, 60, ttl_s=600), [("student", 2, 660)]),
        (of_hold(RenewHold, 0, ttl_s=600), []),
        (of_hold(RemovePlaces, 60, ordinals=(1,)), [("student", 1, 600)]),
        (of_hold(RemovePlaces, 60, ordinals=(1, 2)), [("student", 0, 600)]),
        (
            of_hold(AddPlaces, 60, ordinals=(3,), types=("student",), ttl_s=600),
            [("student", 3, 660)],
        ),
        (
            of_hold(AddPlaces, 60, ordinals=(3,), ttl_s=600),
            [("student", 2, 660)],
        ),
    ],
)
def test_a_claim_follows_its_hold(
    command: Command, expected: list[tuple[str, int, int | None]]
) -> None:
    decision = given(*TWO).when(command).happened
    assert claims(decision) == [
        (price_type, count, None if at is None else NOON + timedelta(seconds=at))
        for price_type, count, at in expected
    ]


def test_a_claim_stays_for_ever_once_its_places_are_sold() -> None:
    facts = told(TWO, place_order(hold=H1))
    sale = settle("captured", 4_000)
    assert claims(given(*facts).when(sale).happened) == [("student", 2, None)]


def test_a_hold_cannot_grow_beyond_the_quota() -> None:
    command = of_hold(AddPlaces, 60, ordinals=(3, 4), types=("student",) * 2, ttl_s=600)
    given(*TWO).when(command).refused(QuotaReached, left=1)


def test_a_lower_quota_does_not_reach_back() -> None:
    none = PriceType(code="student", name="Student", quota=0)
    prices = (usd(4_500), usd(2_000, "student"))
    facts = [*TWO, (AT, PricesSet(prices=prices, types=(ADULT, none)))]
    assert given(*facts).when(of_hold(RenewHold, 60, ttl_s=600)).happened
    more = hold(3, types=("student",), as_=H2, buyer=BOB)
    given(*facts).when(more).refused(QuotaReached, left=0)


def test_a_new_quota_does_not_reach_back() -> None:
    free = PriceType(code="student", name="Student")
    prices = (usd(4_500), usd(2_000, "student"))
    facts = on_sale(prices=PricesSet(prices=prices, types=(ADULT, free)))
    facts += given(*facts).when(hold(1, 2, types=("student",) * 2)).happened
    limited = PriceType(code="student", name="Student", quota=1)
    facts.append((AT, PricesSet(prices=prices, types=(ADULT, limited))))
    placed = told(facts, place_order(hold=H1))
    sale = given(*placed).when(settle("captured", 4_000)).happened
    assert "TicketSold" in [type(event).__name__ for _, event in sale]
    assert claims([*placed[len(facts) :], *sale]) == []
    more = of_hold(AddPlaces, 60, ordinals=(3,), types=("student",), ttl_s=600)
    given(*facts).when(more).refused(QuotaReached)

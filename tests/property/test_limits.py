"""Random carts: whatever buyers do, no cap, limit or quota is ever exceeded."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from boxoffice.application.deciding import quotas
from boxoffice.application.memory import Memory, Overlay
from boxoffice.application.routing import decide
from boxoffice.domain.decider import Decision
from boxoffice.domain.ids import (
    BuyerId,
    HoldId,
    allowance_stream,
    quota_stream,
    ticket_stream,
)
from boxoffice.domain.inventory.commands import (
    AddPlaces,
    ExpireHold,
    HoldPlaces,
    ReleaseHold,
    RemovePlaces,
    RenewHold,
)
from boxoffice.domain.inventory.events import HeldPlace
from boxoffice.domain.inventory.selling import (
    SoldPlace,
    end_hold,
    order_hold,
    return_tickets,
    sell_places,
)
from boxoffice.domain.inventory.state import ALLOWANCE, TICKET, Allowance, CartHold
from boxoffice.domain.message import Command
from boxoffice.domain.money import Money
from boxoffice.domain.pricing.events import LevelPrice, PricesSet, PriceType
from boxoffice.domain.pricing.state import QUOTA, Quota
from boxoffice.errors import NotFound, Refused
from boxoffice.testing import NOON, PERFORMANCE, on_sale

PLACES = 20
QUOTA_MAX = 4
CAP_S = 900
LIMIT = 8
BUYERS = [BuyerId(letter * 32) for letter in "ab"]
HOLDS = [HoldId(f"{number:032x}") for number in range(5)]
STUDENT = PriceType(code="student", name="Student", quota=QUOTA_MAX)
PRICES = PricesSet(
    prices=(
        LevelPrice(0, Money(4_500, "USD")),
        LevelPrice(0, Money(2_000, "USD"), "student"),
    ),
    types=(PriceType(code="adult", name="Adult"), STUDENT),
)
DEEDS = [
    "hold",
    "add",
    "remove",
    "renew",
    "release",
    "expire",
    "order",
    "sell",
    "end",
    "return",
    "wait",
    "wait",
]
STEPS = 60


class House:
    """Facts so far, and what is known of them without asking the rules."""

    def __init__(self) -> None:
        self.facts = Overlay(Memory(families_max=1, orders_max=1, seen=0))
        self.facts.apply(on_sale(places=PLACES, prices=PRICES))
        self.now = NOON

    def buyer(self, hold: HoldId) -> BuyerId:
        return BUYERS[HOLDS.index(hold) % len(BUYERS)]

    def hold(self, name: HoldId) -> CartHold | None:
        return self.allowance(self.buyer(name)).holds.get(name)

    def allowance(self, buyer: BuyerId) -> Allowance:
        where = allowance_stream(PERFORMANCE, buyer)
        state: Allowance = self.facts.state(where, ALLOWANCE)
        return state

    def tickets(self) -> dict[int, Any]:
        return {
            n: self.facts.state(ticket_stream(PERFORMANCE, n), TICKET)
            for n in range(1, PLACES + 1)
        }


def command(
    house: House, deed: str, name: HoldId, places: Sequence[int], types: Sequence[str]
) -> Command | None:
    """Give a buyer's or the sweeper's command, if the deed is one."""
    common: dict[str, Any] = {
        "now": house.now,
        "performance": PERFORMANCE,
        "buyer": house.buyer(name),
        "hold": name,
    }
    chosen: dict[str, Any] = {
        "ordinals": tuple(places),
        "types": tuple(types),
    }
    match deed:
        case "hold":
            return HoldPlaces(**common, **chosen, ttl_s=600, cap_s=CAP_S)
        case "add":
            return AddPlaces(**common, **chosen, ttl_s=600)
        case "remove":
            return RemovePlaces(**common, ordinals=tuple(places))
        case "renew":
            return RenewHold(**common, ttl_s=600)
        case "release":
            return ReleaseHold(**common)
        case "expire":
            return ExpireHold(**common)
    return None


def of_order(house: House, deed: str, hold: CartHold, places: list[int]) -> Decision:
    """Do what an order does with its hold, claims included."""
    name, tickets, now = hold.placed.hold, house.tickets(), house.now
    kept: Sequence[HeldPlace] = hold.places
    until: datetime | None = hold.until
    if deed == "order":
        until = min(hold.cap, now + timedelta(seconds=900))
        decision = order_hold(hold, tickets, order=name, now=now, until=until)
        until = max(until, hold.until)
    elif deed == "sell" and too_late(house, hold):
        return []
    elif deed == "sell":
        decision, until = sell_places(hold, tickets, order=name, now=now), None
    elif deed == "end":
        decision, kept = end_hold(hold, tickets, reason="cancelled"), ()
    else:
        return returned(house, hold, places)
    return decision and decision + quotas.follow(
        house.facts, PERFORMANCE, name, places=kept, until=until, now=now
    )


def too_late(house: House, hold: CartHold) -> bool:
    """Tell whether an overdue hold would now take its buyer above the limit.

    The house sells it all the same when it is paid for, so nothing can be said of that.
    """
    buyer = BuyerId(hold.placed.buyer)
    counted = house.allowance(buyer).places_counted(buyer, house.now)
    return not hold.counts(house.now) and counted + len(hold.places) > LIMIT


def returned(house: House, hold: CartHold, places: list[int]) -> Decision:
    if hold.ended != "sold":
        return []
    sold = [
        SoldPlace(
            PERFORMANCE,
            BuyerId(hold.placed.buyer),
            hold.placed.hold,
            place.ordinal,
            place.section,
            place.category,
            place.price,
        )
        for place in hold.places
        if place.ordinal in places
    ]
    left = [place for place in hold.places if place.ordinal not in places]
    name = hold.placed.hold
    decision = return_tickets(sold, order=name, reason="refunded")
    return decision + quotas.follow(
        house.facts, PERFORMANCE, name, places=left, until=None, now=house.now
    )


def step(
    house: House, deed: str, name: HoldId, places: list[int], types: list[str]
) -> None:
    asked = command(house, deed, name, places, types)
    hold = house.hold(name)
    try:
        if asked is not None:
            house.facts.apply(decide(house.facts, asked))
        elif hold is not None:
            house.facts.apply(of_order(house, deed, hold, places))
    except (Refused, NotFound):
        return


def check(house: House) -> None:
    """Count everything anew, from the tickets and the holds."""
    tickets, now = house.tickets(), house.now
    students = 0
    for buyer in BUYERS:
        allowance = house.allowance(buyer)
        assert allowance.places_counted(buyer, now) <= LIMIT
        for hold in allowance.holds.values():
            assert hold.until <= hold.cap == hold.placed.cap
            if hold.counts(now):
                students += sum(p.price_type == "student" for p in hold.places)
            if hold.order is not None:
                assert all(tickets[p.ordinal].order == hold.order for p in hold.places)
    owners = Counter(
        place.ordinal
        for buyer in BUYERS
        for hold in house.allowance(buyer).holds.values()
        if hold.counts(now)
        for place in hold.places
    )
    assert not owners or max(owners.values()) == 1
    quota: Quota = house.facts.state(quota_stream(PERFORMANCE), QUOTA)
    assert quota.taken("student", now) == students <= QUOTA_MAX


@given(seed=st.integers(0, 1_000_000))
@settings(max_examples=150, deadline=None)
def test_no_sequence_exceeds_a_cap_a_limit_or_a_quota(seed: int) -> None:
    rng = random.Random(seed)
    house = House()
    for _ in range(STEPS):
        deed = rng.choice(DEEDS)
        if deed == "wait":
            house.now += timedelta(seconds=rng.choice([1, 300, 599, 601]))
        else:
            places = rng.sample(range(1, PLACES + 1), rng.randint(1, 6))
            types = rng.choices(["adult", "student"], k=len(places))
            step(house, deed, rng.choice(HOLDS), places, types)
        check(house)

"""Bodies of answers about holds, rendered from facts alone.

The same facts give the same bytes, so a repeated request gets its first answer again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from boxoffice.application.queries.holds import KnownHold
from boxoffice.domain.inventory.events import (
    CartHoldChanged,
    CartHoldPlaced,
    CartHoldReleased,
    CartHoldRenewed,
    HeldPlace,
)
from boxoffice.domain.inventory.state import CartHold
from boxoffice.domain.message import Fact
from boxoffice.domain.money import total
from boxoffice_api.amounts import MoneyView, money

Token = Callable[[int], str]
HoldState = Literal[
    "held", "overdue", "ordered", "released", "expired", "sold", "returned"
]

encode = msgspec.json.Encoder().encode


class PlaceView(msgspec.Struct, frozen=True):
    """A place with its all-in price, for one price type."""

    place: int
    label: str
    section: int
    category: int
    price: MoneyView
    type: str


class HoldView(msgspec.Struct, frozen=True):
    """A hold. It can be ordered until `until`, while its state is `held`.

    It can be renewed until `cap` at most. `order` is the one that was placed for it.
    """

    hold: str
    performance: str
    state: HoldState
    until: datetime
    cap: datetime
    places: list[PlaceView]
    total: MoneyView
    price_list: int
    token: str
    order: str | None = None


class HoldChangeView(msgspec.Struct, frozen=True):
    """What became of a hold: all its places, unless only its deadline changed."""

    hold: str
    performance: str
    state: HoldState
    until: datetime | None
    places: list[PlaceView] | None
    total: MoneyView | None
    token: str


def render_hold(facts: Sequence[Fact], token: Token) -> bytes:
    """Render what placing a hold did."""
    placed = next(f.event for f in facts if isinstance(f.event, CartHoldPlaced))
    hold = CartHold(placed, placed.places, placed.until)
    return encode(_hold_view(hold, "held", token=token(facts[-1].position)))


def render_known_hold(known: KnownHold, now: datetime, token: Token) -> bytes:
    """Render a hold as it is at `now`."""
    state = _state_of(known.hold, now)
    return encode(_hold_view(known.hold, state, token=token(known.position)))


def render_hold_change(facts: Sequence[Fact], performance: str, token: Token) -> bytes:
    """Render what adding, removing or renewing did; something was done."""
    hold: str = ""
    state: HoldState = "held"
    until: datetime | None = None
    places: tuple[HeldPlace, ...] | None = None
    for event in (fact.event for fact in facts):
        if isinstance(event, CartHoldChanged):
            hold, until, places = event.hold, event.until, event.places
        elif isinstance(event, CartHoldRenewed):
            hold, until = event.hold, event.until
        elif isinstance(event, CartHoldReleased) and event.reason != "expired":
            hold, state, places = event.hold, "released", ()
    view = HoldChangeView(
        hold=hold,
        performance=performance,
        state=state,
        until=until,
        places=None if places is None else [_place_view(p) for p in places],
        total=_total(places) if places else None,
        token=token(facts[-1].position),
    )
    return encode(view)


def render_known_change(known: KnownHold, now: datetime, token: Token) -> bytes:
    """Render a hold to who asked for what was so already."""
    view = HoldChangeView(
        hold=known.hold.placed.hold,
        performance=known.hold.placed.performance,
        state=_state_of(known.hold, now),
        until=known.hold.until,
        places=[_place_view(place) for place in known.hold.places],
        total=_total(known.hold.places) if known.hold.places else None,
        token=token(known.position),
    )
    return encode(view)


def _state_of(hold: CartHold, now: datetime) -> HoldState:
    match hold.ended:
        case "sold" | "returned" | "expired":
            return hold.ended
        case None if hold.ordered is not None:
            return "ordered"
        case None:
            return "held" if now <= hold.until else "overdue"
        case _:
            return "released"


def _hold_view(hold: CartHold, state: HoldState, *, token: str) -> HoldView:
    placed = hold.placed
    return HoldView(
        hold=placed.hold,
        performance=placed.performance,
        state=state,
        until=hold.until,
        cap=placed.cap,
        places=[_place_view(place) for place in hold.places],
        total=_total(hold.places or placed.places),
        price_list=placed.places[0].price_list,
        token=token,
        order=hold.order or hold.ordered,
    )


def _place_view(place: HeldPlace) -> PlaceView:
    return PlaceView(
        place.ordinal,
        place.label,
        place.section,
        place.category,
        money(place.price),
        place.price_type,
    )


def _total(places: Sequence[HeldPlace]) -> MoneyView:
    prices = [place.price for place in places]
    return money(total(prices, prices[0].currency))

"""Bodies of answers about holds and orders, rendered from facts alone.

The same facts give the same bytes, so a repeated request gets its first answer again.
A change that alters the bytes of old facts gets a new number in `RENDERER`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Literal

import msgspec

from boxoffice.application.queries.holds import KnownHold
from boxoffice.application.queries.orders import confirmed_order
from boxoffice.domain.inventory.events import CartHoldPlaced
from boxoffice.domain.message import Fact
from boxoffice.domain.money import Money, total
from boxoffice.domain.orders.events import OrderConfirmed

RENDERER = 1
Token = Callable[[int], str]
HoldState = Literal["held", "overdue", "released", "expired", "sold"]

encode = msgspec.json.Encoder().encode


class MoneyView(msgspec.Struct, frozen=True):
    """An amount in minor units of its ISO 4217 currency."""

    minor: int
    currency: str


class PlaceView(msgspec.Struct, frozen=True):
    """A place with its all-in price."""

    place: int
    label: str
    section: int
    category: int
    price: MoneyView


class HoldView(msgspec.Struct, frozen=True):
    """A hold. It can be paid until `until`, while its state is `held`."""

    hold: str
    performance: str
    state: HoldState
    until: datetime
    places: list[PlaceView]
    total: MoneyView
    price_list: int
    token: str
    order: str | None = None


class LineView(msgspec.Struct, frozen=True):
    """One ticket of an order."""

    place: int
    label: str
    category: int
    price: MoneyView


class OrderView(msgspec.Struct, frozen=True):
    """A confirmed order."""

    order: str
    performance: str
    hold: str
    confirmed_at: datetime
    lines: list[LineView]
    total: MoneyView
    token: str


def render_hold(facts: Sequence[Fact], token: Token) -> bytes:
    """Render what placing a hold did."""
    placed = next(f.event for f in facts if isinstance(f.event, CartHoldPlaced))
    view = _hold_view(placed, "held", order=None, token=token(facts[-1].position))
    return encode(view)


def render_known_hold(known: KnownHold, now: datetime, token: Token) -> bytes:
    """Render a hold as it is at `now`."""
    hold = known.hold
    state: HoldState = "held" if now <= hold.placed.until else "overdue"
    if hold.order is not None:
        state = "sold"
    elif hold.ended is not None:
        state = "released" if hold.ended == "released" else "expired"
    return encode(
        _hold_view(hold.placed, state, order=hold.order, token=token(known.position))
    )


def render_order(facts: Sequence[Fact], token: Token) -> bytes:
    """Render an order from the facts that made it."""
    fact = confirmed_order(facts)
    event = fact.event
    assert isinstance(event, OrderConfirmed)
    view = OrderView(
        order=event.order,
        performance=event.performance,
        hold=event.hold,
        confirmed_at=fact.recorded_at.astimezone(UTC),
        lines=[
            LineView(line.ordinal, line.label, line.category, money(line.price))
            for line in event.lines
        ],
        total=money(event.total),
        token=token(fact.position),
    )
    return encode(view)


def money(amount: Money) -> MoneyView:
    """Show an amount."""
    return MoneyView(amount.minor, amount.currency)


def _hold_view(
    placed: CartHoldPlaced, state: HoldState, *, order: str | None, token: str
) -> HoldView:
    prices = [place.price for place in placed.places]
    return HoldView(
        hold=placed.hold,
        performance=placed.performance,
        state=state,
        until=placed.until,
        places=[
            PlaceView(p.ordinal, p.label, p.section, p.category, money(p.price))
            for p in placed.places
        ],
        total=money(total(prices, prices[0].currency)),
        price_list=placed.places[0].price_list,
        token=token,
        order=order,
    )

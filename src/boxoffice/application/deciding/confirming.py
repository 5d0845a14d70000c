"""How an order gets its tickets: from its own hold, or anew for late money."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from boxoffice.application.deciding import places
from boxoffice.application.deciding.draft import Draft
from boxoffice.application.deciding.ending import discount_of
from boxoffice.domain.ids import (
    BuyerId,
    CustomerId,
    HoldId,
    PerformanceId,
    promotion_stream,
    promotion_use_stream,
)
from boxoffice.domain.inventory.alternatives import alternative_places
from boxoffice.domain.inventory.selling import HoldFor
from boxoffice.domain.money import Money
from boxoffice.domain.orders import decide as orders
from boxoffice.domain.orders.events import AlternativeOffered, OrderLine
from boxoffice.domain.promotions import decide as promotions
from boxoffice.domain.promotions.state import PROMOTION, PROMOTION_USE
from boxoffice.errors import OfferOver, SeatsUnavailable


def confirm(draft: Draft, *, now: datetime) -> None:
    """Sell the hold of a placed order.

    Raises:
        HoldExpired, PerformanceOff, QuotaReached, NotFound: it cannot be sold any more.
    """
    order = draft.order
    hold = places.hold_of(draft, order.performance, order.buyer, order.hold)
    places.sell(draft, hold, order.lines, now=now)
    draft.tell(orders.confirmed(order, at=now))


def confirm_offer(draft: Draft, *, now: datetime) -> None:
    """Sell the places that were offered for late money."""
    order = draft.order
    name = orders.open_offer(order, now)
    if order.offer is None or draft.performance(order.performance).has_begun(now):
        raise OfferOver
    lines = order.offer.lines
    hold = places.hold_of(draft, order.performance, order.buyer, name)
    places.sell(draft, hold, lines, now=now)
    draft.tell(orders.confirmed(order, at=now, hold=name, lines=lines))


def sell_anew(draft: Draft, spare: HoldId, *, now: datetime) -> None:
    """Bring an order back to life: its own places are free, or somebody tidied up late.

    Raises:
        Refused: one of the places is taken, or a limit has been used up meanwhile.
    """
    order = draft.order
    _redeem_again(draft, now=now)
    places.keep_anew(draft, _hold(draft, spare, order.lines), now=now, until=None)
    draft.tell(orders.confirmed(order, at=now, hold=spare))


def offer_others(draft: Draft, spare: HoldId, *, now: datetime, spare_s: int) -> None:
    """Keep other places of the same kind, for the buyer to accept before it begins.

    Raises:
        Refused: there are none, or a limit has been used up meanwhile.
    """
    order = draft.order
    lines = _others(draft, now)
    until = now + timedelta(seconds=spare_s)
    starts_at = draft.performance(order.performance).starts_at
    until = min(until, starts_at or until)
    _redeem_again(draft, now=now)
    places.keep_anew(draft, _hold(draft, spare, lines), now=now, until=until)
    draft.tell(
        AlternativeOffered(
            order=order.code,
            performance=order.performance,
            buyer=order.buyer,
            hold=spare,
            lines=lines,
            until=until,
        )
    )


def _hold(draft: Draft, spare: HoldId, lines: tuple[OrderLine, ...]) -> HoldFor:
    order = draft.order
    return HoldFor(
        performance=PerformanceId(order.performance),
        buyer=BuyerId(order.buyer),
        hold=spare,
        order=order.code,
        places=places.held_places(lines),
    )


def _others(draft: Draft, now: datetime) -> tuple[OrderLine, ...]:
    order = draft.order

    def is_free(ordinal: int) -> bool:
        ticket = places.tickets_at(draft, order.performance, [ordinal])[ordinal]
        return not ticket.taken(now)

    house = draft.performance(order.performance).places
    found = alternative_places(places.held_places(order.lines), house, is_free)
    if found is None:
        raise SeatsUnavailable
    return tuple(
        replace(line, ordinal=p.ordinal, section=p.section, label=p.label)
        for line, p in zip(order.lines, found, strict=True)
    )


def _redeem_again(draft: Draft, *, now: datetime) -> None:
    order = draft.order
    if order.promotion is not None:
        redeem(
            draft,
            order.promotion,
            customer=order.customer,
            performance=order.performance,
            discount=discount_of(order),
            now=now,
        )


def redeem(
    draft: Draft,
    code: str,
    *,
    customer: str,
    performance: str,
    discount: Money,
    now: datetime,
) -> None:
    """Take the discount of the order out of the budget of a code."""
    who = CustomerId(customer)
    wanted = promotions.Redemption(draft.code, who, performance, discount)
    promotion = draft.state(promotion_stream(code), PROMOTION)
    use = draft.state(promotion_use_stream(code, who), PROMOTION_USE)
    draft.add(promotions.redeem(promotion, use, wanted, now=now))

"""What an order does with places: each step as a whole, claims on quotas included.

Every function adds its facts to the draft or raises what its rule raises; `tried` turns
the raising into an answer and leaves the draft as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from boxoffice.application.deciding import quotas
from boxoffice.application.deciding.draft import Draft
from boxoffice.domain.ids import (
    BuyerId,
    PerformanceId,
    allowance_stream,
    price_list_stream,
    ticket_stream,
)
from boxoffice.domain.inventory import selling
from boxoffice.domain.inventory.decide import PLACES_PER_BUYER_MAX, own_hold
from boxoffice.domain.inventory.events import (
    HeldPlace,
    ReleaseReason,
    ReturnReason,
)
from boxoffice.domain.inventory.selling import HoldFor, SoldPlace
from boxoffice.domain.inventory.state import ALLOWANCE, TICKET, Allowance, CartHold
from boxoffice.domain.orders.events import OrderLine
from boxoffice.domain.orders.state import OrderTicket
from boxoffice.domain.pricing.calculation import parts_of
from boxoffice.domain.pricing.state import PRICE_LIST, PriceList
from boxoffice.errors import (
    AlreadyExists,
    HoldLimitReached,
    NotForSale,
    PerformanceOff,
    Refused,
)

Tickets = selling.Tickets
MIXED = "mixed"
"""The rounding of an order whose places come from lists that round differently."""


def tried(draft: Draft, step: Callable[[], None]) -> bool:
    """Take a step if the rules allow it; tell whether it was taken."""
    mark = len(draft.decision)
    try:
        step()
    except Refused:
        draft.back_to(mark)
        return False
    return True


def hold_of(draft: Draft, performance: str, buyer: str, name: str) -> CartHold:
    """Give a hold of a buyer; there is none where nobody remembers it."""
    of = PerformanceId(performance)
    state = draft.state(allowance_stream(of, BuyerId(buyer)), ALLOWANCE)
    return own_hold(state, buyer=buyer, hold=name)


def standing_hold(
    draft: Draft, performance: str, buyer: str, name: str, *, now: datetime
) -> CartHold:
    """Give a hold of a buyer that stands and that no order has yet."""
    hold = hold_of(draft, performance, buyer, name)
    selling.check_standing(hold, tickets_of(draft, hold), now)
    return hold


def tickets_at(draft: Draft, performance: str, ordinals: Iterable[int]) -> Tickets:
    """Give the tickets of places, by ordinal."""
    of = PerformanceId(performance)
    return {o: draft.state(ticket_stream(of, o), TICKET) for o in ordinals}


def tickets_of(draft: Draft, hold: CartHold) -> Tickets:
    """Give the tickets of the places of a hold."""
    ordinals = (place.ordinal for place in hold.places)
    return tickets_at(draft, hold.placed.performance, ordinals)


def price_list(draft: Draft, performance: str) -> PriceList:
    """Give the price list of a performance."""
    where = price_list_stream(PerformanceId(performance))
    state: PriceList = draft.state(where, PRICE_LIST)
    return state


def lines_of(draft: Draft, hold: CartHold) -> tuple[OrderLine, ...]:
    """Give the lines for a hold: its frozen prices with what they are made of."""
    prices = price_list(draft, hold.placed.performance)
    return tuple(
        OrderLine(
            performance=hold.placed.performance,
            ordinal=place.ordinal,
            section=place.section,
            category=place.category,
            label=place.label,
            price=place.price,
            price_type=place.price_type,
            price_list=place.price_list,
            parts=parts_of(
                prices.level(place.price_list, place.category, place.price_type)
            ),
        )
        for place in hold.places
    )


def check_for_sale(draft: Draft, hold: CartHold) -> None:
    """Refuse to sell what is given away only, by authority of somebody.

    Raises:
        NotForSale: names the places.
    """
    prices = price_list(draft, hold.placed.performance)
    given = [
        place.ordinal
        for place in hold.places
        if prices.is_given(place.price_list, place.price_type, place.price)
    ]
    if given:
        raise NotForSale(places=given)


def rounding_of(draft: Draft, hold: CartHold) -> str:
    """Give how the prices of a hold were rounded, or that they were not all alike.

    Each place names its list, and the list says how.
    """
    lists = price_list(draft, hold.placed.performance).lists
    modes = {lists[place.price_list].rounding for place in hold.places}
    return modes.pop() if len(modes) == 1 else MIXED


def leave_to_order(
    draft: Draft, hold: CartHold, *, now: datetime, until: datetime
) -> None:
    """Leave a standing hold to the order, until `until` if that is later."""
    performance = hold.placed.performance
    if draft.performance(performance).cancelled:
        raise PerformanceOff
    tickets = tickets_of(draft, hold)
    draft.add(selling.order_hold(hold, tickets, order=draft.code, now=now, until=until))
    if until > hold.until:
        claim(draft, hold, hold.places, until=until, now=now)


def sell(
    draft: Draft, hold: CartHold, lines: Iterable[OrderLine], *, now: datetime
) -> None:
    """Sell all places of a hold to the order at the prices of its lines."""
    performance = hold.placed.performance
    if draft.performance(performance).cancelled:
        raise PerformanceOff
    draft.add(
        selling.sell_places(
            hold,
            tickets_of(draft, hold),
            order=draft.code,
            now=now,
            agreed={line.ordinal: (line.price, line.price_type) for line in lines},
        )
    )
    claim(draft, hold, hold.places, until=None, now=now)


def free(draft: Draft, hold: CartHold, reason: ReleaseReason, *, now: datetime) -> None:
    """Free what a hold still has."""
    facts = selling.end_hold(hold, tickets_of(draft, hold), reason=reason)
    draft.add(facts)
    if facts:
        claim(draft, hold, (), until=hold.until, now=now)


def take_back(
    draft: Draft,
    tickets: Sequence[OrderTicket],
    reason: ReturnReason,
    *,
    now: datetime,
) -> None:
    """Make sold places the house's again."""
    places = [_sold_place(ticket) for ticket in tickets]
    # Read first: a hold that has nothing left may be forgotten at once.
    holds = {
        (of, name): hold_of(draft, of, buyer, name)
        for of, buyer, name in dict.fromkeys(
            (place.performance, place.buyer, place.hold) for place in places
        )
    }
    draft.add(selling.return_tickets(places, order=draft.code, reason=reason))
    gone = {(place.performance, place.ordinal) for place in places}
    for (of, _), hold in holds.items():
        left = [place for place in hold.places if (of, place.ordinal) not in gone]
        claim(draft, hold, left, until=None, now=now)


def _sold_place(ticket: OrderTicket) -> SoldPlace:
    line = ticket.line
    return SoldPlace(
        performance=PerformanceId(line.performance),
        buyer=BuyerId(ticket.buyer),
        hold=ticket.hold,
        ordinal=line.ordinal,
        section=line.section,
        category=line.category,
        price=line.price,
        price_type=line.price_type,
    )


def keep_anew(
    draft: Draft,
    hold: HoldFor,
    *,
    now: datetime,
    until: datetime | None,
) -> None:
    """Keep free places until `until`, or sell them at once, in a hold of our own.

    Raises:
        SeatsUnavailable, HoldLimitReached, QuotaReached, AlreadyExists: not these.
    """
    where = allowance_stream(hold.performance, hold.buyer)
    allowance: Allowance = draft.state(where, ALLOWANCE)
    if hold.hold in allowance.holds:
        raise AlreadyExists("This hold exists already.")
    counted = allowance.places_counted(hold.buyer, now)
    if counted + len(hold.places) > PLACES_PER_BUYER_MAX:
        raise HoldLimitReached(places_max=PLACES_PER_BUYER_MAX, places_counted=counted)
    tickets = tickets_at(draft, hold.performance, (p.ordinal for p in hold.places))
    if until is None:
        draft.add(selling.sell_anew(hold, tickets, now=now))
    else:
        draft.add(selling.hold_spare(hold, tickets, now=now, until=until))
    made = hold_of(draft, hold.performance, hold.buyer, hold.hold)
    claim(draft, made, hold.places, until=until, now=now, added=hold.places)


def held_places(lines: Iterable[OrderLine]) -> tuple[HeldPlace, ...]:
    """Give the places of lines as a hold has them, at what is paid for them."""
    return tuple(
        HeldPlace(
            line.ordinal,
            line.section,
            line.category,
            line.label,
            line.price,
            line.price_type,
            line.price_list,
        )
        for line in lines
    )


def claim(
    draft: Draft,
    hold: CartHold,
    places: Sequence[HeldPlace],
    *,
    until: datetime | None,
    now: datetime,
    added: Sequence[HeldPlace] = (),
) -> None:
    """Make the claims of a hold on limited price types say what it has now."""
    of = PerformanceId(hold.placed.performance)
    facts = quotas.follow(
        draft,
        of,
        hold.placed.hold,
        places=places,
        until=until,
        now=now,
        added=added,
    )
    draft.add(facts)

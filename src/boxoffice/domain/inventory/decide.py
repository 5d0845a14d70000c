"""Rules of cart holds: all or nothing, never the same place twice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from boxoffice.domain.decider import Decision
from boxoffice.domain.ids import (
    allowance_stream,
    ticket_stream,
)
from boxoffice.domain.inventory.commands import (
    ExpireHold,
    HoldPlaces,
    PurchaseHold,
    ReleaseHold,
)
from boxoffice.domain.inventory.events import (
    CartHoldConverted,
    CartHoldPlaced,
    CartHoldReleased,
    HeldPlace,
    ReleaseReason,
    TicketHeld,
    TicketReleased,
    TicketSold,
)
from boxoffice.domain.inventory.state import (
    FREE,
    TAKEOVER_GRACE,
    Allowance,
    CartHold,
    SaleTerms,
    Ticket,
    held_price,
)
from boxoffice.errors import (
    AlreadyExists,
    HoldExpired,
    HoldLimitReached,
    HoldNotOpen,
    Invalid,
    NotFound,
    NotPriced,
    SaleNotOpen,
    SeatsUnavailable,
    UnknownPlace,
)

PLACES_PER_BUYER_MAX = 8
"""Held and bought together, at one performance."""


def hold_places(
    terms: SaleTerms,
    allowance: Allowance,
    tickets: Mapping[int, Ticket],
    command: HoldPlaces,
) -> Decision:
    """Keep every named place or none.

    A party that cannot sit together must choose again, so one taken place refuses
    the whole request and every taken place is named. An expired hold is simply
    taken over: its end is recorded in the same append.
    """
    _check_request(terms, allowance, command)
    if any(tickets[o].taken(command.now) for o in command.ordinals):
        taken = [o for o in command.ordinals if tickets[o].taken(command.now)]
        raise SeatsUnavailable(
            _taken_text([terms.places[o].label for o in taken]), places=taken
        )
    until = command.now + timedelta(seconds=command.ttl_s)
    places = tuple(terms.places[ordinal] for ordinal in command.ordinals)
    decision: Decision = []
    for place in places:
        stream = ticket_stream(command.performance, place.ordinal)
        before = tickets[place.ordinal]
        if before.hold is not None:
            decision.append((stream, _freed(before.hold, place, "expired")))
        decision.append((stream, _held(command.hold, place, until)))
    placed = CartHoldPlaced(
        hold=command.hold,
        buyer=command.buyer,
        performance=command.performance,
        places=places,
        until=until,
        cap=command.now + timedelta(seconds=command.cap_s),
    )
    decision.append((allowance_stream(command.performance, command.buyer), placed))
    return decision


def _check_request(terms: SaleTerms, allowance: Allowance, command: HoldPlaces) -> None:
    ordinals = command.ordinals
    if not ordinals or len(set(ordinals)) != len(ordinals):
        raise Invalid("Name between one and eight different places.")
    if not terms.on_sale:
        raise SaleNotOpen
    if command.hold in allowance.holds:
        raise AlreadyExists("This hold exists already.")
    unknown = [o for o in ordinals if o not in terms.places]
    if unknown:
        if terms.unpriced.issuperset(unknown):
            raise NotPriced(places=unknown)
        raise UnknownPlace(places=unknown)
    counted = allowance.places_counted(command.buyer, command.now)
    if counted + len(ordinals) > PLACES_PER_BUYER_MAX:
        raise HoldLimitReached(places_max=PLACES_PER_BUYER_MAX, places_counted=counted)


def _taken_text(labels: list[str]) -> str:
    if len(labels) == 1:
        return f"{labels[0]} is no longer free; choose another place."
    return f"{', '.join(labels)} are no longer free; choose others."


def _held(hold: str, place: HeldPlace, until: datetime) -> TicketHeld:
    return TicketHeld(
        hold=hold,
        section=place.section,
        category=place.category,
        price=place.price,
        until=until,
    )


def _freed(hold: str, place: HeldPlace, reason: ReleaseReason) -> TicketReleased:
    return TicketReleased(
        hold=hold, section=place.section, category=place.category, reason=reason
    )


def own_hold(allowance: Allowance, *, buyer: str, hold: str) -> CartHold:
    """Give a buyer's hold; another's hold is as good as none."""
    found = allowance.holds.get(hold)
    if found is None or found.placed.buyer != buyer:
        raise NotFound("There is no such hold.")
    return found


def release_hold(
    hold: CartHold, tickets: Mapping[int, Ticket], command: ReleaseHold
) -> Decision:
    """Give the places back; a hold that ended already changes nothing."""
    if hold.order is not None:
        raise HoldNotOpen("These places are sold; they cannot be released.")
    if hold.ended is not None:
        return []
    return _ended(hold, tickets, command, reason="released")


def expire_hold(
    hold: CartHold, tickets: Mapping[int, Ticket], command: ExpireHold
) -> Decision:
    """Free what is overdue; a hold that is not due or has ended changes nothing."""
    due = command.now >= hold.until + TAKEOVER_GRACE
    if hold.ended is not None or not due:
        return []
    return _ended(hold, tickets, command, reason="expired")


def _ended(
    hold: CartHold,
    tickets: Mapping[int, Ticket],
    command: ReleaseHold | ExpireHold,
    *,
    reason: ReleaseReason,
) -> Decision:
    decision: Decision = [
        (ticket_stream(command.performance, p.ordinal), _freed(command.hold, p, reason))
        for p in hold.places
        if tickets.get(p.ordinal, FREE).hold == command.hold
    ]
    event = CartHoldReleased(hold=command.hold, buyer=command.buyer, reason=reason)
    decision.append((allowance_stream(command.performance, command.buyer), event))
    return decision


def sell_hold(
    hold: CartHold, tickets: Mapping[int, Ticket], command: PurchaseHold
) -> Decision:
    """Sell every place of a hold that still stands, at its frozen prices."""
    if hold.ended in ("released", "expired"):
        raise HoldExpired
    if hold.order is not None:
        raise HoldNotOpen(order=hold.order)
    places = hold.places
    lost = any(tickets[p.ordinal].hold != command.hold for p in places)
    if lost or command.now > hold.until:
        raise HoldExpired
    if command.approval.amount != held_price(hold):
        raise Invalid("The payment does not match the price of the hold.")
    decision: Decision = [
        (ticket_stream(command.performance, p.ordinal), _sold(p, command))
        for p in places
    ]
    converted = CartHoldConverted(
        hold=command.hold, buyer=command.buyer, order=command.order
    )
    decision.append((allowance_stream(command.performance, command.buyer), converted))
    return decision


def _sold(place: HeldPlace, command: PurchaseHold) -> TicketSold:
    return TicketSold(
        hold=command.hold,
        order=command.order,
        section=place.section,
        category=place.category,
        price=place.price,
    )

"""Rules of cart holds: all or nothing, never the same place twice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from boxoffice.domain.decider import Decision
from boxoffice.domain.ids import allowance_stream, ticket_stream
from boxoffice.domain.inventory.commands import (
    AddPlaces,
    ExpireHold,
    HoldPlaces,
    ReleaseHold,
)
from boxoffice.domain.inventory.events import CartHoldPlaced
from boxoffice.domain.inventory.facts import freed, held
from boxoffice.domain.inventory.selling import end_hold
from boxoffice.domain.inventory.state import (
    TAKEOVER_GRACE,
    Allowance,
    CartHold,
    SaleTerms,
    Ticket,
)
from boxoffice.errors import (
    AlreadyExists,
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
    if command.hold in allowance.holds:
        raise AlreadyExists("This hold exists already.")
    check_choice(terms, allowance, tickets, command)
    until = first_deadline(command)
    places = tuple(terms.places[ordinal] for ordinal in command.ordinals)
    decision: Decision = []
    for place in places:
        stream = ticket_stream(command.performance, place.ordinal)
        before = tickets[place.ordinal]
        if before.hold is not None:
            decision.append((stream, freed(before.hold, place, "expired")))
        decision.append((stream, held(command.hold, place, until)))
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


def first_deadline(command: HoldPlaces) -> datetime:
    """Give the moment until which a new hold stands."""
    return command.now + timedelta(seconds=min(command.ttl_s, command.cap_s))


def check_choice(
    terms: SaleTerms,
    allowance: Allowance,
    tickets: Mapping[int, Ticket],
    command: HoldPlaces | AddPlaces,
) -> None:
    """Refuse places that cannot be given to this buyer now, naming every one."""
    ordinals = command.ordinals
    if not ordinals or len(set(ordinals)) != len(ordinals):
        raise Invalid("Name between one and eight different places.")
    if not terms.on_sale:
        raise SaleNotOpen
    unknown = [o for o in ordinals if o not in terms.places]
    if unknown:
        if terms.unpriced.issuperset(unknown):
            raise NotPriced(places=unknown)
        raise UnknownPlace(places=unknown)
    counted = allowance.places_counted(command.buyer, command.now)
    if counted + len(ordinals) > PLACES_PER_BUYER_MAX:
        raise HoldLimitReached(places_max=PLACES_PER_BUYER_MAX, places_counted=counted)
    taken = [o for o in ordinals if tickets[o].taken(command.now)]
    if taken:
        labels = [terms.places[ordinal].label for ordinal in taken]
        raise SeatsUnavailable(_taken_text(labels), places=taken)


def _taken_text(labels: list[str]) -> str:
    if len(labels) == 1:
        return f"{labels[0]} is no longer free; choose another place."
    return f"{', '.join(labels)} are no longer free; choose others."


def own_hold(allowance: Allowance, *, buyer: str, hold: str) -> CartHold:
    """Give a buyer's hold; another's hold is as good as none."""
    found = allowance.holds.get(hold)
    if found is None or found.placed.buyer != buyer:
        raise NotFound("There is no such hold.")
    return found


def release_hold(
    hold: CartHold, tickets: Mapping[int, Ticket], _command: ReleaseHold
) -> Decision:
    """Give the places back; a hold that ended already changes nothing."""
    if hold.order is not None:
        raise HoldNotOpen("These places are sold; they cannot be released.")
    if hold.ended is None and hold.ordered is not None:
        raise HoldNotOpen("There is an order for these places.", order=hold.ordered)
    return end_hold(hold, tickets, reason="released")


def expire_hold(
    hold: CartHold, tickets: Mapping[int, Ticket], command: ExpireHold
) -> Decision:
    """Free what is overdue; a hold that is not due, ordered or over changes nothing."""
    if hold.ordered is not None or command.now < hold.until + TAKEOVER_GRACE:
        return []
    return end_hold(hold, tickets, reason="expired")

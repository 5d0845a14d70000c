"""Rules of a cart: add, take out, renew, always under the hold's cap."""

from __future__ import annotations

from datetime import datetime, timedelta

from boxoffice.domain.decider import Decision
from boxoffice.domain.ids import ticket_stream
from boxoffice.domain.inventory.commands import AddPlaces, RemovePlaces, RenewHold
from boxoffice.domain.inventory.decide import check_choice
from boxoffice.domain.inventory.events import (
    CartHoldChanged,
    CartHoldRenewed,
)
from boxoffice.domain.inventory.facts import (
    allowance_at,
    freed,
    given_to,
    renewed,
)
from boxoffice.domain.inventory.selling import Tickets, check_standing, end_hold
from boxoffice.domain.inventory.state import Allowance, CartHold, SaleTerms
from boxoffice.errors import Invalid, UnknownPlace


def add_places(
    terms: SaleTerms,
    allowance: Allowance,
    hold: CartHold,
    tickets: Tickets,
    *,
    command: AddPlaces,
) -> Decision:
    """Put more places into a standing hold, or none; done, all of it is renewed."""
    check_standing(hold, tickets, command.now)
    check_choice(terms, allowance, tickets, command)
    until = later(hold, now=command.now, ttl_s=command.ttl_s)
    decision = renewed(hold, until) if until > hold.until else []
    added = tuple(terms.places[ordinal] for ordinal in command.ordinals)
    for place in added:
        decision += given_to(
            command.performance,
            tickets[place.ordinal],
            place,
            hold=command.hold,
            until=until,
        )
    changed = CartHoldChanged(
        hold=command.hold,
        buyer=command.buyer,
        places=hold.places + added,
        until=until,
    )
    return [*decision, (allowance_at(hold), changed)]


def later(hold: CartHold, *, now: datetime, ttl_s: int) -> datetime:
    """Give the deadline of a renewed hold: within its cap, and never an earlier one."""
    return max(hold.until, min(now + timedelta(seconds=ttl_s), hold.cap))


def remove_places(
    hold: CartHold, tickets: Tickets, *, command: RemovePlaces
) -> Decision:
    """Free some places of a standing hold; without places it ends."""
    check_standing(hold, tickets, command.now)
    gone = frozenset(command.ordinals)
    if not gone or len(gone) != len(command.ordinals):
        raise Invalid("Name the places to take out, each once.")
    foreign = gone.difference(place.ordinal for place in hold.places)
    if foreign:
        unknown = sorted(foreign)
        raise UnknownPlace("The hold does not have these places.", places=unknown)
    left = tuple(place for place in hold.places if place.ordinal not in gone)
    if not left:
        return end_hold(hold, tickets, reason="removed")
    decision: Decision = [
        (
            ticket_stream(command.performance, place.ordinal),
            freed(command.hold, place, "removed"),
        )
        for place in hold.places
        if place.ordinal in gone
    ]
    changed = CartHoldChanged(
        hold=command.hold, buyer=command.buyer, places=left, until=hold.until
    )
    return [*decision, (allowance_at(hold), changed)]


def renew_hold(hold: CartHold, tickets: Tickets, *, command: RenewHold) -> Decision:
    """Keep a standing hold for longer; at its cap nothing changes."""
    check_standing(hold, tickets, command.now)
    until = later(hold, now=command.now, ttl_s=command.ttl_s)
    if until == hold.until:
        return []
    event = CartHoldRenewed(hold=command.hold, buyer=command.buyer, until=until)
    return [*renewed(hold, until), (allowance_at(hold), event)]

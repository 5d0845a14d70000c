"""Roads to the rules of cart holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from boxoffice.application.deciding import quotas
from boxoffice.application.deciding.terms import terms_of
from boxoffice.application.deciding.view import Road, Roads, View
from boxoffice.domain.catalogue.state import PERFORMANCE, Performance
from boxoffice.domain.decider import Decision
from boxoffice.domain.ids import (
    Family,
    PerformanceId,
    allowance_stream,
    family,
    performance_stream,
    ticket_stream,
)
from boxoffice.domain.inventory import changing
from boxoffice.domain.inventory import decide as inventory
from boxoffice.domain.inventory.alternatives import alternative_places
from boxoffice.domain.inventory.commands import (
    AddPlaces,
    ExpireHold,
    HoldPlaces,
    ReleaseHold,
    RemovePlaces,
    RenewHold,
)
from boxoffice.domain.inventory.events import HeldPlace
from boxoffice.domain.inventory.state import ALLOWANCE, TICKET, CartHold, Ticket

_OfHold = AddPlaces | RemovePlaces | RenewHold | ReleaseHold | ExpireHold


def hold_places(view: View, command: HoldPlaces) -> Decision:
    """Decide on a hold."""
    of = command.performance
    terms, limited = terms_of(view, command)
    tickets = {o: _ticket(view, of, o) for o in command.ordinals if o in terms.places}
    allowance = view.state(allowance_stream(of, command.buyer), ALLOWANCE)
    decision = inventory.hold_places(terms, allowance, tickets, command)
    if limited:
        places = tuple(terms.places.values())
        decision += quotas.follow(
            view,
            of,
            command.hold,
            places=places,
            added=places,
            until=inventory.first_deadline(command),
            now=command.now,
        )
    return decision


def add_places(view: View, command: AddPlaces) -> Decision:
    """Decide on more places for a hold."""
    of, now = command.performance, command.now
    hold = _own_hold(view, command)
    terms, _ = terms_of(view, command)
    tickets = _tickets(view, command, hold)
    tickets |= {ordinal: _ticket(view, of, ordinal) for ordinal in terms.places}
    allowance = view.state(allowance_stream(of, command.buyer), ALLOWANCE)
    decision = changing.add_places(terms, allowance, hold, tickets, command=command)
    added = tuple(terms.places.values())
    return decision + quotas.follow(
        view,
        of,
        command.hold,
        places=hold.places + added,
        added=added,
        until=changing.later(hold, now=now, ttl_s=command.ttl_s),
        now=now,
    )


def remove_places(view: View, command: RemovePlaces) -> Decision:
    """Decide on taking places out of a hold."""
    hold = _own_hold(view, command)
    tickets = _tickets(view, command, hold)
    decision = changing.remove_places(hold, tickets, command=command)
    left = [p for p in hold.places if p.ordinal not in command.ordinals]
    return decision + _follow(view, command, left, hold.until)


def renew_hold(view: View, command: RenewHold) -> Decision:
    """Decide on keeping a hold for longer."""
    hold = _own_hold(view, command)
    tickets = _tickets(view, command, hold)
    decision = changing.renew_hold(hold, tickets, command=command)
    until = changing.later(hold, now=command.now, ttl_s=command.ttl_s)
    return decision and decision + _follow(view, command, hold.places, until)


def release_hold(view: View, command: ReleaseHold) -> Decision:
    """Decide on giving places back."""
    hold = _own_hold(view, command)
    tickets = _tickets(view, command, hold)
    decision = inventory.release_hold(hold, tickets, command)
    return decision and decision + _follow(view, command, (), hold.until)


def expire_hold(view: View, command: ExpireHold) -> Decision:
    """Decide on tidying a hold up."""
    hold = _own_hold(view, command)
    tickets = _tickets(view, command, hold)
    decision = inventory.expire_hold(hold, tickets, command)
    return decision and decision + _follow(view, command, (), hold.until)


def alternatives(
    view: View, of: PerformanceId, lost: Sequence[HeldPlace], *, now: datetime
) -> tuple[HeldPlace, ...] | None:
    """Give free places like those that were lost, or None when there are too few."""
    performance: Performance = view.state(performance_stream(of), PERFORMANCE)

    def is_free(ordinal: int) -> bool:
        return not _ticket(view, of, ordinal).taken(now)

    return alternative_places(lost, performance.places, is_free)


def _ticket(view: View, of: PerformanceId, ordinal: int) -> Ticket:
    state: Ticket = view.state(ticket_stream(of, ordinal), TICKET)
    return state


def _own_hold(view: View, command: _OfHold) -> CartHold:
    where = allowance_stream(command.performance, command.buyer)
    allowance = view.state(where, ALLOWANCE)
    return inventory.own_hold(allowance, buyer=command.buyer, hold=command.hold)


def _tickets(view: View, command: _OfHold, hold: CartHold) -> dict[int, Ticket]:
    return {
        place.ordinal: _ticket(view, command.performance, place.ordinal)
        for place in hold.places
    }


def _follow(
    view: View, command: _OfHold, places: Sequence[HeldPlace], until: datetime | None
) -> Decision:
    of, now = command.performance, command.now
    return quotas.follow(view, of, command.hold, places=places, until=until, now=now)


def _of_performance(command: HoldPlaces | _OfHold) -> tuple[Family, ...]:
    return (family(command.performance),)


ROADS: Roads = {
    HoldPlaces: Road(hold_places, _of_performance),
    AddPlaces: Road(add_places, _of_performance),
    RemovePlaces: Road(remove_places, _of_performance),
    RenewHold: Road(renew_hold, _of_performance),
    ReleaseHold: Road(release_hold, _of_performance),
    ExpireHold: Road(expire_hold, _of_performance),
}

"""From a command to the streams it reads and the rule that decides it.

A command takes the road of its type; the roads lie in `deciding/`, by area. A new
command is one row there.
"""

from __future__ import annotations

from boxoffice.application.deciding import (
    catalogue,
    comps,
    exchanging,
    holds,
    owed,
    promotions,
    refunding,
    settling,
)
from boxoffice.application.deciding import (
    orders as ordering,
)
from boxoffice.application.deciding.view import Road, Roads, View
from boxoffice.domain.catalogue.state import PERFORMANCE, PLAN, PRODUCTION
from boxoffice.domain.decider import Aggregate, Decision
from boxoffice.domain.free_text import check_free_text
from boxoffice.domain.ids import Family
from boxoffice.domain.inventory.state import ALLOWANCE, TICKET
from boxoffice.domain.message import Command, Event
from boxoffice.domain.orders.state import ORDER
from boxoffice.domain.payments.state import PAYMENT
from boxoffice.domain.pricing.state import PRICE_LIST, QUOTA
from boxoffice.domain.promotions.state import (
    COMP_BUDGET,
    COMPS_ALONE,
    PROMOTION,
    PROMOTION_USE,
)

AGGREGATES: tuple[Aggregate, ...] = (
    PLAN,
    PRODUCTION,
    PERFORMANCE,
    PRICE_LIST,
    QUOTA,
    TICKET,
    ALLOWANCE,
    ORDER,
    PAYMENT,
    PROMOTION,
    PROMOTION_USE,
    COMP_BUDGET,
    COMPS_ALONE,
)
AGGREGATE_OF: dict[type[Event], Aggregate] = {
    event: aggregate for aggregate in AGGREGATES for event in aggregate.events
}
"""Whose fold an event belongs to."""

ROADS: Roads = (
    catalogue.ROADS
    | holds.ROADS
    | promotions.ROADS
    | ordering.ROADS
    | comps.ROADS
    | settling.ROADS
    | owed.ROADS
    | refunding.ROADS
    | exchanging.ROADS
)


def families(command: Command) -> tuple[Family, ...]:
    """Name the houses that must be loaded before deciding."""
    return _road(command).families(command)


def orders(command: Command) -> tuple[Family, ...]:
    """Name the families of known orders that must be loaded before deciding."""
    return _road(command).orders(command)


def decide(view: View, command: Command) -> Decision:
    """Decide a command; give what happened, each with its stream.

    Raises:
        Refused, NotFound, Conflict: a rule said no; nothing happened.
    """
    road = _road(command)
    check_free_text(command)
    return road.decide(view, command)


def _road(command: Command) -> Road:
    try:
        return ROADS[type(command)]
    except KeyError:
        raise TypeError(f"no road for {type(command).__name__}") from None

"""Facts about one place of a hold, and the streams on which a hold is told."""

from __future__ import annotations

from datetime import datetime

from boxoffice.domain.decider import Decision
from boxoffice.domain.ids import (
    BuyerId,
    PerformanceId,
    StreamId,
    allowance_stream,
    ticket_stream,
)
from boxoffice.domain.inventory.events import (
    HeldPlace,
    ReleaseReason,
    TicketHeld,
    TicketHoldRenewed,
    TicketReleased,
    TicketSold,
)
from boxoffice.domain.inventory.state import CartHold, Ticket
from boxoffice.domain.money import Money


def ticket_at(hold: CartHold, place: HeldPlace) -> StreamId:
    """Give the stream of a place of a hold."""
    return ticket_stream(PerformanceId(hold.placed.performance), place.ordinal)


def allowance_at(hold: CartHold) -> StreamId:
    """Give the stream that counts a hold for its buyer."""
    placed = hold.placed
    return allowance_stream(PerformanceId(placed.performance), BuyerId(placed.buyer))


def held(hold: str, place: HeldPlace, until: datetime) -> TicketHeld:
    """Say that a place is kept for a hold."""
    return TicketHeld(
        hold=hold,
        section=place.section,
        category=place.category,
        price=place.price,
        until=until,
    )


def freed(hold: str, place: HeldPlace, reason: ReleaseReason) -> TicketReleased:
    """Say that a place is free again."""
    return TicketReleased(
        hold=hold, section=place.section, category=place.category, reason=reason
    )


def sold(
    hold: str, place: HeldPlace, order: str, price: Money, *, price_type: str
) -> TicketSold:
    """Say that a place belongs to an order."""
    return TicketSold(
        hold=hold,
        order=order,
        section=place.section,
        category=place.category,
        price=price,
        price_type=price_type,
    )


def renewed(hold: CartHold, until: datetime) -> Decision:
    """Say of every place of a hold that it stays kept until a later time."""
    return [
        (
            ticket_at(hold, place),
            TicketHoldRenewed(
                hold=hold.placed.hold,
                section=place.section,
                category=place.category,
                until=until,
            ),
        )
        for place in hold.places
    ]


def given_to(
    performance: PerformanceId,
    before: Ticket,
    place: HeldPlace,
    *,
    hold: str,
    until: datetime,
) -> Decision:
    """Say that a place is kept for a hold; an overdue hold of it ends first."""
    where = ticket_stream(performance, place.ordinal)
    kept = (where, held(hold, place, until))
    if before.hold is None:
        return [kept]
    return [(where, freed(before.hold, place, "expired")), kept]

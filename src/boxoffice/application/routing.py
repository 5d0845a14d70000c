"""From a command to the streams it reads and the rule that decides it.

This is the only place where aggregates meet: it reads their states through a `View`,
hands plain values to the rules, and says on which streams the answers are stored.
Everything read here is guarded: if it changes before the append, the command is
decided again.
"""

from __future__ import annotations

from typing import Any, Protocol

from boxoffice.domain.catalogue import decide as catalogue
from boxoffice.domain.catalogue.commands import (
    CloseSale,
    CreateProduction,
    ImportSeatingPlan,
    OpenSale,
    SchedulePerformance,
)
from boxoffice.domain.catalogue.state import PERFORMANCE, PLAN, PRODUCTION, Performance
from boxoffice.domain.decider import Aggregate, Decision
from boxoffice.domain.ids import (
    Family,
    PerformanceId,
    StreamId,
    allowance_stream,
    family,
    order_stream,
    payment_stream,
    performance_stream,
    price_list_stream,
    stream,
    ticket_stream,
)
from boxoffice.domain.inventory import decide as inventory
from boxoffice.domain.inventory.commands import (
    ExpireHold,
    HoldPlaces,
    PurchaseHold,
    ReleaseHold,
)
from boxoffice.domain.inventory.events import HeldPlace
from boxoffice.domain.inventory.state import (
    ALLOWANCE,
    TICKET,
    CartHold,
    SaleTerms,
    Ticket,
)
from boxoffice.domain.message import Command, Event
from boxoffice.domain.orders import decide as orders
from boxoffice.domain.orders.events import OrderLine
from boxoffice.domain.orders.state import ORDER
from boxoffice.domain.payments import decide as payments
from boxoffice.domain.payments.state import PAYMENT
from boxoffice.domain.pricing import decide as pricing
from boxoffice.domain.pricing.commands import SetPrices
from boxoffice.domain.pricing.state import PRICE_LIST, PriceList
from boxoffice.errors import NotFound

AGGREGATES: tuple[Aggregate, ...] = (
    PLAN,
    PRODUCTION,
    PERFORMANCE,
    PRICE_LIST,
    TICKET,
    ALLOWANCE,
    ORDER,
    PAYMENT,
)
AGGREGATE_OF: dict[type[Event], Aggregate] = {
    event: aggregate for aggregate in AGGREGATES for event in aggregate.events
}
"""Whose fold an event belongs to."""


class View(Protocol):
    """Current states, as far as this process knows them."""

    def state(self, stream_id: StreamId, aggregate: Aggregate) -> Any:
        """Give the state of a stream and guard the version it has."""


def families(command: Command) -> tuple[Family, ...]:
    """Name the families of streams that must be loaded before deciding.

    An order's own family is not among them: it is new, or its guards say otherwise.
    """
    match command:
        case HoldPlaces() | PurchaseHold() | ReleaseHold() | ExpireHold():
            return (family(command.performance),)
        case SetPrices() | OpenSale() | CloseSale():
            return (family(command.performance),)
        case ImportSeatingPlan():
            return (family(command.plan),)
        case CreateProduction():
            return (family(command.production),)
        case SchedulePerformance():
            return (
                family(command.performance),
                family(command.production),
                family(command.plan),
            )
        case _:
            raise _unroutable(command)


def decide(view: View, command: Command) -> Decision:
    """Decide a command; give what happened, each with its stream.

    Raises:
        Refused, NotFound, Conflict: a rule said no; nothing happened.
    """
    match command:
        case HoldPlaces():
            return _hold_places(view, command)
        case PurchaseHold():
            return _purchase_hold(view, command)
        case ReleaseHold():
            hold = _own_hold(view, command)
            return inventory.release_hold(hold, _tickets(view, command, hold), command)
        case ExpireHold():
            hold = _own_hold(view, command)
            return inventory.expire_hold(hold, _tickets(view, command, hold), command)
        case _:
            return _decide_catalogue(view, command)


def _decide_catalogue(view: View, command: Command) -> Decision:
    match command:
        case ImportSeatingPlan():
            where = stream(family(command.plan))
            events = catalogue.import_seating_plan(view.state(where, PLAN), command)
            return [(where, event) for event in events]
        case CreateProduction():
            where = stream(family(command.production))
            made = catalogue.create_production(view.state(where, PRODUCTION), command)
            return [(where, event) for event in made]
        case SchedulePerformance():
            return _schedule(view, command)
        case OpenSale():
            where, performance = _performance(view, command.performance)
            return [(where, e) for e in catalogue.open_sale(performance, command)]
        case CloseSale():
            where, performance = _performance(view, command.performance)
            return [(where, e) for e in catalogue.close_sale(performance, command)]
        case SetPrices():
            return _set_prices(view, command)
        case _:
            raise _unroutable(command)


def _unroutable(command: Command) -> TypeError:
    return TypeError(f"no route for {type(command).__name__}")


def _performance(view: View, of: PerformanceId) -> tuple[StreamId, Performance]:
    where = performance_stream(of)
    return where, view.state(where, PERFORMANCE)


def _schedule(view: View, command: SchedulePerformance) -> Decision:
    where, performance = _performance(view, command.performance)
    events = catalogue.schedule_performance(
        performance,
        view.state(stream(family(command.plan)), PLAN),
        view.state(stream(family(command.production)), PRODUCTION),
        command,
    )
    return [(where, event) for event in events]


def _set_prices(view: View, command: SetPrices) -> Decision:
    _, performance = _performance(view, command.performance)
    if not performance.scheduled:
        raise NotFound("There is no such performance.")
    where = price_list_stream(command.performance)
    events = pricing.set_prices(
        view.state(where, PRICE_LIST),
        command,
        currency=performance.currency,
        categories=len(performance.categories),
    )
    return [(where, event) for event in events]


def _hold_places(view: View, command: HoldPlaces) -> Decision:
    of = command.performance
    _, performance = _performance(view, of)
    if not performance.scheduled:
        raise NotFound("There is no such performance.")
    price_list: PriceList = view.state(price_list_stream(of), PRICE_LIST)
    terms = _terms(performance, price_list, command)
    tickets = {o: _ticket(view, of, o) for o in command.ordinals if o in terms.places}
    allowance = view.state(allowance_stream(of, command.buyer), ALLOWANCE)
    return inventory.hold_places(terms, allowance, tickets, command)


def _terms(
    performance: Performance, price_list: PriceList, command: HoldPlaces
) -> SaleTerms:
    places: dict[int, HeldPlace] = {}
    unpriced: set[int] = set()
    for ordinal in command.ordinals:
        place = performance.places.get(ordinal)
        if place is None:
            continue
        price = price_list.prices.get(place.category)
        if price is None:
            unpriced.add(ordinal)
            continue
        places[ordinal] = HeldPlace(
            ordinal, place.section, place.category, place.label, price
        )
    return SaleTerms(
        on_sale=performance.on_sale(command.now),
        price_list=price_list.version,
        places=places,
        unpriced=frozenset(unpriced),
    )


def _ticket(view: View, of: PerformanceId, ordinal: int) -> Ticket:
    state: Ticket = view.state(ticket_stream(of, ordinal), TICKET)
    return state


def _own_hold(view: View, command: ReleaseHold | ExpireHold | PurchaseHold) -> CartHold:
    where = allowance_stream(command.performance, command.buyer)
    allowance = view.state(where, ALLOWANCE)
    return inventory.own_hold(allowance, buyer=command.buyer, hold=command.hold)


def _tickets(
    view: View, command: ReleaseHold | ExpireHold | PurchaseHold, hold: CartHold
) -> dict[int, Ticket]:
    return {
        place.ordinal: _ticket(view, command.performance, place.ordinal)
        for place in hold.placed.places
    }


def _purchase_hold(view: View, command: PurchaseHold) -> Decision:
    hold = _own_hold(view, command)
    decision = inventory.sell_hold(hold, _tickets(view, command, hold), command)
    where = payment_stream(command.order)
    captured = payments.capture_payment(
        view.state(where, PAYMENT), command.approval, order=command.order
    )
    decision.append((where, captured))
    where = order_stream(command.order)
    confirmed = orders.confirm_order(
        view.state(where, ORDER),
        tuple(
            OrderLine(p.ordinal, p.label, p.category, p.price)
            for p in hold.placed.places
        ),
        code=command.order,
        performance=command.performance,
        buyer=command.buyer,
        hold=command.hold,
    )
    decision.append((where, confirmed))
    return decision

"""Roads to the rules of cart holds."""

from __future__ import annotations

from boxoffice.application.deciding.view import Road, Roads, View
from boxoffice.domain.catalogue.state import PERFORMANCE, Performance
from boxoffice.domain.decider import Decision
from boxoffice.domain.ids import (
    Family,
    PerformanceId,
    allowance_stream,
    family,
    order_stream,
    payment_stream,
    performance_stream,
    price_list_stream,
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
from boxoffice.domain.orders import decide as orders
from boxoffice.domain.orders.events import OrderLine
from boxoffice.domain.orders.state import ORDER
from boxoffice.domain.payments import decide as payments
from boxoffice.domain.payments.state import PAYMENT
from boxoffice.domain.pricing.state import PRICE_LIST, PriceList
from boxoffice.errors import NotFound

_OfHold = ReleaseHold | ExpireHold | PurchaseHold


def hold_places(view: View, command: HoldPlaces) -> Decision:
    """Decide on a hold."""
    of = command.performance
    performance: Performance = view.state(performance_stream(of), PERFORMANCE)
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
        places=places,
        unpriced=frozenset(unpriced),
    )


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


def release_hold(view: View, command: ReleaseHold) -> Decision:
    """Decide on giving places back."""
    hold = _own_hold(view, command)
    return inventory.release_hold(hold, _tickets(view, command, hold), command)


def expire_hold(view: View, command: ExpireHold) -> Decision:
    """Decide on tidying a hold up."""
    hold = _own_hold(view, command)
    return inventory.expire_hold(hold, _tickets(view, command, hold), command)


def purchase_hold(view: View, command: PurchaseHold) -> Decision:
    """Decide on selling a hold that is paid for."""
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
            OrderLine(
                performance=command.performance,
                ordinal=p.ordinal,
                section=p.section,
                category=p.category,
                label=p.label,
                price=p.price,
            )
            for p in hold.places
        ),
        code=command.order,
        performance=command.performance,
        buyer=command.buyer,
        hold=command.hold,
    )
    decision.append((where, confirmed))
    return decision


def _of_performance(command: HoldPlaces | _OfHold) -> tuple[Family, ...]:
    return (family(command.performance),)


ROADS: Roads = {
    HoldPlaces: Road(hold_places, _of_performance),
    ReleaseHold: Road(release_hold, _of_performance),
    ExpireHold: Road(expire_hold, _of_performance),
    PurchaseHold: Road(purchase_hold, _of_performance),
}

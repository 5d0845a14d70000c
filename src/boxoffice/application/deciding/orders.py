"""Roads to the rules of orders until they are confirmed or end."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from boxoffice.application.deciding import confirming, ending, places
from boxoffice.application.deciding.draft import Draft
from boxoffice.application.deciding.view import Road, Roads, View
from boxoffice.domain.decider import Decision
from boxoffice.domain.ids import (
    Family,
    family,
    order_family,
    promotion_family,
    promotion_stream,
)
from boxoffice.domain.inventory.selling import has_all
from boxoffice.domain.inventory.state import CartHold
from boxoffice.domain.money import Money
from boxoffice.domain.orders import decide as orders
from boxoffice.domain.orders.commands import (
    AcceptAlternative,
    CancelOrder,
    DeclineAlternative,
    ExpireOrder,
    PayOrder,
    PlaceOrder,
)
from boxoffice.domain.orders.events import (
    OrderCancelled,
    OrderLine,
    OrderPlaced,
)
from boxoffice.domain.orders.state import Order, cost
from boxoffice.domain.payments import decide as payments
from boxoffice.domain.payments.events import Purpose
from boxoffice.domain.pricing.calculation import discounted
from boxoffice.domain.promotions import decide as promotions
from boxoffice.domain.promotions.state import PROMOTION
from boxoffice.errors import HoldExpired, Invalid, OfferOver, PerformanceOff

_Known = PayOrder | CancelOrder | ExpireOrder | AcceptAlternative | DeclineAlternative


def place_order(view: View, command: PlaceOrder) -> Decision:
    """Decide on an order: its total comes from the hold, never from the request."""
    draft = Draft(view, command.order)
    orders.check_new(draft.order)
    hold = places.standing_hold(
        draft, command.performance, command.buyer, command.hold, now=command.now
    )
    places.check_for_sale(draft, hold)
    lines = places.lines_of(draft, hold)
    code = None
    if command.channel == "comp":
        raise Invalid("Comps are issued, not ordered.")
    if command.promotion:
        code, lines = _promoted(draft, command, lines)
    total = cost(lines, lines[0].price.currency)
    until = pay_by(hold, command.now, command.pay_s) if total.minor else hold.until
    places.leave_to_order(draft, hold, now=command.now, until=until)
    draft.tell(_placed(draft, command, lines, hold=hold, until=until, code=code))
    if total.minor:
        _request(draft, command, total, "order")
    else:
        confirming.confirm(draft, now=command.now)
    return draft.decision


def pay_by(hold: CartHold, now: datetime, pay_s: int) -> datetime:
    """Give the time until which a hold's order can be paid, within the hold's cap."""
    return min(hold.cap, max(hold.until, now + timedelta(seconds=pay_s)))


def _promoted(
    draft: Draft, command: PlaceOrder, lines: tuple[OrderLine, ...]
) -> tuple[str, tuple[OrderLine, ...]]:
    code = promotions.normal(command.promotion or "")
    currency = lines[0].price.currency
    terms = promotions.valid_terms(
        draft.state(promotion_stream(code), PROMOTION),
        performance=command.performance,
        currency=currency,
        now=command.now,
    )
    prices = places.price_list(draft, command.performance)
    cheaper = []
    for line in lines:
        made = prices.lists[line.price_list]
        off = promotions.discount(
            terms,
            line.price,
            category=line.category,
            price_type=line.price_type,
            rounding=made.rounding,
        )
        level = prices.level(line.price_list, line.category, line.price_type)
        level = discounted(level, off, made)
        less = line.price.minor - level.price.minor
        parts = level.parts or line.parts
        cheaper.append(replace(line, price=level.price, discount=less, parts=parts))
    confirming.redeem(
        draft,
        code,
        customer=command.customer,
        performance=command.performance,
        discount=Money(sum(line.discount for line in cheaper), currency),
        now=command.now,
    )
    return code, tuple(cheaper)


def _placed(
    draft: Draft,
    command: PlaceOrder,
    lines: tuple[OrderLine, ...],
    *,
    hold: CartHold,
    until: datetime,
    code: str | None,
) -> OrderPlaced:
    return OrderPlaced(
        order=command.order,
        performance=command.performance,
        buyer=command.buyer,
        person=command.person,
        customer=command.customer,
        hold=command.hold,
        lines=lines,
        total=cost(lines, lines[0].price.currency),
        rounding=places.rounding_of(draft, hold),
        pay_by=until,
        channel=command.channel,
        promotion=code,
        at=command.now,
    )


def _request(
    draft: Draft, command: PlaceOrder | PayOrder, amount: Money, purpose: Purpose
) -> None:
    requested = payments.request_payment(
        draft.payment,
        amount,
        order=command.order,
        attempt=command.attempt,
        method=command.method,
        instrument=command.instrument,
        home=command.home,
        purpose=purpose,
    )
    draft.pay([requested])


def pay_order(view: View, command: PayOrder) -> Decision:
    """Decide on another attempt to pay, for what is still kept for it."""
    draft = Draft(view, command.order)
    order = orders.own_order(draft.order, command.buyer)
    exchange = order.exchange
    if exchange is not None:
        _in_time(order, command.now, exchange.pay_by)
        _check_payable(draft, exchange.performance, exchange.buyer, exchange.hold)
        _request(draft, command, exchange.due, "exchange")
        return draft.decision
    if order.status != "placed" or order.channel == "comp":
        orders.not_open(order)
    _in_time(order, command.now, order.pay_by)
    _check_payable(draft, order.performance, order.buyer, order.hold)
    _request(draft, command, order.total, "order")
    return draft.decision


def _in_time(order: Order, now: datetime, until: datetime | None) -> None:
    if until is None or now > until:
        orders.not_open(order)


def _check_payable(draft: Draft, performance: str, buyer: str, name: str) -> None:
    if draft.performance(performance).cancelled:
        raise PerformanceOff
    hold = places.hold_of(draft, performance, buyer, name)
    if hold.ended is not None or not has_all(hold, places.tickets_of(draft, hold)):
        raise HoldExpired


def cancel_order(view: View, command: CancelOrder) -> Decision:
    """Decide on ending what is open: the order, its exchange or an offer."""
    draft = Draft(view, command.order)
    order = orders.own_order(draft.order, command.buyer)
    if order.offer is not None:
        ending.decline_offer(draft, now=command.now)
    elif order.exchange is not None:
        ending.abandon_exchange(draft, "cancelled", now=command.now)
    elif order.status == "placed":
        event = OrderCancelled(
            order=order.code,
            performance=order.performance,
            hold=order.hold,
            reason="buyer" if command.by.startswith("buyer:") else "staff",
            by=command.by,
            note=command.note,
        )
        ending.end_unpaid(draft, event, now=command.now)
    else:
        orders.not_open(order)
    return draft.decision


def expire_order(view: View, command: ExpireOrder) -> Decision:
    """Decide on ending what is overdue; what is not, or has ended, stays as it is."""
    draft = Draft(view, command.order)
    order = orders.own_order(draft.order, None)
    now = command.now
    if order.offer is not None and now > order.offer.until:
        ending.decline_offer(draft, now=now)
    if order.exchange is not None and now > order.exchange.pay_by:
        ending.abandon_exchange(draft, "expired", now=now)
    overdue = order.pay_by is not None and now > order.pay_by
    if order.status == "placed" and overdue:
        ending.end_unpaid(draft, ending.expired(order), now=now)
    return draft.decision


def accept_alternative(view: View, command: AcceptAlternative) -> Decision:
    """Decide on taking other places for late money."""
    draft = Draft(view, command.order)
    orders.own_order(draft.order, command.buyer)
    confirming.confirm_offer(draft, now=command.now)
    return draft.decision


def decline_alternative(view: View, command: DeclineAlternative) -> Decision:
    """Decide on doing without other places; the money goes back."""
    draft = Draft(view, command.order)
    order = orders.own_order(draft.order, command.buyer)
    if order.offer is None:
        raise OfferOver
    ending.decline_offer(draft, now=command.now)
    return draft.decision


def _of_place(command: PlaceOrder) -> tuple[Family, ...]:
    house = (family(command.performance),)
    if not command.promotion:
        return house
    return (*house, promotion_family(command.promotion))


def of_performance(command: _Known) -> tuple[Family, ...]:
    """Name the performance that a command names."""
    return (family(command.performance),)


def of_order(command: _Known) -> tuple[Family, ...]:
    """Name the order that a command names."""
    return (order_family(command.order),)


ROADS: Roads = {
    PlaceOrder: Road(place_order, _of_place),
    PayOrder: Road(pay_order, of_performance, of_order),
    CancelOrder: Road(cancel_order, of_performance, of_order),
    ExpireOrder: Road(expire_order, of_performance, of_order),
    AcceptAlternative: Road(accept_alternative, of_performance, of_order),
    DeclineAlternative: Road(decline_alternative, of_performance, of_order),
}

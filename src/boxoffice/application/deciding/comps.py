"""Roads to free tickets: out of a budget, by authority of one person or two."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from boxoffice.application.deciding import confirming, places
from boxoffice.application.deciding.draft import Draft
from boxoffice.application.deciding.view import Road, Roads, View
from boxoffice.domain.decider import Decision
from boxoffice.domain.ids import Family, comp_budget_stream, comps_stream, family
from boxoffice.domain.inventory.state import CartHold
from boxoffice.domain.money import Money
from boxoffice.domain.orders import decide as orders
from boxoffice.domain.orders.commands import IssueComps
from boxoffice.domain.orders.events import (
    ApprovalAsked,
    CompsIssued,
    OrderLine,
    OrderPlaced,
)
from boxoffice.domain.orders.state import Order
from boxoffice.domain.pricing.calculation import COMP_TYPE, comp_tax
from boxoffice.domain.pricing.state import PriceList
from boxoffice.domain.pricing_parts import PriceParts
from boxoffice.domain.promotions import comps
from boxoffice.domain.promotions.events import CompsGivenAlone
from boxoffice.domain.promotions.state import COMP_BUDGET, COMPS_ALONE
from boxoffice.errors import Invalid


def issue_comps(view: View, command: IssueComps) -> Decision:
    """Decide on giving the places of a hold away."""
    draft = Draft(view, command.order)
    orders.check_new(draft.order)
    if not command.host.strip() or not command.reason.strip():
        raise Invalid("Comps need a host and a reason.")
    hold = places.standing_hold(
        draft, command.performance, command.buyer, command.hold, now=command.now
    )
    prices = places.price_list(draft, command.performance)
    lines = tuple(_free(line, prices) for line in places.lines_of(draft, hold))
    given = draft.state(comps_stream(command.performance), COMPS_ALONE)
    alone = comps.may_give_alone(
        given, command.by, places=len(lines), most=command.unapproved_max
    )
    until = hold.until
    if not alone:
        until = max(until, command.now + timedelta(seconds=command.approval_s))
    places.leave_to_order(draft, hold, now=command.now, until=until)
    face = orders.faces(lines, lines[0].price.currency)
    _draw(draft, command, lines, face)
    draft.tell(_placed(draft, command, lines, hold=hold, until=until))
    if alone:
        confirming.confirm(draft, now=command.now)
        draft.tell(_issued(draft.order, command, face))
        _count(draft, command, len(lines))
    else:
        draft.tell(_asked(command, face))
    return draft.decision


def _free(line: OrderLine, prices: PriceList) -> OrderLine:
    """Make a line cost nothing; what it would have cost stays known beside it."""
    level = prices.face(line.price_list, line.category, line.price_type)
    return replace(
        line,
        price=Money(0, line.price.currency),
        price_type=COMP_TYPE,
        parts=PriceParts(base=0),
        face=level.price.minor,
        tax_owed=comp_tax(level, prices.lists[line.price_list]),
    )


def _draw(
    draft: Draft, command: IssueComps, lines: tuple[OrderLine, ...], face: Money
) -> None:
    draft.add(
        comps.draw(
            draft.state(comp_budget_stream(command.budget), COMP_BUDGET),
            command.budget,
            order=command.order,
            places=len(lines),
            face=face,
        )
    )


def _count(draft: Draft, command: IssueComps, places: int) -> None:
    alone = CompsGivenAlone(order=command.order, by=command.by, places=places)
    draft.add([(comps_stream(command.performance), alone)])


def _placed(
    draft: Draft,
    command: IssueComps,
    lines: tuple[OrderLine, ...],
    *,
    hold: CartHold,
    until: datetime,
) -> OrderPlaced:
    return OrderPlaced(
        order=command.order,
        performance=command.performance,
        buyer=command.buyer,
        person=command.person,
        customer=command.customer,
        hold=command.hold,
        lines=lines,
        total=Money(0, lines[0].price.currency),
        rounding=places.rounding_of(draft, hold),
        pay_by=until,
        channel="comp",
        at=command.now,
    )


def _issued(order: Order, command: IssueComps, face: Money) -> CompsIssued:
    return CompsIssued(
        order=order.code,
        host=command.host,
        reason=command.reason,
        budget=command.budget,
        face=face,
        by=command.by,
        tax_owed=_tax_owed(order),
    )


def _tax_owed(order: Order) -> int:
    return sum(line.tax_owed for line in order.lines)


def _asked(command: IssueComps, face: Money) -> ApprovalAsked:
    return ApprovalAsked(
        order=command.order,
        request=command.request,
        kind="comps",
        amount=face,
        by=command.by,
        note=command.reason,
        host=command.host,
        budget=command.budget,
    )


def approve(draft: Draft, asked: ApprovalAsked, *, by: str, now: datetime) -> None:
    """Give the places away that a second person agreed to, if they are still kept."""
    if draft.order.status != "placed":
        orders.not_open(draft.order)
    confirming.confirm(draft, now=now)
    draft.tell(
        CompsIssued(
            order=draft.code,
            host=asked.host,
            reason=asked.note,
            budget=asked.budget,
            face=asked.amount,
            by=asked.by,
            approver=by,
            tax_owed=_tax_owed(draft.order),
        )
    )


def _houses(command: IssueComps) -> tuple[Family, ...]:
    return family(command.performance), Family(comp_budget_stream(command.budget)[:12])


ROADS: Roads = {IssueComps: Road(issue_comps, _houses)}

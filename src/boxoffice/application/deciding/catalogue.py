"""Roads to the rules of the catalogue and of price lists."""

from __future__ import annotations

from boxoffice.application.deciding.view import Road, Roads, View
from boxoffice.domain.catalogue import decide as catalogue
from boxoffice.domain.catalogue.commands import (
    CancelPerformance,
    CloseSale,
    CreateProduction,
    ImportSeatingPlan,
    MovePerformance,
    OpenSale,
    SchedulePerformance,
)
from boxoffice.domain.catalogue.state import PERFORMANCE, PLAN, PRODUCTION, Performance
from boxoffice.domain.decider import Decision
from boxoffice.domain.ids import (
    Family,
    PerformanceId,
    StreamId,
    family,
    performance_stream,
    price_list_stream,
    stream,
)
from boxoffice.domain.pricing import decide as pricing
from boxoffice.domain.pricing.commands import SetPrices
from boxoffice.domain.pricing.state import PRICE_LIST
from boxoffice.errors import NotFound

_OfPerformance = OpenSale | CloseSale | CancelPerformance | MovePerformance | SetPrices


def _performance(view: View, of: PerformanceId) -> tuple[StreamId, Performance]:
    where = performance_stream(of)
    return where, view.state(where, PERFORMANCE)


def import_seating_plan(view: View, command: ImportSeatingPlan) -> Decision:
    """Decide on a hall's plan."""
    where = stream(family(command.plan))
    events = catalogue.import_seating_plan(view.state(where, PLAN), command)
    return [(where, event) for event in events]


def create_production(view: View, command: CreateProduction) -> Decision:
    """Decide on a show."""
    where = stream(family(command.production))
    made = catalogue.create_production(view.state(where, PRODUCTION), command)
    return [(where, event) for event in made]


def schedule_performance(view: View, command: SchedulePerformance) -> Decision:
    """Decide on a date of a show."""
    where, performance = _performance(view, command.performance)
    events = catalogue.schedule_performance(
        performance,
        view.state(stream(family(command.plan)), PLAN),
        view.state(stream(family(command.production)), PRODUCTION),
        command,
    )
    return [(where, event) for event in events]


def open_sale(view: View, command: OpenSale) -> Decision:
    """Decide on opening a sale."""
    where, performance = _performance(view, command.performance)
    return [(where, event) for event in catalogue.open_sale(performance, command)]


def close_sale(view: View, command: CloseSale) -> Decision:
    """Decide on closing a sale."""
    where, performance = _performance(view, command.performance)
    return [(where, event) for event in catalogue.close_sale(performance, command)]


def cancel_performance(view: View, command: CancelPerformance) -> Decision:
    """Decide on calling a performance off."""
    where, performance = _performance(view, command.performance)
    events = catalogue.cancel_performance(performance, command)
    return [(where, event) for event in events]


def move_performance(view: View, command: MovePerformance) -> Decision:
    """Decide on another date."""
    where, performance = _performance(view, command.performance)
    events = catalogue.move_performance(performance, command)
    return [(where, event) for event in events]


def set_prices(view: View, command: SetPrices) -> Decision:
    """Decide on a price list."""
    _, performance = _performance(view, command.performance)
    day = performance.local_date()
    if day is None:
        raise NotFound("There is no such performance.")
    where = price_list_stream(command.performance)
    events = pricing.set_prices(
        view.state(where, PRICE_LIST),
        command,
        currency=performance.currency,
        categories=len(performance.categories),
        on=day,
    )
    return [(where, event) for event in events]


def _of_performance(command: _OfPerformance) -> tuple[Family, ...]:
    return (family(command.performance),)


def _of_schedule(command: SchedulePerformance) -> tuple[Family, ...]:
    return (
        family(command.performance),
        family(command.production),
        family(command.plan),
    )


ROADS: Roads = {
    ImportSeatingPlan: Road(import_seating_plan, lambda c: (family(c.plan),)),
    CreateProduction: Road(create_production, lambda c: (family(c.production),)),
    SchedulePerformance: Road(schedule_performance, _of_schedule),
    OpenSale: Road(open_sale, _of_performance),
    CloseSale: Road(close_sale, _of_performance),
    CancelPerformance: Road(cancel_performance, _of_performance),
    MovePerformance: Road(move_performance, _of_performance),
    SetPrices: Road(set_prices, _of_performance),
}

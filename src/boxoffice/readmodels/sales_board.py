"""What a performance sold, by price level and in all, for the staff's page.

One document per performance: a few hundred bytes a price level and a price type. Money
is in minor units of the performance's currency; `revenue` counts sold places at the
prices that were paid for them, `price` is what a new hold would pay at the default
type, the first one that is offered to the public.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec
from msgspec.structs import replace

from boxoffice.domain.catalogue.events import (
    PerformanceCancelled,
    PerformanceMoved,
    PerformanceScheduled,
    SaleClosed,
    SaleOpened,
    SectionLaidOut,
)
from boxoffice.domain.inventory.events import (
    TicketHeld,
    TicketReleased,
    TicketReturned,
    TicketSold,
)
from boxoffice.domain.message import Event, Fact
from boxoffice.domain.pricing.events import PricesSet
from boxoffice.readmodels.keys import by_performance
from boxoffice.readmodels.model import ReadModel, misfit
from boxoffice.readmodels.prices import default_prices, default_type

Sale = Literal["scheduled", "open", "closed", "cancelled"]
COMP = "comp"
"""The price type of places that were given away."""


class Totals(msgspec.Struct, frozen=True):
    """Places in each state and the money taken."""

    places: int = 0
    free: int = 0
    held: int = 0
    sold: int = 0
    revenue: int = 0


class BoardCategory(msgspec.Struct, frozen=True):
    """One price level; `price` is None until one is set."""

    name: str
    colour: str
    price: int | None = None
    places: int = 0
    free: int = 0
    held: int = 0
    sold: int = 0
    revenue: int = 0


class SoldType(msgspec.Struct, frozen=True):
    """What was sold at one price type and stands."""

    price_type: str
    sold: int
    revenue: int


class SalesBoard(msgspec.Struct, frozen=True):
    """A performance with the state of its sale; `comps` are places given away."""

    performance: str
    title: str
    starts_at: datetime
    zone: str
    currency: str
    sale: Sale
    categories: tuple[BoardCategory, ...]
    totals: Totals
    position: int
    price_type: str = "adult"
    types: tuple[SoldType, ...] = ()
    comps: int = 0


class _Tally:
    """Counters of one board, changed in place while a batch is folded."""

    __slots__ = (
        "held",
        "places",
        "price_type",
        "prices",
        "revenue",
        "sale",
        "sold",
        "starts_at",
        "types",
    )

    def __init__(self, board: SalesBoard) -> None:
        self.sale = board.sale
        self.prices = [category.price for category in board.categories]
        self.places = [category.places for category in board.categories]
        self.held = [category.held for category in board.categories]
        self.sold = [category.sold for category in board.categories]
        self.revenue = [category.revenue for category in board.categories]
        self.types = {one.price_type: [one.sold, one.revenue] for one in board.types}
        self.price_type = board.price_type
        self.starts_at = board.starts_at

    def count(self, facts: Sequence[Fact]) -> None:
        held, sold, revenue = self.held, self.sold, self.revenue
        for fact in facts:
            event = fact.event
            try:
                match event:
                    case TicketHeld():
                        held[event.category] += 1
                    case TicketReleased():
                        held[event.category] -= 1
                    case TicketSold():
                        held[event.category] -= 1
                        sold[event.category] += 1
                        revenue[event.category] += event.price.minor
                        self._sell(event.price_type, 1, event.price.minor)
                    case TicketReturned():
                        sold[event.category] -= 1
                        revenue[event.category] -= event.price.minor
                        self._sell(event.price_type, -1, -event.price.minor)
                    case _:
                        self._offer(event)
            except LookupError:
                raise misfit(fact, "the board does not count it") from None

    def _sell(self, price_type: str, places: int, minor: int) -> None:
        counts = self.types.setdefault(price_type, [0, 0])
        counts[0] += places
        counts[1] += minor

    def _offer(self, event: Event) -> None:
        match event:
            case SectionLaidOut():
                for place in event.places:
                    self.places[place.category] += 1
            case PricesSet():
                self.prices = [None] * len(self.prices)
                self.price_type = default_type(event)
                for category, price in default_prices(event).items():
                    self.prices[category] = price.minor
            case SaleOpened():
                self.sale = "open"
            case SaleClosed():
                self.sale = "closed"
            case PerformanceCancelled():
                self.sale = "cancelled"
            case PerformanceMoved():
                self.starts_at = event.starts_at
            case _:
                raise LookupError

    def category(self, at: int, shown: BoardCategory) -> BoardCategory:
        return BoardCategory(
            name=shown.name,
            colour=shown.colour,
            price=self.prices[at],
            places=self.places[at],
            free=self.places[at] - self.held[at] - self.sold[at],
            held=self.held[at],
            sold=self.sold[at],
            revenue=self.revenue[at],
        )


def begins(event: Event) -> bool:
    """Tell whether this starts a board."""
    return isinstance(event, PerformanceScheduled)


def fold(document: SalesBoard | None, facts: Sequence[Fact]) -> SalesBoard:
    """Count what happened at one performance."""
    if document is None:
        document, facts = _scheduled(facts[0]), facts[1:]
    tally = _Tally(document)
    tally.count(facts)
    categories = tuple(
        tally.category(at, shown) for at, shown in enumerate(document.categories)
    )
    return replace(
        document,
        sale=tally.sale,
        categories=categories,
        totals=_totals(categories),
        starts_at=tally.starts_at,
        price_type=tally.price_type,
        types=_types(tally.types),
        comps=tally.types.get(COMP, (0, 0))[0],
        position=facts[-1].position if facts else document.position,
    )


def _scheduled(fact: Fact) -> SalesBoard:
    event = fact.event
    if not isinstance(event, PerformanceScheduled):
        raise misfit(fact, "its performance was never scheduled")
    return SalesBoard(
        performance=event.performance,
        title=event.title,
        starts_at=event.starts_at,
        zone=event.zone,
        currency=event.currency,
        sale="scheduled",
        categories=tuple(BoardCategory(c.name, c.colour) for c in event.categories),
        totals=Totals(),
        position=fact.position,
    )


def _types(counts: dict[str, list[int]]) -> tuple[SoldType, ...]:
    """List the price types of which something stands, by name."""
    return tuple(
        SoldType(name, sold, revenue)
        for name, (sold, revenue) in sorted(counts.items())
        if sold or revenue
    )


def _totals(categories: Sequence[BoardCategory]) -> Totals:
    return Totals(
        places=sum(category.places for category in categories),
        free=sum(category.free for category in categories),
        held=sum(category.held for category in categories),
        sold=sum(category.sold for category in categories),
        revenue=sum(category.revenue for category in categories),
    )


SALES_BOARD = ReadModel(
    name="sales_board",
    family="performance",
    sink="documents",
    document=SalesBoard,
    grouped=by_performance,
    begins=begins,
    fold=fold,
)

"""`/`: what is on, by date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency

from boxoffice.application.queries.catalogue import PerformanceEntry
from boxoffice.domain.money import Money
from boxoffice.errors import Unavailable
from boxoffice.readmodels.sales_board import SalesBoard
from boxoffice_api.answers import Answer, as_response
from boxoffice_api.edge import Edge
from boxoffice_api.head import Head, head_of
from boxoffice_api.pages.foyer import Foyer

LISTED_MAX = 100
SCARCE_SHARE = 0.1
"""Of all places: from here on a page says that few are left."""

Sale = Literal["open", "soon", "closed", "over", "off"]
"""`off`: the performance was called off."""
_BOARD = msgspec.json.Decoder(SalesBoard)


class Listed(msgspec.Struct, frozen=True):
    """A performance with what a buyer wants to know first."""

    entry: PerformanceEntry
    sale: Sale
    from_price: Money | None
    board: SalesBoard | None

    @property
    def is_scarce(self) -> bool:
        """Whether few places are left."""
        if self.board is None or not self.board.totals.places:
            return False
        return self.board.totals.free < SCARCE_SHARE * self.board.totals.places


def sale_of(entry: PerformanceEntry, now: datetime) -> Sale:
    """Tell how a sale stands at `now`."""
    if entry.cancelled:
        return "off"
    if now >= entry.sale_until:
        return "over"
    if not entry.open:
        return "closed"
    return "soon" if now < entry.sale_from else "open"


async def programme(foyer: Foyer, head: Head) -> Answer:
    """Show what is on."""
    edge = foyer.edge
    now = edge.container.clock.now()
    entries = [
        entry
        for entry in await edge.catalogue.performances()
        if entry.starts_at > now and not entry.cancelled
        if entry.open or entry.sale_from > now
    ][:LISTED_MAX]
    boards = await boards_of(edge, entries)
    listed = [
        Listed(
            entry=entry,
            sale=sale_of(entry, now),
            from_price=_cheapest(entry),
            board=boards.get(entry.performance),
        )
        for entry in entries
    ]
    return foyer.paper.page(
        head, "programme.html", listed=listed, position=edge.tail.position
    )


async def boards_of(
    edge: Edge, entries: Sequence[PerformanceEntry]
) -> dict[str, SalesBoard]:
    """Give the boards that can be read; a list without counts is better than none."""
    shelf = edge.sales_board
    keys = [entry.performance for entry in entries]
    try:
        generation = await shelf.generation()
        found = await edge.container.documents.get(shelf.model.name, generation, keys)
    except Unavailable:
        return {}
    return {key: _BOARD.decode(document.body) for key, document in found.items()}


def _cheapest(entry: PerformanceEntry) -> Money | None:
    return min(entry.prices.values(), key=lambda price: price.minor, default=None)


# ------------------------------------------------------- the framework's routes


@get("/")
async def get_programme(
    request: Request[Any, Any, Any],
    foyer: NamedDependency[Foyer],
) -> Response[bytes]:
    """Show what is on."""
    return as_response(await programme(foyer, head_of(request)))


HANDLERS = [get_programme]

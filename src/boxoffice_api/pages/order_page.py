"""`/orders/<code>`: the confirmation, read from the log each time."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from boxoffice.domain.ids import PerformanceId
from boxoffice.domain.money import Money
from boxoffice_api.answers import Answer, as_response
from boxoffice_api.head import Head, head_of
from boxoffice_api.pages.assets import levels_path
from boxoffice_api.pages.foyer import Foyer
from boxoffice_api.pages.hall_page import Chosen
from boxoffice_api.renderers import BoughtView as OrderView
from boxoffice_api.routes.orders import look_at_order

_ORDER = msgspec.json.Decoder(OrderView)


async def order_page(foyer: Foyer, head: Head, code: str) -> Answer:
    """Show an order to its owner or to staff."""
    edge = foyer.edge
    order = _ORDER.decode((await look_at_order(edge, head, code)).body)
    entry = await edge.catalogue.scheduled(PerformanceId(order.performance))
    chart = (await foyer.halls.scene(entry)).chart
    return foyer.paper.page(
        head,
        "order.html",
        order=order,
        entry=entry,
        hall=chart.hall,
        lines=[
            Chosen(
                ordinal=line.place,
                name=chart.names.get(line.place, line.label),
                category=line.category,
                price=str(Money(line.price.minor, line.price.currency)),
            )
            for line in order.lines
        ],
        levels_css=levels_path([c.colour for c in entry.categories]),
        total=Money(order.total.minor, order.total.currency),
        position=int(order.token.rpartition(".")[2]),
    )


# ------------------------------------------------------- the framework's routes


@get("/orders/{code:str}")
async def get_order_page(
    request: Request[Any, Any, Any],
    foyer: NamedDependency[Foyer],
    code: FromPath[str],
) -> Response[bytes]:
    """Show an order."""
    return as_response(await order_page(foyer, head_of(request), code))


HANDLERS = [get_order_page]

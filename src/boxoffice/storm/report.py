"""The storm's own findings, for people and for machines."""

from __future__ import annotations

import msgspec

from boxoffice.storm.house_view import Availability
from boxoffice.storm.tally import Latency, Tally, latency


class StormReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one storm did.

    `refused` counts answers by problem code, `retried` lost answers by cause,
    `went_home` buyers by how it ended for them.
    """

    performance: str
    places: int
    sold: int
    held: int
    free: int
    tickets: int
    orders: int
    is_sold_out: bool
    is_order_repeated: bool
    refused: dict[str, int]
    retried: dict[str, int]
    went_home: dict[str, int]
    seconds: float
    hold: Latency
    purchase: Latency

    @property
    def is_complete(self) -> bool:
        """Whether the house is sold out, or every buyer was served."""
        return self.is_sold_out or set(self.went_home) <= {"served"}


def reported(
    performance: str, tally: Tally, house: Availability, *, seconds: float
) -> StormReport:
    """Sum a storm up."""
    return StormReport(
        performance=performance,
        places=house.places,
        sold=house.sold,
        held=house.held,
        free=len(house.free),
        tickets=tally.tickets,
        orders=len(tally.orders),
        is_sold_out=house.places > 0 and house.sold == house.places,
        is_order_repeated=tally.is_sold_twice,
        refused=dict(tally.refused.most_common()),
        retried=dict(tally.retried.most_common()),
        went_home=dict(tally.went_home.most_common()),
        seconds=round(seconds, 2),
        hold=latency(tally.hold_s),
        purchase=latency(tally.purchase_s),
    )

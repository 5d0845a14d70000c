"""The newest price list of a performance and what is left of its quotas, of the log."""

from __future__ import annotations

import asyncio
from datetime import datetime

import msgspec

from boxoffice.application.codec import decode
from boxoffice.application.ports.log import LogReader
from boxoffice.domain.ids import (
    PerformanceId,
    family,
    price_list_stream,
    quota_stream,
)
from boxoffice.domain.pricing.events import PricesSet
from boxoffice.domain.pricing.state import PRICE_LIST, QUOTA, PriceList, Quota


class KnownPrices(msgspec.Struct, frozen=True):
    """`newest` is the list as it was set; `left` the places at each limited type."""

    newest: PricesSet | None
    left: dict[str, int]


async def find_prices(
    store: LogReader, performance: PerformanceId, *, now: datetime
) -> KnownPrices:
    """Give the prices of a performance; one that has none yet has no list.

    Raises:
        Unavailable: the log does not answer.
    """
    records = await asyncio.to_thread(store.families, [family(performance)])
    prices: PriceList = PRICE_LIST.initial()
    quota: Quota = QUOTA.initial()
    for record in records:
        if record.stream == price_list_stream(performance):
            event = decode(record.tag, record.data, position=record.position)
            prices = PRICE_LIST.evolve(prices, event)
        elif record.stream == quota_stream(performance):
            event = decode(record.tag, record.data, position=record.position)
            quota = QUOTA.evolve(quota, event)
    left = {
        price_type: max(0, most - quota.taken(price_type, now))
        for price_type, most in prices.quotas().items()
    }
    return KnownPrices(prices.newest, left)

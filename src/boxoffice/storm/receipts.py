"""Whether the log knows every order that a buyer was told of."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from boxoffice.application.ports.log import LogReader
from boxoffice.domain.events import TAGS
from boxoffice.domain.ids import OrderCode, order_family, split
from boxoffice.domain.orders.events import OrderConfirmed

ASKED_MAX = 500
"""Orders looked up in one read."""


async def lost_orders(store: LogReader, codes: Collection[str]) -> list[str]:
    """Give the orders that buyers hold and the log does not, sorted.

    Raises:
        Unavailable: the log does not answer.
    """
    lost: list[str] = []
    wanted = sorted(codes)
    for start in range(0, len(wanted), ASKED_MAX):
        chunk = wanted[start : start + ASKED_MAX]
        families = {order_family(OrderCode(code)): code for code in chunk}
        records = await asyncio.to_thread(store.families, list(families))
        confirmed = {
            split(record.stream)[0]
            for record in records
            if record.tag == TAGS[OrderConfirmed]
        }
        lost += [code for of, code in families.items() if of.hex() not in confirmed]
    return lost

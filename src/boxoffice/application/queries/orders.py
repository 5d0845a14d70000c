"""Orders, read from their own streams: they outlive every read model."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

from boxoffice.application.codec import decode
from boxoffice.application.ports.log import LogReader
from boxoffice.domain.ids import (
    ORDER_ALPHABET,
    ORDER_CODE_LETTERS,
    OrderCode,
    order_family,
)
from boxoffice.domain.message import Fact
from boxoffice.domain.orders.events import OrderConfirmed
from boxoffice.errors import NotFound

_CODE = re.compile(f"[{ORDER_ALPHABET}]{{{ORDER_CODE_LETTERS}}}")


async def find_order(store: LogReader, code: str) -> tuple[Fact, ...]:
    """Give the facts of an order and its payment, in order.

    Raises:
        NotFound: there is no such order.
        Unavailable: the log does not answer.
    """
    if not _CODE.fullmatch(code):
        raise NotFound("There is no such order.")
    family = order_family(OrderCode(code))
    records = await asyncio.to_thread(store.families, [family])
    facts = tuple(
        Fact(
            r.position,
            r.stream,
            r.version,
            r.recorded_at,
            decode(r.tag, r.data, position=r.position),
        )
        for r in records
    )
    confirmed_order(facts, code)
    return facts


def confirmed_order(facts: Sequence[Fact], code: str | None = None) -> Fact:
    """Find the confirmation among facts.

    Raises:
        NotFound: there is none, or none of `code`.
    """
    for fact in facts:
        event = fact.event
        if isinstance(event, OrderConfirmed) and code in (None, event.order):
            return fact
    raise NotFound("There is no such order.")

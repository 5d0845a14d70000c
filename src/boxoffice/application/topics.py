"""Which topic a record of the log goes to, and under which key.

A topic serves one family of documents; everything that a document folds has one key
and so arrives in one partition, in order. A family that nobody reads does not exist.
Records are routed by tag and stream alone, without decoding them.
"""

from __future__ import annotations

from typing import get_args

from boxoffice.application.codec import decode
from boxoffice.application.ports.bus import Bus
from boxoffice.application.ports.log import LogRecord
from boxoffice.domain.catalogue.events import (
    PerformanceCancelled,
    PerformanceMoved,
    PerformanceScheduled,
    SaleClosed,
    SaleOpened,
    SectionLaidOut,
)
from boxoffice.domain.events import TAGS, OrderEvent, PaymentEvent
from boxoffice.domain.ids import FAMILY_BYTES
from boxoffice.domain.inventory.events import (
    TicketHeld,
    TicketReleased,
    TicketReturned,
    TicketSold,
)
from boxoffice.domain.message import Event, Fact
from boxoffice.domain.pricing.events import PricesSet
from boxoffice.errors import Corrupt

PERFORMANCE = "performance"
"""Keyed by performance: what its seat maps, boards and availability show."""
ORDER = "order"
"""Keyed by the order's stream family: order and payment in one partition, in order."""

FAMILIES = (PERFORMANCE, ORDER)

_READ: dict[str, tuple[type[Event], ...]] = {
    PERFORMANCE: (
        PerformanceScheduled,
        PerformanceCancelled,
        PerformanceMoved,
        SectionLaidOut,
        SaleOpened,
        SaleClosed,
        PricesSet,
        TicketHeld,
        TicketReleased,
        TicketSold,
        TicketReturned,
    ),
    ORDER: (*get_args(OrderEvent), *get_args(PaymentEvent)),
}
FAMILY_OF: dict[type[Event], str | None] = dict.fromkeys(TAGS) | {
    kind: family for family, kinds in _READ.items() for kind in kinds
}
"""Every event class with its topic; None: nobody on the bus reads it yet."""

_FAMILY_OF_TAG = {TAGS[kind]: family for kind, family in FAMILY_OF.items()}

ROUTED = frozenset(tag for tag, family in _FAMILY_OF_TAG.items() if family)
"""Tags of what travels on the bus."""


async def partitions_of(bus: Bus) -> dict[str, int]:
    """Give the number of partitions that each family's topic really has.

    For a topic that is still to be made it is what this process would make.

    Raises:
        Unavailable: the bus does not answer.
    """
    publisher = await bus.publisher()
    try:
        return {family: publisher.partitions(family) for family in FAMILIES}
    finally:
        await publisher.close()


def route(record: LogRecord) -> tuple[str, str] | None:
    """Give the family and the key of a record; None when nobody reads it.

    Raises:
        Corrupt: nobody knows the tag.
    """
    try:
        family = _FAMILY_OF_TAG[record.tag]
    except KeyError:
        detail = f"Event {record.position} has the unknown tag {record.tag}."
        raise Corrupt(detail, position=record.position, tag=record.tag) from None
    if family is None:
        return None
    return family, record.stream[:FAMILY_BYTES].hex()


def fact_of(record: LogRecord) -> Fact:
    """Read a record for folds.

    Raises:
        Corrupt: it cannot be read.
    """
    return Fact(
        record.position,
        record.stream,
        record.version,
        record.recorded_at,
        decode(record.tag, record.data, position=record.position),
    )

"""Which documents facts belong to.

Every event is in one of the sets: whoever adds one says whether sections, only
performances, orders, or nobody shows it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import get_args

from boxoffice.domain.catalogue.events import (
    PerformanceCancelled,
    PerformanceMoved,
    PerformanceScheduled,
    SaleClosed,
    SaleOpened,
    SectionLaidOut,
)
from boxoffice.domain.events import TAGS, OrderEvent, PaymentEvent
from boxoffice.domain.ids import FAMILY_BYTES, OrderCode, order_family
from boxoffice.domain.inventory.events import (
    TicketHeld,
    TicketReleased,
    TicketReturned,
    TicketSold,
)
from boxoffice.domain.message import Event, Fact
from boxoffice.domain.pricing.events import PricesSet
from boxoffice.readmodels.model import Groups

OF_A_SECTION: frozenset[type[Event]] = frozenset(
    {TicketHeld, TicketReleased, TicketSold, TicketReturned, SectionLaidOut}
)
"""They say their `section`, and happen at their performance too."""
OF_A_PERFORMANCE: frozenset[type[Event]] = OF_A_SECTION | {
    PerformanceScheduled,
    PerformanceCancelled,
    PerformanceMoved,
    SaleOpened,
    SaleClosed,
    PricesSet,
}
OF_AN_ORDER: frozenset[type[Event]] = frozenset(
    {*get_args(OrderEvent), *get_args(PaymentEvent)}
)
"""They stand on the streams of an order and of its payment, which are one family."""
SHOWN_BY_NOBODY: frozenset[type[Event]] = (
    frozenset(TAGS) - OF_A_PERFORMANCE - OF_AN_ORDER
)


def by_section(facts: Iterable[Fact]) -> Groups:
    """Sort what happens to places by `<performance>/<section>`, keeping the order."""
    groups: defaultdict[tuple[bytes, int], list[Fact]] = defaultdict(list)
    for fact in facts:
        if type(fact.event) in OF_A_SECTION:
            section: int = fact.event.section  # type: ignore[attr-defined]  # see above
            groups[fact.stream[:FAMILY_BYTES], section].append(fact)
    return {
        f"{family.hex()}/{section}": group
        for (family, section), group in groups.items()
    }


def by_performance(facts: Iterable[Fact]) -> Groups:
    """Sort what sales boards show by performance, keeping the order."""
    return _by_family(facts, OF_A_PERFORMANCE)


def by_order(facts: Iterable[Fact]) -> Groups:
    """Sort what orders show by the hexadecimal family of the order."""
    return _by_family(facts, OF_AN_ORDER)


def order_key(code: str) -> str:
    """Give the key of an order's document."""
    return order_family(OrderCode(code)).hex()


def _by_family(facts: Iterable[Fact], shown: frozenset[type[Event]]) -> Groups:
    groups: defaultdict[bytes, list[Fact]] = defaultdict(list)
    for fact in facts:
        if type(fact.event) in shown:
            groups[fact.stream[:FAMILY_BYTES]].append(fact)
    return {family.hex(): group for family, group in groups.items()}


def message_key(key: str) -> str:
    """Give the key of the messages that a document is folded from."""
    return key.partition("/")[0]

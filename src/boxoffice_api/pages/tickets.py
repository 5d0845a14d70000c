"""Tickets as pages show them: by performance, each with the name of its place."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from boxoffice.application.queries.catalogue import PerformanceEntry
from boxoffice.domain.ids import PerformanceId
from boxoffice_api.order_views import LineView
from boxoffice_api.pages.chart import Chart
from boxoffice_api.pages.formats import amount
from boxoffice_api.pages.foyer import Foyer

STATE_WORDS = {
    "wanted": "",
    "valid": "",
    "refunded": "refunded",
    "exchanged": "exchanged",
    "voided": "voided",
    "ended": "not bought",
}


class Ticket(msgspec.Struct, frozen=True):
    """A ticket; `note` says what became of it, if it is no longer good."""

    ref: str
    name: str
    type: str
    category: int
    price: str
    minor: int
    discount: int
    note: str
    is_valid: bool


class Group(msgspec.Struct, frozen=True):
    """The tickets for one performance."""

    entry: PerformanceEntry
    hall: str
    tickets: list[Ticket]


def offered_types(entry: PerformanceEntry) -> list[dict[str, str]]:
    """Give the price types to choose from; none where there is no choice."""
    if len(entry.types) < 2:  # noqa: PLR2004 - a choice
        return []
    return [{"code": t.code, "name": t.name, "proof": t.proof} for t in entry.types]


def level_prices(entry: PerformanceEntry, category: int) -> dict[str, int]:
    """Give the all-in prices of a level in minor units, by type, as offered."""
    known = entry.prices_by_type.get(category, {})
    offered = [one.code for one in entry.types]
    return {code: known[code].minor for code in offered if code in known}


def type_name(entry: PerformanceEntry, code: str) -> str:
    """Name a price type; where there is only one, nothing needs to be said."""
    if len(entry.types) < 2 and code == entry.default_type:  # noqa: PLR2004 - a choice
        return ""
    known = {one.code: one.name for one in entry.types}
    return known.get(code, code.capitalize())


async def grouped(foyer: Foyer, lines: Sequence[LineView]) -> list[Group]:
    """Show lines by performance, in their order."""
    groups = []
    for performance in dict.fromkeys(line.performance for line in lines):
        entry = await foyer.edge.catalogue.performance(PerformanceId(performance))
        chart = (await foyer.halls.scene(entry)).chart
        of = [line for line in lines if line.performance == performance]
        shown = [_ticket(entry, chart, line) for line in of]
        groups.append(Group(entry, chart.hall, shown))
    return groups


def _ticket(entry: PerformanceEntry, chart: Chart, line: LineView) -> Ticket:
    return Ticket(
        ref=f"{line.performance}:{line.place}",
        name=chart.names.get(line.place, line.label),
        type=type_name(entry, line.type),
        category=line.category,
        price=amount(line.price),
        minor=line.price.minor,
        discount=line.discount.minor,
        note=STATE_WORDS[line.state],
        is_valid=line.state == "valid",
    )

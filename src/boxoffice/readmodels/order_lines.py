"""What becomes of the lines of an order's document."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from boxoffice.domain.orders.events import OrderLine, TicketRef
from boxoffice.readmodels.order_document import (
    LINES_MAX,
    LineState,
    OrderDocument,
    ShownLine,
    shown,
)

_Lines = tuple[ShownLine, ...]


def added(document: OrderDocument, lines: Iterable[OrderLine]) -> OrderDocument:
    """Add tickets that are the buyer's now; one that it had before is replaced."""
    new = tuple(shown(line, "valid") for line in lines)
    refs = {line.ref for line in new}
    others = (line for line in document.lines if line.ref not in refs)
    kept, left_out = bounded((*others, *new))
    return replace(
        document,
        lines=kept,
        lines_left_out=document.lines_left_out + left_out,
        performances=tuple(
            sorted({*document.performances, *(line.performance for line in new)})
        )[:LINES_MAX],
    )


def became(
    document: OrderDocument, tickets: Iterable[TicketRef], state: LineState
) -> OrderDocument:
    """Say what some tickets are from now on; one that was left out stays out."""
    refs = set(tickets)
    turned = (
        replace(line, state=state) if line.ref in refs else line
        for line in document.lines
    )
    return replace(document, lines=tuple(turned))


def all_became(
    document: OrderDocument, before: LineState, state: LineState
) -> OrderDocument:
    """Say what all tickets in one state are from now on."""
    refs = [line.ref for line in document.lines if line.state == before]
    return became(document, refs, state)


def bounded(lines: _Lines) -> tuple[_Lines, int]:
    """Leave out what is too much, tickets that are no more before others."""
    surplus = len(lines) - LINES_MAX
    if surplus <= 0:
        return lines, 0
    by_worth = sorted(lines, key=lambda line: line.state in ("wanted", "valid"))
    gone = {id(line) for line in by_worth[:surplus]}
    return tuple(line for line in lines if id(line) not in gone), surplus

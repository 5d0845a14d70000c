"""Tickets and places as they are named at a console: by number or by label.

An order may have two tickets of one name, at two performances after an exchange. Those
are told apart as `PERFORMANCE:NUMBER`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from boxoffice.cli.identifiers import HEX_ID
from boxoffice.errors import Invalid

if TYPE_CHECKING:
    from boxoffice.application.queries.orders import KnownOrder
    from boxoffice.domain.catalogue.events import ManifestPlace
    from boxoffice.domain.orders.events import TicketRef
    from boxoffice.domain.orders.state import OrderTicket


def named_tickets(known: KnownOrder, names: Sequence[str]) -> tuple[TicketRef, ...]:
    """Give the tickets that are meant; one that is valid goes before one that was.

    Raises:
        Invalid: the order has none of a name, or several.
    """
    return tuple(_ticket(known, name) for name in names)


def named_places(places: Sequence[ManifestPlace], names: Sequence[str]) -> list[int]:
    """Give the numbers of the places of one performance that are meant.

    Raises:
        Invalid: there is none of a name, or several.
    """
    return [_place(places, name) for name in names]


def _ticket(known: KnownOrder, name: str) -> TicketRef:
    found = [one for one in known.order.tickets.values() if _is_meant(one, name)]
    found = [one for one in found if one.state == "valid"] or found
    if not found:
        raise Invalid(f"Order {known.code} has no place {name}.")
    if len(found) > 1:
        ways = " or ".join(f"{t.ref.performance}:{t.ref.ordinal}" for t in found)
        raise Invalid(f"Order {known.code} has more than one {name}: say {ways}.")
    return found[0].ref


def _is_meant(ticket: OrderTicket, name: str) -> bool:
    performance, colon, number = name.rpartition(":")
    if colon and HEX_ID.fullmatch(performance):
        wanted = (ticket.ref.performance, str(ticket.ref.ordinal))
        return wanted == (performance, number)
    return name == str(ticket.ref.ordinal) or _same(name, ticket.line.label)


def _place(places: Sequence[ManifestPlace], name: str) -> int:
    by_number = [one for one in places if name == str(one.ordinal)]
    found = by_number or [one for one in places if _same(name, one.label)]
    if not found:
        raise Invalid(f"There is no place {name} at this performance.")
    if len(found) > 1:
        numbers = " or ".join(str(one.ordinal) for one in found)
        raise Invalid(f"There is more than one {name}: say {numbers}.")
    return found[0].ordinal


def _same(name: str, label: str) -> bool:
    return " ".join(name.split()).casefold() == " ".join(label.split()).casefold()
